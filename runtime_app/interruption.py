"""What Ctrl-C does to a program of ours, and how it is known when a library turns the exception into another.

Libraries in C make errors of their own of a KeyboardInterrupt ("initialization failed"), some of them while they are loaded.
"""

import _thread
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
_received: list[int] = []


def watch() -> None:
    """From now on `happened` knows, and none is lost. Where Ctrl-C means something else already (or is ignored), it still
    does."""
    sys.unraisablehook = _raise_elsewhere
    if _is_main_thread() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _raise)


def happened() -> bool:
    return bool(_received)


def end_at_once_from_now_on() -> None:
    """The work is done or given up: a signal that comes while Python ends itself would only print a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os._exit(128 + number))


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


def _raise_elsewhere(unraisable: "sys.UnraisableHookArgs") -> None:
    """A Ctrl-C that comes while Python frees objects is dropped by it, with a traceback; it is raised a moment later."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        threading.Timer(0.01, _interrupt).start()
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:  # wakes the main thread where it waits, too
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(INTERRUPTED)
