"""What python -m exporter takes: which run becomes which bundle, or two bundles to compare."""

import json
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any, get_args

import click
from click_default_group import DefaultGroup

from exporter.markdown import without_pictures
from runtime_app.commands.options import ANY_PATH
from runtime_app.errors import UserError, explain
from runtime_app.interruption import at_once
from runtime_app.manifest import Precision
from runtime_app.terminal import common_options, run_default

_LONGEST_NAME = 200  # bytes; file systems take 255, and beside a bundle lie unfinished ones with a longer name
_NOT_IN_NAMES = '/\\:*?"<>|'


@click.group(
    cls=DefaultGroup,
    default="export",
    default_if_no_args=True,
    invoke_without_command=True,  # options alone, as --debug, are the default command's
    context_settings={"help_option_names": ["-h", "--help"]},
)
@common_options
@click.pass_context
def cli(context: click.Context) -> Any:
    """Turn a checkpoint into a deployment bundle that the app opens, or say what two bundles differ in."""
    return run_default(context, export)


def _precisions(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    asked = tuple(name.strip() for name in value.split(","))
    if "fp32" not in asked or not set(asked) <= set(get_args(Precision)):
        raise click.BadParameter("name fp32, and any of int8 and fp16, separated by commas.")
    return asked


def _not_empty(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """A word or a path, which a shell makes empty of a variable that is not set."""
    if value == "":
        raise click.BadParameter("The path is empty.")
    return value


@cli.command()
@click.option(
    "--run",
    "asked",
    metavar="best|latest|RUN_DIR|FILE.pt",
    default="best",
    show_default=True,
    callback=_not_empty,
    help="What to export.",
)
@click.option("--runs", type=ANY_PATH, default=Path("artifacts/runs"), show_default=True)
@click.option("--data-root", type=ANY_PATH, metavar="DIR", help="Where the run's data lies now.")
@click.option("--bundles", type=ANY_PATH, default=Path("artifacts/bundles"), show_default=True)
@click.option("--name", metavar="NAME", help="What the bundle is called.  [the run's name]")
@click.option(
    "--precision",
    metavar="fp32,int8,fp16",
    default="fp32,int8,fp16",
    show_default=True,
    callback=_precisions,
    help="Variants to try; those that do not hold their gate are left out.",
)
@click.option("--overwrite", is_flag=True, help="Replace a different bundle of that name.")
@click.option("--zip", "zipped", is_flag=True, help="Also write NAME.zip, the bundle as one file.")
@common_options
def export(
    asked: str,
    runs: Path,
    data_root: Path | None,
    bundles: Path,
    name: str | None,
    precision: tuple[Precision, ...],
    overwrite: bool,
    zipped: bool,
) -> None:
    """Write one bundle folder, or nothing. Its path is printed at the end.

    The bundle names the licence that a licence.txt beside the checkpoint states in its first line.
    """
    with at_once():
        from exporter.export import export as make_bundle
        from exporter.place import older_archive, refuse_early
        from exporter.progress import Steps
        from exporter.source import find_checkpoint, load_data, load_source

    signal.signal(signal.SIGTERM, _stop)
    if name is not None:
        _refuse_name(name)
    steps = Steps()
    path = find_checkpoint(asked, runs)
    with steps.step(f"reading {path} and its data"):
        source = load_source(path)
        if name is None:
            _refuse_name(name := source.name)
        destination = bundles / name
        archive = bundles / f"{name}.zip" if zipped else None
        refuse_early(destination, archive, source.checkpoint_sha256, overwrite=overwrite)
        splits = load_data(source, data_root)
    if not source.finished:
        steps.note(f"{path.parent} is still training: its best so far is exported (epoch {source.checkpoint.epoch}).")
    done = make_bundle(source, splits, destination, steps, precision, overwrite=overwrite, archive=archive)
    if not done.created:
        steps.note("already published: the bundle there is identical.")
    if older := older_archive(destination):
        steps.note(f"{older} is of an earlier export; --zip --overwrite writes it anew.")
    click.echo(destination)
    try:
        _tell_github(destination)
    except OSError as error:  # the bundle is published and whole; only the summary of it has no place
        steps.note(f"The step's summary got no model card: {explain(error).title}")


@cli.command()
@click.argument("a", type=ANY_PATH)
@click.argument("b", type=ANY_PATH)
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common_options
def diff(a: Path, b: Path, style: str) -> None:
    """Say what changed from bundle A to bundle B."""
    with at_once():
        from exporter.diff import compare, show
        from exporter.report import to_json

    changes = compare(a, b)
    if style == "json":
        click.echo(to_json(changes).decode(), nl=False)
    else:
        show(changes)


def _tell_github(bundle: Path) -> None:
    """In GitHub Actions the model card becomes the summary of the step, once however often the bundle is exported in it."""
    summary = Path(os.environ.get("GITHUB_STEP_SUMMARY", ""))
    if summary == Path():
        return
    card = without_pictures((bundle / "MODEL_CARD.md").read_text(encoding="utf-8")).encode()
    if summary.is_file() and card in summary.read_bytes():
        return
    with open(summary, "ab") as file:
        file.write(card)


def _refuse_name(name: str) -> None:
    from trainer.data.names import why_refused

    if (
        why_refused(name) is not None
        or len(os.fsencode(name)) > _LONGEST_NAME
        or name.startswith(".")
        or any(sign in name for sign in _NOT_IN_NAMES)
        or not name.isprintable()
    ):
        raise UserError(
            f"{json.dumps(name)} cannot be the name of a bundle.",
            f"Pass --name with 1 to {_LONGEST_NAME} bytes of printable text that has none of {' '.join(_NOT_IN_NAMES)} and "
            "does not begin with a dot.",
        )


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
