"""What Ctrl-C does to a program of ours, and how it is known when a library turns the exception into another.

Libraries in C make errors of their own of a KeyboardInterrupt ("initialization failed"), some of them while they are loaded.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
_received: list[int] = []


def watch() -> None:
    """From now on `happened` knows. Where Ctrl-C means something else already (or is ignored), it still does."""
    if _is_main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _raise)


def happened() -> bool:
    return bool(_received)


@contextmanager
def at_once() -> Iterator[None]:
    """For the imports of a program that has not begun: Ctrl-C within the block ends the process with status 130."""
    before = signal.getsignal(signal.SIGINT)
    if not _is_main_thread() or before not in (signal.default_int_handler, _raise):
        yield
        return
    signal.signal(signal.SIGINT, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _raise(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)
