"""Kill a run at random moments, resume it, and compare it with one that was never interrupted.

python -m tests.trainer.killed_runs [--kills 25] [--recipe baseline] [--epochs 4] [--seed 0]

Every attempt is a process of its own that SIGKILL ends; it is forked from this one, which has imported everything and
trained nothing, so that the moments fall on the run and not on the imports.
"""

import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.table import Table

import trainer.command  # noqa: F401 - imported before the forks, so that they start at once
from tests.trainer.samples import make_pictures, same_run, small
from tests.trainer.samples import trainer as trainer_command


@dataclass(frozen=True)
class Kill:
    """after: seconds; epochs: finished before; half_written: files that were being written; equal: to the other run."""

    after: float
    epochs: int
    half_written: int
    equal: bool


def attempt(arguments: list[object], kill_after: float | None = None) -> float:
    """Run the trainer in a fork, killed after that many seconds or to its end; returns how long it ran."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        answer = trainer_command(*arguments)
        sys.stderr.write(answer.err if answer.status else "")
        os._exit(answer.status)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if kill_after is None and status != 0:
        raise SystemExit(f"the trainer ended with status {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - started


def only_run(runs: Path) -> Path | None:
    """The run folder, when the process lived long enough to write its configuration."""
    return next((path.parent for path in runs.glob("*/config.json")), None)


def kill_and_resume(pictures: Path, runs: Path, options: list[object], after: float, reference: Path) -> Kill:
    attempt(small(pictures, runs, *options), kill_after=after)
    folder = only_run(runs)
    if folder is None:
        attempt(small(pictures, runs, *options))
        folder = only_run(runs)
        assert folder is not None
        return Kill(after, 0, 0, same_run(folder, reference))
    metrics = folder / "metrics.csv"
    epochs = len(metrics.read_text().splitlines()) - 1 if metrics.exists() else 0
    half_written = len(list(folder.glob(".unfinished-*")))
    attempt(["--resume", folder])
    return Kill(after, epochs, half_written, same_run(folder, reference) and not list(folder.glob(".unfinished-*")))


def show(kills: list[Kill]) -> None:
    table = Table("killed after (s)", "epochs in metrics.csv", "half-written files", "resumed = uninterrupted")
    for kill in sorted(kills, key=lambda kill: kill.after):
        table.add_row(f"{kill.after:.2f}", str(kill.epochs), str(kill.half_written), "yes" if kill.equal else "NO")
    Console().print(table)


@click.command()
@click.option("--kills", default=25, show_default=True)
@click.option("--recipe", default="baseline", show_default=True)
@click.option("--epochs", default=4, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the moments.")
def main(kills: int, recipe: str, epochs: int, seed: int) -> None:
    torch.set_num_threads(1)
    moments = random.Random(seed)
    options: list[object] = ["--recipe", recipe, "--epochs", epochs]
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_STATE_HOME"] = place
        pictures = make_pictures(Path(place) / "colours")
        seconds = attempt(small(pictures, Path(place) / "reference", *options))
        reference = only_run(Path(place) / "reference")
        assert reference is not None
        done = [
            kill_and_resume(pictures, Path(place) / str(number), options, moments.uniform(0, seconds), reference)
            for number in range(kills)
        ]
    show(done)
    different = sum(not kill.equal for kill in done)
    print(f"{kills - different} of {kills} killed runs ended like the uninterrupted one")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
