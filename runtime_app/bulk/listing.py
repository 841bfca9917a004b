"""INPUT -> its kind and its entries, one after the other in an order that is the same every time."""

import codecs
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from runtime_app.bulk.job import Kind
from runtime_app.bulk.plan import Entry
from runtime_app.bulk.table import SUFFIX, Columns, choose_columns, row_groups
from runtime_app.errors import UserError
from runtime_app.imaging import FORMATS_IN_WORDS, SUFFIXES, enters

_LIST_SUFFIX = ".txt"


@dataclass(frozen=True)
class Input:
    """columns: of Parquet files, None for the others. `entries` lists anew at every call."""

    kind: Kind
    columns: Columns | None
    entries: Callable[[], Iterator[Entry]]


def open_input(path: Path, column: str | None, key: str | None) -> Input:
    """A folder with pictures or Parquet files below it, one Parquet file, or a list of files with one path a line.

    In a folder with both, pictures count, unless a column is named. Raises UserError for anything else.
    """
    if path.is_dir():
        if column is None and key is None and next(_files(path, SUFFIXES), None):
            return Input("folder", None, lambda: _pictures(path))
        first = next(_tables(path), None)
        if first is None:
            raise UserError(
                f"The folder {path} holds {'no Parquet files' if column or key else 'neither pictures nor Parquet files'}.",
                f"Name a folder with {FORMATS_IN_WORDS} files, or with Parquet files that hold them.",
            )
        return _table(choose_columns(first, column, key), lambda: _tables(path))
    if not path.exists():
        raise UserError(f"There is no file or folder {path}.", "Check the path.")
    if path.suffix.lower() == SUFFIX:
        return _table(choose_columns(path, column, key), lambda: iter([path]))
    if path.suffix.lower() != _LIST_SUFFIX:
        raise UserError(
            f"{path} is neither a folder, a {SUFFIX} file nor a list of files ({_LIST_SUFFIX}).",
            "For single pictures, use `classify`.",
        )
    if column or key:
        raise UserError(f"{path} is a list of files and has no columns.", "Leave --column and --key out.")
    return Input("list", None, lambda: _listed(path))


def _table(columns: Columns, files: Callable[[], Iterator[Path]]) -> Input:
    return Input("table", columns, lambda: (entry for file in files() for entry in row_groups(file, columns)))


def _pictures(folder: Path) -> Iterator[Entry]:
    return map(_entry, _files(folder, SUFFIXES))


def _listed(path: Path) -> Iterator[Entry]:
    """Paths are taken as `classify` takes them; one that does not exist becomes a row with its error."""
    with open(path, "rb") as lines:
        if lines.read(3) != codecs.BOM_UTF8:  # which Windows' editors write
            lines.seek(0)
        for line in lines:
            name = line.rstrip(b"\r\n")
            if not name:
                continue
            yield _entry(Path(os.fsdecode(name)))


def _entry(picture: Path) -> Entry:
    try:
        stat = picture.stat()
        return Entry(picture, stat.st_size, stat.st_mtime_ns)
    except (OSError, ValueError):
        return Entry(picture, -1, -1)


def _tables(folder: Path) -> Iterator[Path]:
    return filter(Path.is_file, _files(folder, {SUFFIX}))


def _files(folder: Path, suffixes: set[str] | frozenset[str], opened: Path | None = None) -> Iterator[Path]:
    """Files below `folder` in the order of `imaging.list_pictures`, but one folder in memory at a time.

    opened: None where `folder` itself is it. Raises OSError where a folder may not be read: nothing is left out in silence.
    """
    with os.scandir(folder) as found:
        inside = sorted(found, key=lambda entry: entry.name)
    for entry in inside:
        path = Path(entry.path)
        if os.path.isdir(entry.path):  # False, too, for a link that leads to itself
            if enters(path, folder if opened is None else None):
                yield from _files(path, suffixes, opened or folder)
        elif path.suffix.lower() in suffixes:
            yield path
