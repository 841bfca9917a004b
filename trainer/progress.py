"""What a person sees while it trains: a bar on a terminal, one line an epoch everywhere else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from trainer.metrics import EpochMetrics


class EpochProgress:
    """Reports to stderr, so that stdout stays free for results; `quiet` in every process but the first."""

    def __init__(self, epochs: int, *, quiet: bool = False) -> None:
        self._epochs = epochs
        self._console = Console(stderr=True, highlight=False, quiet=quiet)

    @contextmanager
    def epoch(self, epoch: int, pictures: int) -> Iterator[Callable[[int], None]]:
        """Yields a function that is told how many pictures each batch had."""
        columns = (
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal) as bar:
            task = bar.add_task("", total=pictures, epoch=epoch, epochs=self._epochs)
            yield lambda count: bar.advance(task, count)

    def report(self, row: EpochMetrics, improved: bool) -> None:
        mark = "  best so far" if improved else ""
        self._console.print(
            f"epoch {row.epoch}/{self._epochs}  train {row.train_loss:.4f} {row.train_acc:.2%}  "
            f"validation {row.val_loss:.4f} {row.val_acc:.2%}  lr {row.lr:.3g}  "
            f"{row.seconds:.1f} s  {row.images_per_second:.0f} pictures/s{mark}",
            soft_wrap=True,
        )
