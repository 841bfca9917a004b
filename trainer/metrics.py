"""Figures from logits and labels, and the CSV files that keep them."""

import csv
import io
from dataclasses import asdict, dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch import Tensor


@dataclass(frozen=True)
class EpochMetrics:
    """One row of metrics.csv. Accuracies are fractions; losses are mean cross-entropy in nats; seconds, wall time."""

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
    """One row of per_class.csv; support is the number of test pictures of the class."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def loss_and_accuracy(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """logits: float [N, K]; labels: int64 [N] -> (mean cross-entropy in nats, accuracy as a fraction)."""
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(1) == labels).double().mean().item()


def accuracy_interval(hits: int, count: int) -> tuple[float, float]:
    """95% confidence interval of an accuracy (Wilson score interval), as fractions."""
    interval = binomtest(hits, count).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def expected_calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017, eq. 3), equal-width bins of the highest probability.

    probabilities: float [n, classes], rows sum to 1; labels: int64 [n]; returns a float in [0, 1].
    """
    confidence = probabilities.max(axis=1)
    hit = probabilities.argmax(axis=1) == labels
    gaps = np.bincount(bin_of(confidence, bins), weights=hit - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def bin_of(confidence: NDArray[np.floating], bins: int) -> NDArray[np.int64]:
    """The bin of each, from 0: equal widths, each with its upper edge, the lowest with 0 too."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def confusion(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """int64 [classes, classes]: rows are the true classes, columns the predicted ones."""
    return confusion_matrix(labels, predicted, labels=range(classes))


def per_class(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: tuple[str, ...]) -> list[ClassMetrics]:
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=range(len(classes)), zero_division=0
    )
    return [
        ClassMetrics(name, float(p), float(r), float(f), int(n))
        for name, p, r, f, n in zip(classes, precision, recall, f1, support, strict=True)
    ]


def to_csv(kind: type, rows: list) -> bytes:
    """Rows of one dataclass as CSV with a header; floats with nine significant digits."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(kind)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:.9g}" if isinstance(v, float) else v for k, v in asdict(row).items()})
    return text.getvalue().encode()
