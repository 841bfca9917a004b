"""python -m exporter: turn a checkpoint into a deployment bundle, if it holds the gate."""

import json
import signal
from pathlib import Path
from types import FrameType

import click
from click_default_group import DefaultGroup

from runtime_app.errors import UserError
from runtime_app.terminal import common_options, run


@click.group(
    cls=DefaultGroup,
    default="export",
    default_if_no_args=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@common_options
def cli() -> None:
    """Turn a checkpoint into a deployment bundle that the app opens, or say what two bundles differ in."""


@cli.command()
@click.option(
    "--run", "asked", metavar="best|latest|RUN_DIR|FILE.pt", default="best", show_default=True, help="What to export."
)
@click.option("--runs", type=click.Path(path_type=Path), default=Path("artifacts/runs"), show_default=True)
@click.option("--data-root", type=click.Path(path_type=Path), metavar="DIR", help="Where the run's data lies now.")
@click.option("--bundles", type=click.Path(path_type=Path), default=Path("artifacts/bundles"), show_default=True)
@click.option("--name", metavar="NAME", help="What the bundle is called.  [the run's name]")
@click.option("--overwrite", is_flag=True, help="Replace a different bundle of that name.")
@click.option("--zip", "zipped", is_flag=True, help="Also write NAME.zip, the bundle as one file.")
@common_options
def export(
    asked: str, runs: Path, data_root: Path | None, bundles: Path, name: str | None, overwrite: bool, zipped: bool
) -> None:
    """Write one bundle folder, or nothing. Its path is printed at the end."""
    signal.signal(signal.SIGTERM, _stop)
    from exporter.export import export as make_bundle
    from exporter.progress import Steps
    from exporter.publish import zip_bundle
    from exporter.source import find_checkpoint, load_data, load_source

    steps = Steps()
    path = find_checkpoint(asked, runs)
    with steps.step(f"reading {path} and its data"):
        source = load_source(path)
        splits = load_data(source, data_root)
    destination = bundles / _checked_name(name or source.name)
    if not source.finished:
        steps.note(f"{path.parent} is still training: its best so far is exported (epoch {source.checkpoint.epoch}).")
    done = make_bundle(source, splits, destination, steps, overwrite=overwrite)
    if not done.created:
        steps.note("already published: the bundle there is identical.")
    if zipped:
        zip_bundle(destination, bundles / f"{destination.name}.zip", overwrite=overwrite)
    click.echo(destination)


def _checked_name(name: str) -> str:
    if (
        name in ("", ".", "..")
        or name.startswith(".")
        or any(sign in name for sign in '/\\:*?"<>|')
        or not name.isprintable()
    ):
        raise UserError(f"{json.dumps(name)} cannot be the name of a bundle.", "Use letters, digits, - and _.")
    return name


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    run(cli, "python -m exporter")


if __name__ == "__main__":
    main()
