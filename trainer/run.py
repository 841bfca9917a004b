"""A run folder: made, filled epoch by epoch, gone on with, and finished with a summary."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from runtime_app.errors import UserError
from trainer.checkpoint import Checkpoint, load_best, load_last, save_best, save_last
from trainer.config import RunRecord, encode_record, read_record
from trainer.data import Splits, channel_statistics
from trainer.engine import DeviceData, Training, predict, predict_averaged, run_epoch
from trainer.files import write_bytes_atomically
from trainer.metrics import ClassMetrics, EpochMetrics, confusion, loss_and_accuracy, per_class, to_csv
from trainer.plots import plot_confusion, plot_curves
from trainer.progress import EpochProgress


@dataclass(frozen=True)
class Summary:
    """The content of summary.json. Accuracies are fractions; test pictures were looked at once, after the last epoch."""

    epochs: int
    best_epoch: int
    validation_accuracy: float
    validation_loss: float
    test_accuracy: float
    test_accuracy_averaged: float
    test_loss: float
    test_count: int
    training_seconds: float
    machine: str


@dataclass(frozen=True)
class Run:
    """A run in progress. mean, std: per channel, units of full scale."""

    folder: Path
    record: RunRecord
    training: Training
    test: DeviceData
    statistics: tuple[tuple[float, ...], tuple[float, ...]]

    @property
    def epochs(self) -> int:
        return self.record.config.epochs


def to_device(splits: Splits, device: torch.device) -> tuple[DeviceData, DeviceData, DeviceData, tuple]:
    """(train, validation, test, statistics) with all pictures on the device as uint8."""
    statistics = channel_statistics(splits.train.images)
    mean, std = (torch.tensor(values, device=device) for values in statistics)

    def move(pictures: Any) -> DeviceData:
        images, labels = torch.from_numpy(pictures.images), torch.from_numpy(pictures.labels)
        return DeviceData(images.to(device), labels.to(device), mean, std)

    return move(splits.train), move(splits.validation), move(splits.test), statistics


def fit(run: Run, progress: EpochProgress, *, resume: bool = False) -> Summary:
    """Train to the last epoch, then look at the test pictures once. Every epoch ends with files that can be resumed."""
    rows = _restore(run) if resume else []
    if not resume:
        _save_last(run, rows)
    for epoch in range(len(rows) + 1, run.epochs + 1):
        with progress.epoch(epoch, len(run.training.train.labels)) as on_batch:
            try:
                row = run_epoch(run.training, epoch, on_batch)
            except torch.cuda.OutOfMemoryError as error:
                raise _out_of_memory(run) from error
        rows.append(row)
        improved = best_row(rows) is row
        if improved:
            save_best(run.folder / "best.pt", _checkpoint(run, row))
        write_bytes_atomically(run.folder / "metrics.csv", to_csv(EpochMetrics, rows))
        _save_last(run, rows)
        progress.report(row, improved)
    return _finish(run, rows)


def best_row(rows: list[EpochMetrics]) -> EpochMetrics:
    """Highest validation accuracy; ties go to the lower loss, then to the earlier epoch."""
    return max(rows, key=lambda row: (row.val_acc, -row.val_loss, -row.epoch))


def read_finished(folder: Path) -> dict[str, Any] | None:
    """summary.json of a finished run, or None."""
    path = folder / "summary.json"
    return json.loads(path.read_text()) if path.is_file() else None


def check_resumable(folder: Path, epochs: int | None) -> RunRecord:
    """config.json of the run with `epochs` put in, when it grows. Raises UserError when it cannot go on."""
    record = read_record(folder / "config.json")
    if epochs is None or epochs == record.config.epochs:
        return record
    if epochs < record.config.epochs:
        raise UserError(
            f"{folder} was started with {record.config.epochs} epochs; {epochs} are fewer.", "--epochs may only grow."
        )
    if record.config.recipe == "fast":
        raise UserError(
            "The fast recipe's learning rate is planned for a fixed number of epochs and cannot grow.",
            "Start a new run with --init-from and this run's best.pt, or use the baseline recipe.",
        )
    record = replace(record, config=replace(record.config, epochs=epochs))
    write_bytes_atomically(folder / "config.json", encode_record(record))
    (folder / "summary.json").unlink(missing_ok=True)
    return record


def _restore(run: Run) -> list[EpochMetrics]:
    training = run.training
    parts = {"optimizer": training.optimizer, "scheduler": training.scheduler}
    progress = load_last(run.folder / "last.pt", training.network, parts, training.generator)
    return [EpochMetrics(**row) for row in progress["rows"]]


def _save_last(run: Run, rows: list[EpochMetrics]) -> None:
    training = run.training
    parts = {"optimizer": training.optimizer, "scheduler": training.scheduler}
    progress = {"epoch": len(rows), "rows": [asdict(row) for row in rows]}
    save_last(run.folder / "last.pt", training.network, parts, training.generator, progress)


def _checkpoint(run: Run, row: EpochMetrics) -> Checkpoint:
    mean, std = run.statistics
    config, provenance = run.record.config, run.record.provenance
    return Checkpoint(
        run.training.network, provenance.classes, mean, std, config.image_size, row.epoch, row.val_acc
    )


def _finish(run: Run, rows: list[EpochMetrics]) -> Summary:
    """Load the best weights, measure them on the test pictures, and write what people read."""
    classes, test, device = run.record.provenance.classes, run.test, run.test.images.device
    network = load_best(run.folder / "best.pt").network.to(device, memory_format=torch.channels_last)
    logits = predict(network, test.images, test.mean, test.std)
    averaged = predict_averaged(network, test.images, test.mean, test.std, flip=run.record.config.flip)
    best = best_row(rows)
    loss, accuracy = loss_and_accuracy(logits, test.labels)
    labels, predicted = test.labels.cpu().numpy(), logits.argmax(1).cpu().numpy()
    table = per_class(labels, predicted, classes)
    write_bytes_atomically(run.folder / "per_class.csv", to_csv(ClassMetrics, table))
    plot_curves(run.folder / "curves.png", rows, best.epoch)
    plot_confusion(run.folder / "confusion.png", confusion(labels, predicted, len(classes)), classes)
    summary = Summary(
        epochs=len(rows),
        best_epoch=best.epoch,
        validation_accuracy=best.val_acc,
        validation_loss=best.val_loss,
        test_accuracy=accuracy,
        test_accuracy_averaged=loss_and_accuracy(averaged, test.labels)[1],
        test_loss=loss,
        test_count=len(labels),
        training_seconds=round(sum(row.seconds for row in rows), 1),
        machine=run.record.provenance.machine,
    )
    write_bytes_atomically(run.folder / "summary.json", json.dumps(asdict(summary), indent=2).encode() + b"\n")
    return summary


def _out_of_memory(run: Run) -> UserError:
    half = max(1, run.training.batch_size // 2)
    return UserError(
        f"The GPU's memory is too small for batches of {run.training.batch_size}.", f"Try --batch-size {half}.", exit_status=1
    )
