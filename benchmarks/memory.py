"""Whether the trainer's own memory stays flat as the data grows.

python benchmarks/memory.py [--counts 50000,500000] [--json FILE] [--place DIR]

For each count a folder of 32x32 pictures is made (a few thousand files of noise under many names) and given to two fresh
processes, as a run's first start and its later ones would be. The first decodes every picture into the memory-mapped cache.
The second loads and splits the data, which hashes every picture and counts its values, trains three steps, lets the network
judge a thousand pictures, and fetches every picture as epochs do: all training pictures augmented and normalised, all
validation and test pictures normalised. The network itself is not run on all of them: it sees batches, whatever the data's
size, and would take hours.

RssAnon (memory of the process's own; Linux, /proc) is what must stay flat; it is sampled all the time, and the highest value
is shown. RssFile are pages of the mapped file, which the kernel takes back whenever it needs them.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from trainer.augment import normalise  # noqa: E402
from trainer.data.folder import load_folder  # noqa: E402

CLASSES = 10
DISTINCT = 2000
JUDGED = 1000
_MOST_LINKS = 60_000  # ext4 allows 65,000 names of one file
_SAMPLED_EVERY = 0.02


@dataclass(frozen=True)
class Peak:
    """Highest values of a process while it did one thing, in megabytes: RssAnon and RssFile."""

    anonymous: float
    file: float


@dataclass(frozen=True)
class Memory:
    """pictures: how many; data: what they take decoded, in megabytes; decoding, training: highest values meanwhile."""

    pictures: int
    data: float
    decoding: Peak
    training: Peak


class Watch(threading.Thread):
    """Samples this process's memory until it is asked for the peak."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._seen = [(resident("RssAnon"), resident("RssFile"))]
        self._over = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._over.wait(_SAMPLED_EVERY):
            self._seen.append((resident("RssAnon"), resident("RssFile")))

    def peak(self) -> Peak:
        self._over.set()
        self.join()
        return Peak(*(max(column) for column in zip(*self._seen, strict=True)))


def write_pictures(root: Path, count: int) -> None:
    """PPM files with noise, the fastest format to decode; names beyond the first DISTINCT are links to those files, as
    making a file is what takes longest."""
    random = np.random.default_rng(0)
    distinct = max(DISTINCT, -(-count // _MOST_LINKS))
    made: list[Path] = []
    for number in range(count):
        folder = root / str(number % CLASSES) / f"{number // 1000 % 100:02}"
        path = folder / f"{number}.ppm"
        if number < distinct:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"P6 32 32 255\n" + random.bytes(3072))
            made.append(path)
        else:
            if not folder.is_dir():
                folder.mkdir(parents=True)
            os.link(made[number % distinct], path)


def resident(kind: str) -> float:
    """RssAnon or RssFile of this process, in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise click.ClickException("This measurement needs Linux's /proc.")


def decode_as_a_run(root: Path) -> Peak:
    watch = Watch()
    load_folder(root, 32, skip_unreadable=False)
    return watch.peak()


def read_as_a_run(root: Path) -> tuple[int, Peak]:
    """Load, train three steps, judge some pictures, fetch all of them. Returns how many there are, and the peak."""
    from trainer.command import configuration
    from trainer.data import load_splits
    from trainer.engine import predict_data, train_one_epoch, training_batches
    from trainer.recipes import load_recipe
    from trainer.setup import build_network, describe, prepare_run

    watch = Watch()
    config = configuration({"data": str(root), "device": "cpu"})
    splits = load_splits(config)
    network = build_network(config, load_recipe(config.recipe), splits.classes)
    run = prepare_run(Path("unused"), describe(config, splits, network), splits, network)
    training = run.training
    train_one_epoch(training, islice(training_batches(training, 1), 3), 1, lambda count: None)
    predict_data(network, training.validation, torch.arange(min(JUDGED, len(splits.validation))))
    fetched = sum(batch.pictures for batch in training_batches(training, 2))
    for part in (training.validation, run.test):
        fetched += len(predict_data(network, part, torch.arange(len(part.labels)), only_normalised))
    if fetched != len(splits.train.store):
        raise click.ClickException(f"{fetched} pictures were fetched, not all {len(splits.train.store)}.")
    return fetched, watch.peak()


@torch.no_grad()
def only_normalised(network: nn.Module, images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """What `predict` does with a batch, without the network: uint8 [N, H, W, 3] -> [N, 3]."""
    return normalise(images, mean, std).mean((2, 3))


def in_fresh_processes(root: Path, cache: Path) -> Memory:
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}

    def run(step: str) -> Any:
        command = [sys.executable, __file__, step, str(root)]
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
        return json.loads(done.stdout)

    decoding = Peak(**run("--decode"))
    count, peak = run("--read")
    return Memory(count, count * 32 * 32 * 3 / 1e6, decoding, Peak(**peak))


def show(found: list[Memory]) -> None:
    table = Table("pictures", "decoded (MB)", "RssAnon, decoding", "RssAnon, training", "RssFile, training", box=None)
    for m in found:
        figures = (m.data, m.decoding.anonymous, m.training.anonymous, m.training.file)
        table.add_row(f"{m.pictures:,}", *(f"{value:,.0f}" for value in figures))
    Console().print(table)


@click.command()
@click.option("--counts", default="50000,500000", show_default=True, help="Numbers of pictures.")
@click.option("--place", type=click.Path(path_type=Path), help="Where the pictures are written for the time being.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures here.")
@click.option("--decode", type=click.Path(path_type=Path), hidden=True)
@click.option("--read", type=click.Path(path_type=Path), hidden=True)
def main(counts: str, place: Path | None, json_file: Path | None, decode: Path | None, read: Path | None) -> None:
    """Measure the trainer's memory at growing numbers of pictures."""
    if decode is not None:
        click.echo(json.dumps(asdict(decode_as_a_run(decode))))
        return
    if read is not None:
        count, peak = read_as_a_run(read)
        click.echo(json.dumps([count, asdict(peak)]))
        return
    found = []
    for count in map(int, counts.split(",")):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            write_pictures(Path(folder) / "pictures", count)
            found.append(in_fresh_processes(Path(folder) / "pictures", Path(folder) / "cache"))
    show(found)
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(memory) for memory in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
