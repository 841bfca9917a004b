"""Ctrl-C while a program loads its libraries: nothing has begun, so it ends at once, in one line.

No exception is raised then: libraries in C make errors of their own of it ("initialization failed")."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130


@contextmanager
def at_once() -> Iterator[None]:
    """Ctrl-C within the block ends the process with status 130. Where it means something else already, it still does."""
    ordinary = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not ordinary:
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, ordinary)


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)
