"""Options and arguments that several commands take."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runtime_app.errors import UserError
from runtime_app.imaging import FORMATS_IN_WORDS, RESIZES, list_pictures
from runtime_app.manifest import PRECISIONS
from runtime_app.providers import DEVICES
from runtime_app.terminal import common_options

if TYPE_CHECKING:
    from runtime_app.classifier import Engine

FORMATS = ("table", "jsonl", "csv")


# Paths are taken as they come: whether they exist is for the command to say, in its own words.
class _AnyPath(click.Path):
    """Not the empty text, which is what a shell makes of a variable that is not set. file: one that is to be written."""

    def __init__(self, *, file: bool = False) -> None:
        super().__init__(path_type=Path)
        self._file = file

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("The path is empty.", param, ctx)
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if self._file and (not path.name or path.is_dir()):
            self.fail(f"{path} is a folder; name a file in it.", param, ctx)
        return path


ANY_PATH = _AnyPath()
OUTPUT_FILE = _AnyPath(file=True)


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
    """Files as they are, folders with all pictures below. Raises UserError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = list_pictures(path)
        if not inside:
            raise UserError(f"The folder {path} holds no pictures.", f"Name a folder with {FORMATS_IN_WORDS} files.")
        found += inside
    return found
