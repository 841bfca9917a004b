"""How long an answer takes, end to end: uint8 pixels in, probabilities out, on the CPU.

python benchmarks/latency.py [--checkpoint FILE.pt] [--bundle BUNDLE] [--rounds 15] [--threads N] [--json FILE]

(a) torch eager: the checkpoint's network in eval mode, channels_last, under inference_mode;
(b) torch.compile of the same module, compiled for each batch size;
(c) and (d) the app's own classifier on the bundle's fp32 and int8 models, which also compute the evidence maps.

All have the same number of threads and the same pictures. The rounds alternate between them (a b c d a b c d ...), so that a
machine that slows down slows all of them, and the median round counts. Ratios are what to read; milliseconds are this machine's.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from exporter.out_of_class import random_crops  # noqa: E402
from runtime_app.bundle import open_bundle  # noqa: E402
from runtime_app.classifier import Classifier  # noqa: E402
from runtime_app.imaging import open_picture  # noqa: E402
from runtime_app.terminal import run  # noqa: E402
from trainer.augment import normalise  # noqa: E402
from trainer.checkpoint import Checkpoint, load_best  # noqa: E402
from trainer.provenance import library_versions, machine_name  # noqa: E402

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8 [n, H, W, 3] -> probabilities float32 [n, K]"""

EAGER, COMPILED = "torch eager", "torch.compile"
GOAL = 2.5
_SECONDS_PER_TURN = 0.1
# The same answer, or the comparison means nothing; int8 rounds weights and activations, so its percentages move a little.
_ALLOWED = {EAGER: 0.0, COMPILED: 1e-4, "onnxruntime fp32": 1e-4, "onnxruntime int8": 0.5}


@dataclass(frozen=True)
class Latency:
    """milliseconds: of one call with `batch` pictures, the median of the rounds; rounds: the median call of each, in ms;
    times_faster: than torch eager at this batch size."""

    name: str
    batch: int
    milliseconds: float
    times_faster: float
    rounds: list[float]


class Whole(nn.Module):
    """What a PyTorch program would run: pixels -> normalise -> network -> calibrated probabilities."""

    mean: Tensor
    std: Tensor

    def __init__(self, checkpoint: Checkpoint, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = checkpoint.network, temperature
        self.register_buffer("mean", torch.tensor(checkpoint.mean))
        self.register_buffer("std", torch.tensor(checkpoint.std))

    def forward(self, image: Tensor) -> Tensor:
        """uint8 [N, H, W, 3] -> float32 [N, K]"""
        return torch.softmax(self.network(normalise(image, self.mean, self.std)) / self.temperature, 1)


def with_torch(module: Callable[[Tensor], Tensor]) -> Answer:
    def answer(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return module(torch.from_numpy(images)).numpy()

    return answer


def contestants(checkpoint: Path, bundle_path: Path, threads: int) -> dict[str, Answer]:
    """Name -> what answers, in the order of the table."""
    bundle = open_bundle(bundle_path)
    module = Whole(load_best(checkpoint), bundle.manifest.calibration.temperature).eval()
    module = module.to(memory_format=torch.channels_last)
    found = {EAGER: with_torch(module), COMPILED: with_torch(torch.compile(module, dynamic=False))}
    for variant in bundle.manifest.variants:
        if variant.precision != "fp16":  # made for CUDA
            classifier = Classifier(bundle, device="cpu", precision=variant.precision, threads=threads)
            found[f"onnxruntime {variant.precision}"] = _probabilities(classifier)
    return found


def _probabilities(classifier: Classifier) -> Answer:
    return lambda images: classifier.predict(images).probabilities


def require_agreement(answers: dict[str, Answer], images: NDArray[np.uint8]) -> None:
    """Compiles what is compiled, warms everything up, and fails when someone answers something else."""
    expected = answers[EAGER](images)
    for name, answer in answers.items():
        for _ in range(2):
            difference = float(np.abs(answer(images) - expected).max())
        if not difference <= _ALLOWED[name]:
            raise click.ClickException(f"{name} answers something else than torch (by {difference:.3g}).")


def photographs() -> list[Image.Image]:
    """Those that the tests use; on noise int8 may say anything."""
    return [open_picture(path) for path in sorted((ROOT / "tests" / "pictures").glob("*.jpg"))]


def median_call(answer: Answer, images: NDArray[np.uint8]) -> float:
    """Milliseconds of the median call within a turn. The first call, which finds the other's threads and caches, is left out."""
    answer(images)
    times: list[float] = []
    until = time.perf_counter() + _SECONDS_PER_TURN
    while len(times) < 3 or time.perf_counter() < until:
        started = time.perf_counter()
        answer(images)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def measure(answers: dict[str, Answer], images: NDArray[np.uint8], rounds: int) -> list[Latency]:
    require_agreement(answers, images)
    found: dict[str, list[float]] = {name: [] for name in answers}
    for _ in range(rounds):
        for name, answer in answers.items():
            found[name].append(median_call(answer, images))
    eager = statistics.median(found[EAGER])
    medians = {name: statistics.median(turns) for name, turns in found.items()}
    return [Latency(name, len(images), medians[name], eager / medians[name], found[name]) for name in answers]


def show(latencies: list[Latency], title: str) -> None:
    batches = sorted({latency.batch for latency in latencies})
    table = Table("", *(f"batch of {batch}" for batch in batches), title=title, box=None)
    for name in dict.fromkeys(latency.name for latency in latencies):
        row = {latency.batch: latency for latency in latencies if latency.name == name}
        table.add_row(name, *(f"{row[b].milliseconds:.2f} ms, {row[b].times_faster:.2f}" for b in batches))
    Console().print(table)


@click.command()
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    default=ROOT / "artifacts" / "checkpoints" / "cifarnet-cifar10" / "best.pt",
)
@click.option("--bundle", type=click.Path(path_type=Path), default=ROOT / "artifacts" / "bundles" / "cifarnet-cifar10")
@click.option("--rounds", default=15, show_default=True)
@click.option("--threads", default=os.cpu_count() or 1, show_default=True, help="Of each of them.")
@click.option("--note", default="", help="What a reader must know, such as what else ran on the machine.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures here.")
def main(checkpoint: Path, bundle: Path, rounds: int, threads: int, note: str, json_file: Path | None) -> None:
    """Compare PyTorch with the app at batches of 1, 8 and 64."""
    torch.set_num_threads(threads)
    answers = contestants(checkpoint, bundle, threads)
    size = load_best(checkpoint).image_size
    pictures = random_crops(photographs(), 64, size, np.random.default_rng(0), least=0.5)
    latencies: list[Latency] = []
    for batch in (1, 8, 64):
        latencies += measure(answers, pictures[:batch].copy(), rounds)
    machine = machine_name(torch.device("cpu"))
    show(latencies, f"{machine}: time of a call, times faster than torch eager. {note}".strip())
    (single,) = (found.times_faster for found in latencies if (found.name, found.batch) == ("onnxruntime fp32", 1))
    Console().print(f"onnxruntime fp32 at batch 1: {single:.2f} times faster than torch eager (goal {GOAL})")
    if json_file is not None:
        content = {
            "machine": machine,
            "note": note,
            "threads": threads,
            "versions": library_versions(("torch", "onnxruntime", "onnxruntime-gpu", "numpy")),
            "fp32_batch_1_times_faster": single,
            "latencies": [asdict(latency) for latency in latencies],
        }
        json_file.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    run(main, "benchmarks/latency.py")
