"""Ray without its voice: its C++ core and its threads write to this process's stderr, past all loggers of Python."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from runtime_app.terminal import log


def forbid_reports() -> None:
    """Before Ray is imported, here and in what it starts: it would send usage statistics to its makers."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"


@contextmanager
def stderr_closed() -> Iterator[None]:
    """What is written to stderr until the block is left goes nowhere, also from C++; --debug changes nothing."""
    if log.isEnabledFor(logging.DEBUG):
        yield
        return
    sys.stderr.flush()
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(nowhere)
        os.close(before)


def silence_loggers() -> None:
    """After Ray was imported, which sets its own up."""
    if not log.isEnabledFor(logging.DEBUG):
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
