"""Figures from logits and labels, and the CSV files that keep them."""

import csv
import io
from dataclasses import asdict, dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch import Tensor


@dataclass(frozen=True)
class EpochMetrics:
    """One row of metrics.csv. Accuracies are fractions; losses are mean cross-entropy in nats; seconds are wall time."""

    epoch: int
    train_loss: float
    train_acc: float
    val_loss: float
    val_acc: float
    lr: float
    seconds: float
    images_per_second: float


@dataclass(frozen=True)
class ClassMetrics:
    """One row of per_class.csv."""

    name: str
    count: int
    accuracy: float
    precision: float
    f1: float


def loss_and_accuracy(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """logits: float [N, K]; labels: int64 [N] -> (mean cross-entropy in nats, accuracy as a fraction)."""
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(1) == labels).double().mean().item()


def confusion(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """int64 [classes, classes]: rows are the true classes, columns the predicted ones."""
    return confusion_matrix(labels, predicted, labels=range(classes))


def per_class(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: tuple[str, ...]
) -> list[ClassMetrics]:
    precision, recall, f1, count = precision_recall_fscore_support(
        labels, predicted, labels=range(len(classes)), zero_division=0
    )
    return [
        ClassMetrics(name, int(n), float(r), float(p), float(f))
        for name, n, r, p, f in zip(classes, count, recall, precision, f1, strict=True)
    ]


def to_csv(kind: type, rows: list) -> bytes:
    """Rows of one dataclass as CSV with a header; floats with nine significant digits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(kind)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:.9g}" if isinstance(v, float) else v for k, v in asdict(row).items()})
    return text.getvalue().encode()
