"""How much memory decoding may take at a time, over all threads that decode."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Share:
    """What one thread holds of a budget."""

    def __init__(self, budget: "MemoryBudget") -> None:
        self._budget = budget
        self.held = 0

    def take(self, amount: int) -> None:
        """Wait until so many bytes fit beside those of the other threads. At most once for a share: a thread that waited
        while it held some could wait for itself."""
        if self.held:
            raise RuntimeError("a share of the memory budget was taken twice")
        self.held = self._budget._acquire(amount)


class MemoryBudget:
    """Pictures that need at most `limit` bytes together are decoded at once; a larger one waits until it is alone."""

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
            self._release(share.held)

    def _acquire(self, amount: int) -> int:
        amount = min(amount, self._limit)
        with self._changed:
            self._changed.wait_for(lambda: self._held + amount <= self._limit)
            self._held += amount
        return amount

    def _release(self, amount: int) -> None:
        with self._changed:
            self._held -= amount
            self._changed.notify_all()
