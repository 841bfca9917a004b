"""Ray without its voice: its C++ core and its threads write to this process's streams, past all loggers of Python."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from runtime_app.terminal import log


def forbid_reports() -> None:
    """Before Ray is imported, here and in what it starts: it would send usage statistics to its makers."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@contextmanager
def streams_closed() -> Iterator[None]:
    """What is written to stdout and stderr until the block is left goes nowhere, also from C++; --debug changes nothing."""
    if log.isEnabledFor(logging.DEBUG):
        yield
        return
    with ExitStack() as undo:
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            before, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, descriptor)
            for opened in (before, nowhere):
                undo.callback(os.close, opened)
            undo.callback(os.dup2, before, descriptor)
            undo.callback(stream.flush)
        yield


def silence_loggers() -> None:
    """After Ray was imported, which sets its own up."""
    if not log.isEnabledFor(logging.DEBUG):
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
