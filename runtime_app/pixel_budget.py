"""How many pixels may lie decoded in memory at a time, over all threads that decode."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Share:
    """What one thread holds of a budget."""

    def __init__(self, budget: "PixelBudget") -> None:
        self._budget = budget
        self.pixels = 0

    def take(self, pixels: int) -> None:
        """Wait until the pixels fit beside those of the other threads. At most once for a share: a thread that waited
        while it held pixels could wait for itself."""
        if self.pixels:
            raise RuntimeError("a share of the pixel budget was taken twice")
        self.pixels = self._budget._acquire(pixels)


class PixelBudget:
    """Pictures of at most `limit` pixels together are decoded at once; a larger one waits until it is alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._changed = threading.Condition()

    @contextmanager
    def share(self) -> Iterator[Share]:
        """A share that holds nothing yet and gives back what it took when the block is left."""
        share = Share(self)
        try:
            yield share
        finally:
            self._release(share.pixels)

    def _acquire(self, pixels: int) -> int:
        pixels = min(pixels, self._limit)
        with self._changed:
            self._changed.wait_for(lambda: self._held + pixels <= self._limit)
            self._held += pixels
        return pixels

    def _release(self, pixels: int) -> None:
        with self._changed:
            self._held -= pixels
            self._changed.notify_all()
