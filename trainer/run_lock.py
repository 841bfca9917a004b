"""A run folder belongs to one training at a time."""

import contextlib
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from runtime_app.errors import UserError
from trainer.distributed import Ranks

_FILE = ".lock"


@contextmanager
def only_training(folder: Path, ranks: Ranks) -> Iterator[None]:
    """Keep other trainings out of this run folder; the system lets it go however this process ends. Of several processes
    of one training the first does it. Raises UserError when another training is in it."""
    if not ranks.first:
        yield
        return
    lock = FileLock(folder / _FILE, mode=0o666, fallback_to_soft=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise UserError(
            f"Another process is training in {folder}.", "Wait until it ends, or stop it, then resume."
        ) from error
    except NotImplementedError:  # a file system without locks, as some of a network are
        yield
        return
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes it with the lock
            (
                folder / _FILE
            ).unlink()  # while it is held: nobody waits for it, so nobody else can be given this very file
        lock.release()
