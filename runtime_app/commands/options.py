"""Options and arguments that several commands take."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runtime_app.errors import UserError
from runtime_app.imaging import FORMATS_IN_WORDS, RESIZES, list_pictures
from runtime_app.manifest import PRECISIONS
from runtime_app.png_file import was_drawn_here
from runtime_app.providers import DEVICES
from runtime_app.terminal import AnyPath, common_options

if TYPE_CHECKING:
    from runtime_app.classifier import Engine

FORMATS = ("table", "jsonl", "csv")


class _DrawnFile(AnyPath):
    """A PNG that is to be drawn, in the place of nothing but an older one: behind an option whose name was forgotten
    stands somebody's photograph."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        if not path.name or path.is_dir():
            self.fail(f"{path} is a folder; name a file in it.", param, ctx)
        if path.suffix.lower() != ".png":
            self.fail(f"{path} does not end in .png.", param, ctx)
        if os.path.lexists(path) and not was_drawn_here(path):
            self.fail(f"{path} is there already and is none of this app's drawings; name another file.", param, ctx)
        return path


ANY_PATH = AnyPath()
DRAWN_FILE = _DrawnFile()


def bundle_of(argument: Path | None, option: Path | None) -> Path | None:
    """Of commands that take BUNDLE and --bundle. Raises click.UsageError when both are there."""
    if argument is not None and option is not None:
        raise click.UsageError(f"Name one bundle: {argument} or --bundle {option}.")
    return argument or option


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--bundle, --device, --precision, --resize, and what every command has."""
    for option in (
        click.option("--resize", type=click.Choice(RESIZES), help="How pictures reach the input size.  [the bundle's]"),
        click.option("--precision", type=click.Choice(PRECISIONS), default="auto", show_default=True),
        click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True),
        click.option(
            "--bundle", "bundle_path", type=ANY_PATH, metavar="B", help="A bundle folder or .zip.  [the newest]"
        ),
    ):
        command = option(command)
    return common_options(command)


def output_format(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True)(command)


def say_engine(engine: "Engine") -> None:
    """What really runs: figures of another precision differ, and `auto` may choose another on each machine."""
    click.echo(f"{engine.precision} on {engine.provider}", err=True)


def gather_pictures(paths: tuple[Path, ...]) -> list[Path]:
    """Files as they are, folders with all pictures below; a folder without any is named on stderr. Raises UserError where
    nothing is found."""
    found: list[Path] = []
    for path in paths:
        inside = list_pictures(path) if os.path.isdir(path) else [path]  # which a name that is too long does not stop
        if not inside:
            empty = UserError(f"The folder {path} holds no pictures.", f"Name a folder with {FORMATS_IN_WORDS} files.")
            if path == paths[-1] and not found:
                raise empty
            click.echo(str(empty), err=True)
        found += inside
    return found
