"""Bulk scoring on Ray Data against plain `classify`: pictures a second, memory as the input grows, and the same rows.

.venv-bulk/bin/python benchmarks/bulk.py [--pictures 20000] [--many 100000] [--rounds 3] [--bundle BUNDLE] [--json FILE]

The pictures are parts of the photographs in tests/pictures as JPEG files of 256x256 pixels, 2,000 different ones under as
many names as are asked for. Every command is a process of its own. The rounds alternate between `classify` and `bulk` with
one and with two workers, so that a machine that slows down slows all of them, and the median round counts. Starting is what
the same command takes for one picture; the speed is that of the pictures beyond it, over the seconds beyond it.

Memory is what the processes of a command have for themselves alone (USS), of all of them together, Ray's too; the highest
sample counts, for a tenth of the many pictures and for all of them. Rows are compared with those that `classify` gives.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import psutil
import pyarrow.dataset as ds
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from runtime_app.imaging import open_picture  # noqa: E402
from runtime_app.terminal import run  # noqa: E402

DISTINCT = 2000
SIDE = 256
CLASSIFY = "classify"
WORKERS = (1, 2)
TOLERANCE = 1e-6
_IN_A_FOLDER = 1000
_SAMPLED_EVERY = 0.5


@dataclass(frozen=True)
class Speed:
    """start: seconds for one picture; seconds: for all of them, the median of the rounds; rate: pictures a second beyond
    the start; against: that of `classify` in the same rounds."""

    command: str
    start: float
    seconds: float
    rate: float
    against: float


@dataclass(frozen=True)
class Memory:
    """Of `bulk` with two workers: megabytes of all its processes together, the highest sample."""

    pictures: int
    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Measured:
    """difference: the largest between probabilities of `bulk` and `classify` for the same picture."""

    pictures: int
    speeds: list[Speed]
    memory: list[Memory]
    difference: float


def write_pictures(folder: Path, distinct: list[Path], count: int) -> Path:
    """Names in folders below; files that exist already are linked to, as making them is what takes longest."""
    for number in range(count):
        below = folder / f"{number // _IN_A_FOLDER:04}"
        below.mkdir(parents=True, exist_ok=True)
        os.link(distinct[number % len(distinct)], below / f"{number:07}.jpg")
    return folder


def write_distinct(folder: Path) -> list[Path]:
    random = np.random.default_rng(0)
    photographs = [open_picture(path).convert("RGB") for path in sorted((ROOT / "tests" / "pictures").glob("*.jpg"))]
    folder.mkdir()
    made = []
    for number in range(DISTINCT):
        photograph = photographs[number % len(photographs)]
        size = int(random.integers(64, min(photograph.size) + 1))
        left, top = (int(random.integers(0, edge - size + 1)) for edge in photograph.size)
        part = photograph.crop((left, top, left + size, top + size)).resize((SIDE, SIDE))
        part.save(folder / f"{number:04}.jpg", quality=90)
        made.append(folder / f"{number:04}.jpg")
    return made


class Commands:
    """The command line on one bundle in one precision, results in a place for temporary files."""

    def __init__(self, place: Path, bundle: Path) -> None:
        self._place, self._options = place, ["--bundle", str(bundle), "--precision", "fp32"]

    def classify(self, pictures: Path) -> Path:
        results = self._place / f"{pictures.name}.jsonl"
        with open(results, "w") as lines:
            subprocess.run(self._command("classify", pictures, "--format", "jsonl"), stdout=lines, cwd=ROOT, check=True)
        return results

    def bulk(self, pictures: Path, workers: int) -> Path:
        with self.start_bulk(pictures, workers) as process:
            if process.wait():
                raise click.ClickException("A job failed, what it said stands above.")
        return self.output(pictures, workers)

    def start_bulk(self, pictures: Path, workers: int) -> subprocess.Popen:
        output = self.output(pictures, workers)
        command = self._command("bulk", pictures, output, "--workers", workers, "--overwrite")
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)

    def output(self, pictures: Path, workers: int) -> Path:
        return self._place / f"{pictures.name}-{workers}"

    def _command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "runtime_app", *map(str, arguments), *self._options]


def seconds(work: Callable[[], Any]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def measure_speeds(commands: Commands, pictures: Path, one: Path, count: int, rounds: int) -> list[Speed]:
    contestants: dict[str, Callable[[Path], Path]] = {CLASSIFY: commands.classify}
    for workers in WORKERS:
        contestants[f"bulk --workers {workers}"] = lambda folder, workers=workers: commands.bulk(folder, workers)
    starts: dict[str, list[float]] = {name: [] for name in contestants}
    wholes: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            starts[name].append(seconds(lambda contestant=contestant: contestant(one)))
            wholes[name].append(seconds(lambda contestant=contestant: contestant(pictures)))
    rates = {
        name: [(count - 1) / (whole - start) for start, whole in zip(starts[name], wholes[name], strict=True)]
        for name in contestants
    }
    return [
        Speed(
            command=name,
            start=statistics.median(starts[name]),
            seconds=statistics.median(wholes[name]),
            rate=statistics.median(rates[name]),
            against=statistics.median(mine / plain for mine, plain in zip(rates[name], rates[CLASSIFY], strict=True)),
        )
        for name in contestants
    ]


def measure_memory(commands: Commands, pictures: Path, count: int) -> Memory:
    started = time.monotonic()
    peak = 0.0
    with commands.start_bulk(pictures, workers=2) as process:
        whole = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, sum(map(own_memory, [whole, *whole.children(recursive=True)])))
            time.sleep(_SAMPLED_EVERY)
        if process.returncode:
            raise click.ClickException("A job failed, what it said stands above.")
    found = rows(commands.output(pictures, 2))
    if len(found) != count or any(row["error"] for row in found.values()):
        raise click.ClickException(f"{len(found):,} of {count:,} pictures have a row, or some have an error.")
    return Memory(count, time.monotonic() - started, peak)


def own_memory(process: psutil.Process) -> float:
    """Megabytes; none of a process that has just ended."""
    try:
        return process.memory_full_info().uss / 1e6
    except psutil.Error:
        return 0.0


def rows(output: Path) -> dict[str, dict[str, Any]]:
    """The rows of a job by path."""
    return {row["path"]: row for row in ds.dataset(output, format="parquet").to_table().to_pylist()}


def largest_difference(lines: Path, output: Path) -> float:
    """Raises ClickException when labels or verdicts differ, or probabilities by more than the tolerance."""
    found, largest = rows(output), 0.0
    with open(lines) as file:
        wanted = [json.loads(line) for line in file]
    if len(found) != len(wanted):
        raise click.ClickException(f"bulk gave {len(found):,} rows, classify {len(wanted):,}.")
    for line in wanted:
        row = found[line["path"]]
        if (row["label"], row["verdict"]) != (line["label"], line["verdict"]):
            raise click.ClickException(f"bulk and classify say different things of {line['path']}.")
        expected = np.array(list(line["probabilities"].values()))
        largest = max(largest, float(np.abs(np.array(row["probabilities"]) - expected).max()))
    if not largest <= TOLERANCE:
        raise click.ClickException(f"Probabilities of bulk and classify differ by {largest:.2g}.")
    return largest


def measure(place: Path, bundle: Path, pictures: int, many: int, rounds: int) -> Measured:
    distinct, commands = write_distinct(place / "distinct"), Commands(place, bundle)
    one = write_pictures(place / "one", distinct, 1)
    folder = write_pictures(place / "pictures", distinct, pictures)
    speeds = measure_speeds(commands, folder, one, pictures, rounds)
    difference = max(
        largest_difference(place / "pictures.jsonl", commands.output(folder, workers)) for workers in WORKERS
    )
    memory = [
        measure_memory(commands, write_pictures(place / f"many-{count}", distinct, count), count)
        for count in (many // 10, many)
    ]
    return Measured(pictures, speeds, memory, difference)


def show(measured: Measured) -> None:
    console = Console()
    title = f"{measured.pictures:,} pictures"
    speeds = Table("command", "start (s)", "whole (s)", "pictures/s beyond the start", "against classify", title=title)
    for speed in measured.speeds:
        figures = (f"{speed.start:.1f}", f"{speed.seconds:.1f}", f"{speed.rate:,.0f}", f"{speed.against:.2f}")
        speeds.add_row(speed.command, *figures)
    console.print(speeds)
    memory = Table("pictures", "whole (s)", "all processes (MB)", title="bulk --workers 2")
    for each in measured.memory:
        memory.add_row(f"{each.pictures:,}", f"{each.seconds:.1f}", f"{each.megabytes:,.0f}")
    console.print(memory)
    console.print(f"largest difference from classify, probabilities: {measured.difference:.2g}")


@click.command()
@click.option("--pictures", type=click.IntRange(min=2), default=20_000, show_default=True, help="For the speeds.")
@click.option("--many", type=click.IntRange(min=10), default=100_000, show_default=True, help="For the memory.")
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    default=ROOT / "artifacts" / "bundles" / "cifarnet-cifar10",
    help="What scores.  [the shipped one]",
)
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures there too.")
def bulk(pictures: int, many: int, rounds: int, bundle: Path, file: Path | None) -> None:
    """Measure bulk scoring against classify."""
    with tempfile.TemporaryDirectory() as name:
        measured = measure(Path(name), bundle.resolve(), pictures, many, rounds)
    show(measured)
    if file is not None:
        file.write_text(json.dumps(asdict(measured), indent=2) + "\n")


if __name__ == "__main__":
    run(bulk, "benchmarks/bulk.py")
