"""Whether the trainer's own memory stays flat as the data grows.

python benchmarks/memory.py [--counts 50000,500000] [--json FILE] [--place DIR]

For each count a folder of generated 32x32 pictures is written, decoded once into the memory-mapped cache, and then read
by a fresh process as a run reads it: load and split the data, take three training steps, and fetch and augment every
picture of one epoch. RssAnon (memory of the process's own; Linux, /proc) is what must stay flat; RssFile are pages of
the mapped file, which the kernel takes back whenever it needs them.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from trainer.data.folder import load_folder  # noqa: E402

CLASSES = 10


@dataclass(frozen=True)
class Memory:
    """Megabytes. anonymous: highest RssAnon; file: highest RssFile; data: what the pictures take, decoded."""

    pictures: int
    data: float
    anonymous: float
    file: float


def write_pictures(root: Path, count: int) -> None:
    """PPM files with noise: the fastest format to write and to decode."""
    random = np.random.default_rng(0)
    for number in range(count):
        folder = root / str(number % CLASSES) / f"{number // 1000 % 100:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.ppm").write_bytes(b"P6 32 32 255\n" + random.bytes(3072))


def resident(kind: str) -> float:
    """RssAnon or RssFile of this process, in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise click.ClickException("This measurement needs Linux's /proc.")


def read_as_a_run(root: Path) -> Memory:
    """Load, train three steps, fetch every picture of an epoch; the highest values on the way."""
    from trainer.command import configuration
    from trainer.data import load_splits
    from trainer.engine import train_one_epoch, training_batches
    from trainer.recipes import load_recipe
    from trainer.setup import build_network, describe, prepare_run

    config = configuration({"data": str(root), "device": "cpu"})
    splits = load_splits(config)
    network = build_network(config, load_recipe(config.recipe), len(splits.classes))
    training = prepare_run(Path("unused"), describe(config, splits, network), splits, network).training
    seen = [(resident("RssAnon"), resident("RssFile"))]
    train_one_epoch(training, islice(training_batches(training, 1), 3), 1, lambda count: None)
    for number, _ in enumerate(training_batches(training, 2)):
        if number % 20 == 0:
            seen.append((resident("RssAnon"), resident("RssFile")))
    anonymous, file = (max(column) for column in zip(*seen, strict=True))
    return Memory(splits.train.store.shape[0], splits.train.store.nbytes / 1e6, anonymous, file)


def in_fresh_process(root: Path, cache: Path) -> Memory:
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}

    def run(step: str) -> str:
        command = [sys.executable, __file__, step, str(root)]
        return subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout

    run("--decode")
    return Memory(**json.loads(run("--read")))


@click.command()
@click.option("--counts", default="50000,500000", show_default=True, help="Numbers of pictures.")
@click.option("--place", type=click.Path(path_type=Path), help="Where the pictures are written for the time being.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures here.")
@click.option("--decode", type=click.Path(path_type=Path), hidden=True)
@click.option("--read", type=click.Path(path_type=Path), hidden=True)
def main(counts: str, place: Path | None, json_file: Path | None, decode: Path | None, read: Path | None) -> None:
    """Measure the trainer's memory at growing numbers of pictures."""
    if decode is not None:
        load_folder(decode, 32, skip_unreadable=False)
        return
    if read is not None:
        click.echo(json.dumps(asdict(read_as_a_run(read))))
        return
    found = []
    for count in map(int, counts.split(",")):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            write_pictures(Path(folder) / "pictures", count)
            found.append(in_fresh_process(Path(folder) / "pictures", Path(folder) / "cache"))
    table = Table("pictures", "decoded (MB)", "RssAnon (MB)", "RssFile (MB)")
    for memory in found:
        table.add_row(f"{memory.pictures:,}", *(f"{v:,.0f}" for v in (memory.data, memory.anonymous, memory.file)))
    Console().print(table)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(memory) for memory in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
