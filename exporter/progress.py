"""What a person sees while a bundle is made: one line a step, with a spinner on a terminal; and how long each took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


class Steps:
    """Reports to stderr, so that stdout stays free for results. seconds: step -> wall time, in order."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        with self._console.status(f"{escape(name)} …"):
            yield
        self.seconds[name] = round(time.perf_counter() - started, 2)
        self._console.print(f"{escape(name)}  [dim]{self.seconds[name]:.1f} s[/dim]", soft_wrap=True)

    def note(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, markup=False)
