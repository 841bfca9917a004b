"""What python -m trainer takes: data, recipe, and where to begin."""

from pathlib import Path

import click
from click.core import ParameterSource

from runtime_app.interruption import at_once
from runtime_app.terminal import AnyPath, common_options
from trainer.config import RECIPES, TrainConfig

DEFAULTS = TrainConfig()


class _Name(click.ParamType):
    """A text that says something: empty ones are variables of a shell that are not set."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value == "":
            self.fail("It is empty.", param, ctx)
        return value


NAME = _Name()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=NAME,
    metavar="cifar10|digits|FOLDER",
    help="Data set; a folder has one subfolder per class.  [cifar10]",
)
@click.option(
    "--data-root", type=NAME, metavar="DIR", help=f"Where CIFAR-10 lies or is downloaded to.  [{DEFAULTS.data_root}]"
)
@click.option("--recipe", type=click.Choice(RECIPES), help="How to train.  [baseline]")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data, in each round.  [the recipe's]")
@click.option("--rounds", type=click.IntRange(min=1), help="Train so often from --init-from; average.  [the recipe's]")
@click.option("--batch-size", type=click.IntRange(min=2), help="Pictures per step.  [the recipe's]")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), help="Decides split, weights and order.  [0]")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), help="Where to train.  [auto]")
@click.option("--image-size", type=click.IntRange(min=8, max=512), help="Input height and width in pixels.  [32]")
@click.option("--no-flip", "flip", flag_value=False, default=None, help="Do not mirror training pictures.")
@click.option("--init-from", type=NAME, metavar="CKPT", help="Start from the weights of this best.pt.")
@click.option(
    "--outliers", type=NAME, metavar="DIR", help="Pictures that show none of the classes: learn not to know them."
)
@click.option("--freeze-features", is_flag=True, default=None, help="Train the linear head alone.")
@click.option("--skip-unreadable", is_flag=True, default=None, help="Go on without pictures that cannot be decoded.")
@click.option("--deterministic", is_flag=True, default=None, help="The same bits every time, also on CUDA (slower).")
@click.option("--tensorboard", is_flag=True, default=None, help="Also write TensorBoard events.")
@click.option("--dry-run", is_flag=True, help="Show the whole configuration and the estimated time; train nothing.")
@click.option("--runs", type=AnyPath(), default=Path("artifacts/runs"), show_default=True)
@click.option("--resume", type=AnyPath(), metavar="RUN", help="Go on with this run folder.")
@common_options
def train(dry_run: bool, runs: Path, resume: Path | None, **settings: object) -> None:
    """Train CifarNet. With no option: CIFAR-10, the baseline recipe, 128 epochs. The run folder is printed at the end.

    Several processes, one per GPU: torchrun --nproc-per-node=N -m trainer with the same options.
    """
    if resume is not None:
        _refuse_beside_resume(dry_run=dry_run)
    with at_once():
        from trainer import command  # torch takes seconds to import; --help does not wait for it

    given = {name: value for name, value in settings.items() if value is not None}
    folder = command.resume(resume, given) if resume is not None else command.start(given, runs, dry_run=dry_run)
    if folder is not None:
        click.echo(folder)


def _refuse_beside_resume(*, dry_run: bool) -> None:
    source = click.get_current_context().get_parameter_source("runs")
    if dry_run:
        raise click.UsageError("--dry-run shows the plan of a new run; --resume goes on with one that is there.")
    if source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--runs says where a new run is put; --resume names the folder of its run.")
