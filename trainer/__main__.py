"""python -m trainer: train an image classifier."""

import shlex
import signal
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from runtime_app.errors import UserError
from runtime_app.terminal import common_options, run
from trainer.config import TrainConfig
from trainer.recipes import RECIPES

DEFAULTS = TrainConfig()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="cifar10|digits|FOLDER", help="Data set; a folder has one subfolder per class.  [cifar10]")
@click.option("--data-root", metavar="DIR", help=f"Where CIFAR-10 lies or is downloaded to.  [{DEFAULTS.data_root}]")
@click.option("--recipe", type=click.Choice(RECIPES), help="How to train.  [baseline]")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the data.  [the recipe's]")
@click.option("--batch-size", type=click.IntRange(min=2), help="Pictures per step.  [the recipe's]")
@click.option("--seed", type=click.IntRange(min=0, max=2**32 - 1), help="Decides split, weights and order.  [0]")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), help="Where to train.  [auto]")
@click.option("--image-size", type=click.IntRange(min=8, max=512), help="Input height and width in pixels.  [32]")
@click.option("--no-flip", "flip", flag_value=False, default=None, help="Do not mirror training pictures.")
@click.option("--init-from", metavar="CKPT", help="Start from the weights of this best.pt.")
@click.option("--freeze-features", is_flag=True, default=None, help="Train the linear head alone.")
@click.option("--skip-unreadable", is_flag=True, default=None, help="Go on without pictures that cannot be decoded.")
@click.option("--deterministic", is_flag=True, default=None, help="The same bits every time, also on CUDA (slower).")
@click.option("--tensorboard", is_flag=True, default=None, help="Also write TensorBoard events.")
@click.option("--dry-run", is_flag=True, help="Show data, network and estimated time; train nothing.")
@click.option("--runs", type=click.Path(path_type=Path, file_okay=False), default=Path("artifacts/runs"), show_default=True)
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Go on with this run folder.")
@common_options
def train(dry_run: bool, runs: Path, resume: Path | None, **settings: object) -> None:
    """Train CifarNet. With no option: CIFAR-10, the baseline recipe, 128 epochs. The run folder is printed at the end."""
    given = {name: value for name, value in settings.items() if value is not None}
    if resume is not None:
        folder = _resume(resume, given)
    else:
        folder = _start(given, runs, dry_run)
    if folder is not None:
        click.echo(folder)


def _start(given: dict[str, object], runs: Path, dry_run: bool) -> Path | None:
    from trainer import setup
    from trainer.data import load_splits
    from trainer.recipes import load_recipe

    recipe = load_recipe(str(given.get("recipe", DEFAULTS.recipe)))
    planned = {"epochs": recipe.epochs, "batch_size": recipe.batch_size}
    config = TrainConfig(**{**planned, **given, "device": str(setup.choose_device(str(given.get("device", "auto"))))})
    if config.data == "digits":
        config = replace(config, flip=False)  # a mirrored 2 is no digit
    setup.make_reproducible(config)
    splits = load_splits(config)
    network = setup.build_network(config, recipe, len(splits.classes))
    record = setup.describe(config, splits, network)
    if dry_run:
        from trainer.dry_run import show_plan

        show_plan(setup.prepare_run(runs, record, splits, network), splits)
        return None
    folder = setup.make_folder(runs, record)
    return _fit(setup.prepare_run(folder, record, splits, network), resume=False)


def _resume(folder: Path, given: dict[str, object]) -> Path | None:
    from trainer import setup
    from trainer.data import load_splits
    from trainer.recipes import load_recipe
    from trainer.run import check_resumable, read_finished

    _refuse_other_settings(folder, given)
    epochs = given.get("epochs")
    record = check_resumable(folder, int(str(epochs)) if epochs is not None else None)
    if read_finished(folder) is not None:
        click.echo(f"{folder} is finished: {record.config.epochs} epochs are done.", err=True)
        return folder
    config = replace(record.config, data_root=str(given.get("data_root", record.config.data_root)))
    setup.choose_device(config.device)
    setup.make_reproducible(config)
    splits = load_splits(config)
    if splits.sha256 != record.provenance.data_sha256:
        raise UserError(
            f"The data set {config.data} is not the one that {folder} was started on (its SHA-256 differs).",
            "Restore the data, or start a new run.",
        )
    network = setup.build_network(replace(config, init_from=None), load_recipe(config.recipe), len(splits.classes))
    return _fit(setup.prepare_run(folder, replace(record, config=config), splits, network), resume=True)


def _refuse_other_settings(folder: Path, given: dict[str, object]) -> None:
    from trainer.config import read_record

    before = asdict(read_record(folder / "config.json").config)
    free = {"epochs", "data_root"}  # the data may lie elsewhere on another day; its hash is checked
    if given.get("device") == "auto":
        free.add("device")
    differences = [
        f"{name} was {before[name]}, now {value}" for name, value in given.items() if name not in free and before[name] != value
    ]
    if differences:
        raise UserError(
            f"{folder} was started with other settings: {'; '.join(differences)}.",
            "Resume without them (only --epochs may grow), or start a new run.",
        )


def _fit(ready: object, *, resume: bool) -> Path:
    from trainer.progress import EpochProgress
    from trainer.run import Run, fit

    assert isinstance(ready, Run)
    signal.signal(signal.SIGTERM, _stop)
    try:
        summary = fit(ready, EpochProgress(ready.epochs), resume=resume)
    except KeyboardInterrupt:
        command = f"python -m trainer --resume {shlex.quote(str(ready.folder))}"
        click.echo(f"\nStopped. Every finished epoch is saved; go on with:\n  {command}", err=True)
        raise
    click.echo(
        f"best epoch {summary.best_epoch}: validation {summary.validation_accuracy:.2%}, "
        f"test {summary.test_accuracy:.2%} (averaged over views {summary.test_accuracy_averaged:.2%}), "
        f"{summary.training_seconds / 60:.1f} minutes",
        err=True,
    )
    return ready.folder


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> NoReturn:
    run(train, "python -m trainer")


if __name__ == "__main__":
    main()
