"""What a finished run leaves for people: figures on the test pictures, plots, summary."""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch

from runtime_app.errors import UserError
from trainer.checkpoint import load_best
from trainer.engine import DeviceData, predict_averaged, predict_data
from trainer.files import write_bytes_atomically
from trainer.metrics import (
    ClassMetrics,
    EpochMetrics,
    accuracy_interval,
    confusion,
    expected_calibration_error,
    loss_and_accuracy,
    per_class,
    to_csv,
)
from trainer.plots import plot_confusion, plot_curves


@dataclass(frozen=True)
class Summary:
    """The content of summary.json. Accuracies are fractions; test pictures were looked at once, after the last epoch.

    test_accuracy_interval: 95%, Wilson; test_accuracy_averaged: over shifted and mirrored views;
    expected_calibration_error: 15 bins, before any temperature; training_seconds: without evaluation;
    peak_memory_mb: of the last process that worked on the run, megabytes of RAM, on a GPU of its memory.
    """

    epochs: int
    best_epoch: int
    validation_accuracy: float
    validation_loss: float
    test_accuracy: float
    test_accuracy_interval: tuple[float, float]
    test_accuracy_averaged: float
    test_loss: float
    test_count: int
    expected_calibration_error: float
    training_seconds: float
    images_per_second: float
    peak_memory_mb: float
    machine: str


def best_row(rows: list[EpochMetrics]) -> EpochMetrics:
    """Highest validation accuracy; ties go to the lower loss, then to the earlier epoch."""
    return max(rows, key=lambda row: (row.val_acc, -row.val_loss, -row.epoch))


def read_finished(folder: Path) -> dict[str, Any] | None:
    """summary.json of a finished run, or None. Raises UserError when it is damaged."""
    path = folder / "summary.json"
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is damaged ({error}).", "Restore it from a copy, or delete it.") from error


def write_results(
    folder: Path, rows: list[EpochMetrics], test: DeviceData, classes: tuple[str, ...], *, flip: bool, machine: str
) -> Summary:
    """Load the best weights, measure them on the test pictures, write per_class.csv, the plots and summary.json."""
    device = test.labels.device
    network = load_best(folder / "best.pt").network.to(device).to(memory_format=torch.channels_last)
    everything = torch.arange(len(test.labels), device=device)
    logits = predict_data(network, test, everything)
    averaged = predict_data(network, test, everything, lambda *inputs: predict_averaged(*inputs, flip=flip))
    loss, accuracy = loss_and_accuracy(logits, test.labels)
    labels, predicted = test.labels.cpu().numpy(), logits.argmax(1).cpu().numpy()
    best = best_row(rows)
    write_bytes_atomically(folder / "per_class.csv", to_csv(ClassMetrics, per_class(labels, predicted, classes)))
    plot_curves(folder / "curves.png", rows, best.epoch)
    plot_confusion(folder / "confusion.png", confusion(labels, predicted, len(classes)), classes)
    summary = Summary(
        epochs=len(rows),
        best_epoch=best.epoch,
        validation_accuracy=best.val_acc,
        validation_loss=best.val_loss,
        test_accuracy=accuracy,
        test_accuracy_interval=accuracy_interval(int((labels == predicted).sum()), len(labels)),
        test_accuracy_averaged=loss_and_accuracy(averaged, test.labels)[1],
        test_loss=loss,
        test_count=len(labels),
        expected_calibration_error=expected_calibration_error(logits.softmax(1).cpu().numpy(), labels),
        training_seconds=round(sum(row.seconds for row in rows), 1),
        images_per_second=round(_images_per_second(rows), 1),
        peak_memory_mb=round(peak_memory(device) / 1e6, 1),
        machine=machine,
    )
    write_bytes_atomically(folder / "summary.json", json.dumps(asdict(summary), indent=2).encode() + b"\n")
    return summary


def _images_per_second(rows: list[EpochMetrics]) -> float:
    """Of the whole training: an epoch that took longer weighs more."""
    return sum(row.images_per_second * row.seconds for row in rows) / max(sum(row.seconds for row in rows), 1e-9)


def peak_memory(device: torch.device) -> float:
    """The most memory that this process has held, in bytes: on a GPU its own, otherwise resident RAM (0 on Windows)."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): kilobytes on Linux, bytes on macOS
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
