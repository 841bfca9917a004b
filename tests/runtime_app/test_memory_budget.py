"""Threads that decode share a bound of pixels, and none of them waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime_app.memory_budget import MemoryBudget


def test_threads_never_hold_more_than_the_limit_and_all_come_through() -> None:
    budget, lock = MemoryBudget(100), threading.Lock()
    held, most, together = 0, 0, 0

    def decode(pixels: int) -> None:
        nonlocal held, most, together
        with budget.share() as share:
            share.take(pixels)
            with lock:
                held += min(pixels, 100)
                most = max(most, held)
                together += held > pixels
            time.sleep(0.001)
            with lock:
                held -= min(pixels, 100)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(decode, [7, 60, 100, 3, 41, 99, 250, 1] * 20))
    assert most <= 100
    assert together > 0, "small pictures must be decoded side by side"
    assert held == 0


def test_a_picture_that_fails_gives_its_pixels_back() -> None:
    budget = MemoryBudget(10)
    with pytest.raises(ValueError), budget.share() as share:
        share.take(10)
        raise ValueError
    with budget.share() as share:
        share.take(10)  # would wait for ever


def test_a_share_is_taken_once() -> None:
    with MemoryBudget(10).share() as share:
        share.take(1)
        with pytest.raises(RuntimeError):
            share.take(1)
