"""Files are written beside their place and renamed into it: a reader sees the old content or the new, never half."""

import contextlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_TEMPORARY = ".unfinished-"
_LEFTOVER_SECONDS = 24 * 3600


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write` with a temporary path in the same folder, flush it to the disk, then put it in the place of `path`.

    When `write` fails, `path` is untouched and the temporary file is gone. An OSError names `path`.
    """
    with failures_named(path):
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def failures_named(path: Path) -> Iterator[None]:
    """An OSError of the block names `path`: a person knows that, not a temporary name (and a full disk names nothing)."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def write_bytes_atomically(path: Path, content: bytes | memoryview) -> None:
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def leftovers(parent: Path, pattern: str) -> list[Path]:
    """What killed processes left there under such names; what is younger than a day may still be at work."""
    found = []
    for path in parent.glob(pattern):
        with contextlib.suppress(OSError):  # gone meanwhile
            if time.time() - path.lstat().st_mtime > _LEFTOVER_SECONDS:
                found.append(path)
    return found


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed process was writing in this folder."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        path.unlink(missing_ok=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C and SIGTERM until the block has ended: what belongs together is written, or removed, all or none."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread receives signals
        return
    asked: list[int] = []
    before = {number: signal.signal(number, lambda n, _: asked.append(n)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
    if asked:
        signal.raise_signal(asked[0])
