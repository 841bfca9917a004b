"""Folders of work in progress: made for a moment, and swept away by a later export when theirs was killed."""

import contextlib
import glob
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime_app.bundle import MANIFEST

PREFIX = "evidence-export-"
_LEFTOVER_SECONDS = 24 * 3600


@contextmanager
def temporary_folder(purpose: str) -> Iterator[Path]:
    """A folder in the system's place for such, gone afterwards."""
    remove_leftovers(Path(tempfile.gettempdir()), PREFIX)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-"))
    try:
        yield folder
    finally:
        discard(folder)


def remove_leftovers(parent: Path, prefix: str) -> None:
    """Folders of exports that were killed; those younger than a day may still be at work."""
    for path in parent.glob(f"{glob.escape(prefix)}*"):
        with contextlib.suppress(OSError):  # another user's, or gone meanwhile
            if path.is_dir() and time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS:
                discard(path)


def discard(folder: Path) -> None:
    """Remove a folder, the manifests in it first: a half-removed bundle must not look like one. A link, and what lies behind
    one inside the folder, is left alone: that is somebody else's. A Ctrl-C meanwhile comes afterwards."""
    if folder.is_symlink():
        return
    with _stopping_waits():
        for place, _, files in os.walk(folder):
            if MANIFEST in files:
                os.unlink(os.path.join(place, MANIFEST))
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stopping_waits() -> Iterator[None]:
    """Hold back what would stop the process until this is done; what is done here takes milliseconds."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    held: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda number, frame: held.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if held:
            signal.raise_signal(held[0])
