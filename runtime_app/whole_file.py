"""What is saved appears whole or not at all."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LEFTOVER_SECONDS = 24 * 3600


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The name to write to, beside `path`; renamed into it at the end, removed after a failure.

    Missing folders are made. An OSError about the temporary name speaks of `path`, the name that the person knows.
    """
    temporary = path.with_name(f".{path.name[:40]}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())  # or a power cut leaves the new name with nothing in it
        temporary.replace(path)
    except OSError as error:
        if error.filename is not None and str(error.filename) == str(temporary):
            error.filename = str(path)
        raise
    finally:
        with contextlib.suppress(OSError):  # which failure it was has been told
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Unfinished files and folders in it, of programs that were ended while they saved; what is younger than a day may
    still be at work."""
    for path in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime > _LEFTOVER_SECONDS:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
