"""What the C library keeps of freed memory for later goes back to the system."""

import ctypes
import sys


def give_back() -> None:
    """Where the C library has a function for it (glibc); elsewhere it does so by itself.

    glibc keeps a heap for nearly every thread that ever asked for memory. Each batch of pictures is decoded by threads of
    its own, so that a window in which many batches were classified would keep many times what one of them needs.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
