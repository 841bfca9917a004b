"""Ray without its voice: its C++ core writes to the process's stderr, past all loggers of Python."""

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
def only_our_words() -> Iterator[None]:
    """Until the block is left, sys.stderr reaches the terminal and file descriptor 2 does not; --debug changes nothing."""
    if log.isEnabledFor(logging.DEBUG):
        yield
        return
    ours = os.dup(2)
    before, nowhere = sys.stderr, os.open(os.devnull, os.O_WRONLY)
    before.flush()
    try:
        with open(ours, "w", encoding=before.encoding, errors="backslashreplace", buffering=1) as terminal:
            os.dup2(nowhere, 2)
            sys.stderr = terminal
            try:
                yield
            finally:
                os.dup2(ours, 2)
                sys.stderr = before
    finally:
        os.close(nowhere)


def silence_loggers() -> None:
    """After Ray was imported, which sets its own up."""
    if not log.isEnabledFor(logging.DEBUG):
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
