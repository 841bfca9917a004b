"""How fast the trainer is, against its bound and against the loop that people write.

python benchmarks/training.py [--batches 20] [--rounds 3] [--batch-size 128] [--recipe baseline] [--device auto] [--json FILE]

(a) the bound: forward, backward and step on one fixed batch that already lies on the device;
(b) the trainer's real loop: order, augmentation, normalisation and the same step;
(c) the plain loop: torchvision transforms on PIL images, DataLoader with num_workers=0, and the same step.

Network, batch size, precision and memory format are the same in all three. The rounds alternate between them, so that
a machine that slows down slows all three, and the median round counts. Pictures are generated; their content changes no speed.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from trainer.config import RECIPES, TrainConfig
from trainer.data import Pictures, Splits
from trainer.engine import Batch, Training, train_one_epoch, training_batches
from trainer.provenance import library_versions, machine_name
from trainer.recipes import load_recipe
from trainer.setup import build_network, choose_device, choose_precision, describe, make_reproducible, prepare_run


@dataclass(frozen=True)
class Speed:
    """name: which loop; images_per_second: of the median round; rounds: of each."""

    name: str
    images_per_second: float
    rounds: list[float]


class PlainDataset(Dataset[tuple[torch.Tensor, int]]):
    """What most tutorials do: one PIL image at a time through torchvision's transforms."""

    def __init__(self, pictures: Pictures, mean: tuple[float, ...], std: tuple[float, ...], shift: int) -> None:
        self._images, self._labels = pictures.images, pictures.labels
        self._transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=shift),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        )

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, position: int) -> tuple[torch.Tensor, int]:
        return self._transform(Image.fromarray(self._images[position])), int(self._labels[position])


def generated(count: int) -> Splits:
    """Noise in CIFAR-10's size."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    pictures = Pictures(images, random.integers(0, 10, count))
    few = pictures.take(np.arange(10))
    return Splits("generated", tuple("0123456789"), pictures, few, few, "", "noise")


def fixed_batch(training: Training) -> Iterator[Batch]:
    """(a) The same tensors every time."""
    batch = next(training_batches(training, 1))
    while True:
        yield batch


def real_batches(training: Training) -> Iterator[Batch]:
    """(b) Epoch after epoch of the trainer's own."""
    epoch = 1
    while True:
        yield from (batch for batch in training_batches(training, epoch) if len(batch.labels) == training.batch_size)
        epoch += 1


def plain_batches(training: Training, dataset: PlainDataset) -> Iterator[Batch]:
    """(c) Epoch after epoch of a DataLoader, every batch sent to the device when it is needed."""
    loader = DataLoader(dataset, batch_size=training.batch_size, shuffle=True, num_workers=0, drop_last=True)
    device = training.train.labels.device
    while True:
        for images, labels in loader:
            images = images.to(device).contiguous(memory_format=torch.channels_last)
            yield Batch(images, labels.to(device), len(labels))


def images_per_second(training: Training, batches: Iterable[Batch], count: int) -> float:
    """Train on `count` batches; the clock stops when the device has finished, as the losses are read at the end."""
    started = time.perf_counter()
    train_one_epoch(training, islice(batches, count), 1, lambda pictures: None)
    return count * training.batch_size / (time.perf_counter() - started)


def measure(training: Training, statistics_: tuple, splits: Splits, batches: int, rounds: int) -> list[Speed]:
    shift = training.recipe.augmentation.shift
    loops: dict[str, Iterator[Batch]] = {
        "a: bound, one fixed batch": fixed_batch(training),
        "b: the trainer's loop": real_batches(training),
        "c: plain DataLoader loop": plain_batches(training, PlainDataset(splits.train, *statistics_, shift)),  # type: ignore[call-arg]
    }
    for loop in loops.values():
        images_per_second(training, loop, 2)  # warms up caches and kernels
    speeds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(rounds):
        for name, loop in loops.items():
            speeds[name].append(images_per_second(training, loop, batches))
    return [Speed(name, statistics.median(found), found) for name, found in speeds.items()]


def prepare(recipe_name: str, batch_size: int, device: str, batches: int) -> tuple[Training, tuple, Splits]:
    splits = generated(batch_size * max(batches, 8))
    where = choose_device(device)
    precision = choose_precision(where)
    config = TrainConfig(recipe=recipe_name, batch_size=batch_size, device=str(where), precision=precision, epochs=1000)
    make_reproducible(config)
    recipe = load_recipe(recipe_name)
    network = build_network(config, recipe, tuple("0123456789"))
    run = prepare_run(Path("unused"), describe(config, splits, network), splits, network)
    return run.training, run.statistics, splits


@click.command()
@click.option("--batches", default=20, show_default=True, help="Steps per round.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--batch-size", default=128, show_default=True)
@click.option("--recipe", type=click.Choice(RECIPES), default="baseline", show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--note", default="", help="What a reader must know, such as what else ran on the machine.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures here.")
def main(
    batches: int, rounds: int, batch_size: int, recipe: str, device: str, note: str, json_file: Path | None
) -> None:
    """Compare the trainer's loop with its bound and with the plain loop."""
    training, statistics_, splits = prepare(recipe, batch_size, device, batches)
    speeds = measure(training, statistics_, splits, batches, rounds)
    bound, real, plain = (speed.images_per_second for speed in speeds)
    machine = machine_name(training.train.labels.device)
    table = Table("loop", "images/s", "of the bound", title=f"{machine}, batches of {batch_size}. {note}".strip())
    for speed in speeds:
        table.add_row(speed.name, f"{speed.images_per_second:.0f}", f"{speed.images_per_second / bound:.3f}")
    Console().print(table)
    Console().print(f"b / a = {real / bound:.3f}, b / c = {real / plain:.2f}")
    if json_file is not None:
        found = {
            "machine": machine,
            "note": note,
            "recipe": recipe,
            "batch_size": batch_size,
            "batches": batches,
            "versions": library_versions(),
            "b_of_a": real / bound,
            "b_of_c": real / plain,
            "loops": [asdict(speed) for speed in speeds],
        }
        json_file.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
