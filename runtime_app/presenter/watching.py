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

_SECONDS = 0.5
_STEP = 0.1  # seconds after which waiting work notices that nobody wants it any more


def watch_folder(folder: Path) -> Callable[[Ticket], Iterator[list[Path]]]:
    """Work that yields pictures as they appear in `folder`, once their size has stopped growing; it ends when unwanted."""

    def work(ticket: Ticket) -> Iterator[list[Path]]:
        seen = set(_sizes(folder))
        growing: dict[Path, int] = {}
        while _waited(ticket):
            sizes = {path: size for path, size in _sizes(folder).items() if path not in seen}
            ready = sorted(path for path, size in sizes.items() if size and growing.get(path) == size)
            growing = sizes
            seen.update(ready)
            if ready:
                yield ready

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


def _sizes(folder: Path) -> dict[Path, int]:
    sizes = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if Path(entry.name).suffix.lower() in SUFFIXES:
                    with contextlib.suppress(OSError):
                        sizes[Path(entry.path)] = entry.stat().st_size
    except OSError:
        return {}  # the folder went away; it may come back
    return sizes
