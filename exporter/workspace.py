"""Folders of work in progress: made for a moment, and swept away by a later export when theirs was killed."""

import contextlib
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime_app.bundle import MANIFEST
from trainer.files import leftovers, uninterrupted

PREFIX = "evidence-export-"


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder in the system's place for such, gone afterwards. A failure that names no file, as that of a full disk, names
    this place: it is seldom on the disk of the bundles."""
    remove_leftovers(Path(tempfile.gettempdir()), PREFIX)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-"))
    try:
        yield folder
    except OSError as error:
        error.filename = error.filename or str(folder.parent)
        raise
    finally:
        discard(folder)


def remove_leftovers(parent: Path, prefix: str) -> None:
    """Folders of exports that were killed."""
    for path in leftovers(parent, f"{glob.escape(prefix)}*"):
        with contextlib.suppress(OSError):  # another user's, or gone meanwhile
            if path.is_dir():
                discard(path)


def discard(folder: Path) -> None:
    """Remove a folder, the manifests in it first: a half-removed bundle must not look like one. A link, and what lies behind
    one inside the folder, is left alone: that is somebody else's. A Ctrl-C meanwhile comes afterwards."""
    if folder.is_symlink():
        return
    with uninterrupted():
        for place, _, files in os.walk(folder):
            if MANIFEST in files:
                os.unlink(os.path.join(place, MANIFEST))
        shutil.rmtree(folder, ignore_errors=True)
