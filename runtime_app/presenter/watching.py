"""Work that waits for something to happen on the disk: new pictures in a folder, another bundle in place of the open one."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime_app.bundle import MANIFEST, Bundle, read_manifest
from runtime_app.errors import UserError
from runtime_app.imaging import SUFFIXES
from runtime_app.jobs import Ticket
from runtime_app.presenter.tasks import Stamp

_SECONDS = 0.5
_STEP = 0.1  # seconds after which waiting work notices that nobody wants it any more


def watch_folder(folder: Path) -> Callable[[Ticket], Iterator[list[Path] | str]]:
    """Work that yields pictures as they appear in `folder` or are written anew, once they have stopped growing, and a
    sentence when the folder goes away and when it is back ("" then). It ends when unwanted."""

    def work(ticket: Ticket) -> Iterator[list[Path] | str]:
        seen, growing, gone = _stamps(folder), dict[Path, Stamp](), False
        while True:
            stamps = _stamps(folder)
            if (stamps is None) != gone:
                gone = stamps is None
                yield f"{folder} cannot be read any more; it is watched for when it is back." if gone else ""
            if stamps is not None:
                if seen is None:
                    seen = stamps  # it was not there when watching began: what comes with it is not new
                changed = {path: stamp for path, stamp in stamps.items() if seen.get(path) != stamp}
                ready = sorted(path for path, stamp in changed.items() if stamp[1] and growing.get(path) == stamp)
                growing = changed
                seen = {path: stamp for path, stamp in seen.items() if path in stamps}
                seen |= {path: changed[path] for path in ready}
                if ready:
                    yield ready
            if not _waited(ticket):
                return

    return work


def watch_bundle(bundle: Bundle) -> Callable[[Ticket], Iterator[str]]:
    """Work that yields one sentence when another bundle lies where this one was opened from, or none does any more.

    What is open goes on as it is: its model is in memory, and every file read later is checked against its manifest.
    """

    def work(ticket: Ticket) -> Iterator[str]:
        said, stamp = "", (-1, -1)
        while _waited(ticket):
            now = _stamp(bundle.path)
            if now == stamp:
                continue
            stamp = now
            words = _replaced(bundle)
            if words != said and _stamp(bundle.path) == now:  # not while it is still being written
                said = words
                yield words

    return work


def _replaced(bundle: Bundle) -> str:
    """What lies there now, "" when it is the same bundle."""
    try:
        digest = read_manifest(bundle.path).digest
    except UserError:
        return "The bundle on the disk went away or was altered; the open one goes on."
    return "" if digest == bundle.manifest.digest else "The bundle was replaced on the disk."


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = (path / MANIFEST if path.is_dir() else path).stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _waited(ticket: Ticket) -> bool:
    """Let some time pass; False as soon as the work is not wanted any more."""
    end = time.monotonic() + _SECONDS
    while ticket.wanted and time.monotonic() < end:
        time.sleep(_STEP)
    return ticket.wanted


def _stamps(folder: Path) -> dict[Path, Stamp] | None:
    """Of the pictures right in `folder`; None while it cannot be read."""
    stamps = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if Path(entry.name).suffix.lower() in SUFFIXES:
                    with contextlib.suppress(OSError):
                        status = entry.stat()
                        stamps[Path(entry.path)] = (status.st_mtime_ns, status.st_size)
    except OSError:
        return None
    return stamps
