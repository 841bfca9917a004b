"""Which pictures folders hold, and which of them changed since they were read."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_app.errors import UserError, some_of
from runtime_app.imaging import FORMATS_IN_WORDS, SUFFIXES, walk
from runtime_app.jobs import Ticket
from runtime_app.presenter.tasks import stamp_of

_LISTED_AT_ONCE = 2000


def list_folders(folders: list[Path]) -> Callable[[Ticket], Iterator[list[Path]]]:
    """Work that yields the pictures below each folder, in name order, a folder's own files before its subfolders."""

    def work(ticket: Ticket) -> Iterator[list[Path]]:
        empty = []
        for folder in folders:
            any_found = False
            for found in _pictures_below(folder):
                any_found = True
                yield found
            if not any_found:
                empty.append(str(folder))
        if empty:
            raise UserError(
                f"There is no picture in {some_of(empty, 3)}.",
                f"Choose a folder with {FORMATS_IN_WORDS} files, or watch it (Ctrl+W) for those to come.",
            )

    return work


def _pictures_below(folder: Path) -> Iterator[list[Path]]:
    """The first one by itself, so that it is shown at once; then in long lists."""
    found: list[Path] = []
    any_found = False
    for parent, files in walk(folder, onerror=_raise):
        place = Path(parent)
        found += [place / name for name in sorted(files) if os.path.splitext(name)[1].lower() in SUFFIXES]
        while len(found) >= (_LISTED_AT_ONCE if any_found else 1):
            any_found = True
            yield found[:_LISTED_AT_ONCE]
            found = found[_LISTED_AT_ONCE:]
    if found:
        yield found


def changed_files(
    paths: list[Path], stamps: NDArray[np.int64], failed: NDArray[np.bool_], opened: list[Path]
) -> list[int] | None:
    """Places of the pictures that are, or lie below, one of `opened` and are not any more what they were when they were
    read, or could not be read. stamps: int64 [n, 2], zeros where not read yet; failed: bool [n]. None: there are none."""
    named, below = {str(path) for path in opened}, tuple(f"{path}{os.sep}" for path in opened)
    places = []
    for place in np.flatnonzero(stamps.any(axis=1) | failed).tolist():
        name = str(paths[place])
        if name in named or name.startswith(below):
            stamp = stamp_of(paths[place])
            if stamp != tuple(stamps[place].tolist()) or (failed[place] and stamp != (0, 0)):
                places.append(place)
    return places or None


def _raise(error: OSError) -> None:
    if isinstance(error, FileNotFoundError | PermissionError):
        return  # a subfolder that went away or is closed to us does not hide the others
    raise error
