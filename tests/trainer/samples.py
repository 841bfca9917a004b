"""Small pictures and small runs: enough to train on in a second."""

import contextlib
import io
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from runtime_app import interruption, terminal
from trainer.cli import train

COLOURS = {"blue": (40, 60, 200), "green": (40, 200, 60), "red": (200, 40, 60)}


@dataclass(frozen=True)
class Answer:
    """What a user of the terminal saw."""

    status: int
    out: str
    err: str

    @property
    def folder(self) -> Path:
        """The run folder, which is the last line on stdout."""
        return Path(self.out.strip().splitlines()[-1])


def make_pictures(root: Path, per_class: int = 40, size: int = 10) -> Path:
    """One subfolder per colour with noisy PNG files of it."""
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = np.clip(random.normal(colour, 50, (size, size, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:03}.png")
    return root


def trainer(*arguments: object) -> Answer:
    """`python -m trainer ARGUMENTS` in this process, with everything that its terminal would show."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["trainer/__main__.py", *map(str, arguments)]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            terminal.run(train, "python -m trainer")
    except SystemExit as leaving:
        return Answer(int(leaving.code or 0), out.getvalue(), err.getvalue())
    finally:
        sys.argv = before
        # A command has a process to itself: what it leaves for the end of that is not for the next one in this one.
        for number, handler in handlers.items():
            signal.signal(number, handler)
        interruption._received.clear()
        torch.use_deterministic_algorithms(False)
    raise AssertionError("the command line ended without an exit status")


def small(pictures: Path, runs: Path, *more: object) -> list[object]:
    """Options of a run that takes a second."""
    return ["--data", pictures, "--image-size", 8, "--batch-size", 32, "--device", "cpu", "--runs", runs, *more]


def untimed(metrics_csv: Path) -> list[list[str]]:
    """The rows of metrics.csv without the columns that measure time."""
    return [line.split(",")[:6] for line in metrics_csv.read_text().splitlines()]


def same_tensors(one: object, other: object) -> bool:
    """Whether two nested structures of tensors and plain values are equal, bit for bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and one.dtype == other.dtype and torch.equal(one, other)
    if isinstance(one, dict):
        return (
            isinstance(other, dict) and one.keys() == other.keys() and all(same_tensors(one[k], other[k]) for k in one)
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same_tensors(a, b) for a, b in zip(one, other, strict=True))
    return one == other


def same_run(one: Path, other: Path) -> bool:
    """Metrics (time columns aside), best and last weights, what is averaged, optimiser and scheduler: bit for bit equal."""
    if untimed(one / "metrics.csv") != untimed(other / "metrics.csv"):
        return False
    best = [torch.load(run / "best.pt", weights_only=True) for run in (one, other)]
    last = [torch.load(run / "last.pt", weights_only=True) for run in (one, other)]
    averaged = [content["progress"]["averaging"] for content in last]
    parts = ("model", "parts", "generator")
    return same_tensors(*best) and same_tensors(*averaged) and all(same_tensors(last[0][k], last[1][k]) for k in parts)
