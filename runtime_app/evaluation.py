"""Accuracy of a classifier on a folder with one subfolder per class. Pure figures; the command and the window show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_app.errors import UserError
from runtime_app.imaging import list_by_subfolder
from runtime_app.pipeline import Failure, Outcome


@dataclass(frozen=True)
class ClassFigures:
    """recall: share of the class's pictures named so; precision: share of the pictures named so that are; None: no picture."""

    name: str
    n: int
    recall: float | None
    precision: float | None


@dataclass(frozen=True)
class Evaluation:
    """counts: int64 [K, K], rows true, columns predicted; failures: pictures that could not be read, not counted."""

    counts: NDArray[np.int64]
    classes: tuple[str, ...]
    failures: int

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float | None:
        return float(self.counts.trace() / self.n) if self.n else None

    def per_class(self) -> list[ClassFigures]:
        hits, true, predicted = self.counts.diagonal(), self.counts.sum(axis=1), self.counts.sum(axis=0)
        return [
            ClassFigures(
                name,
                int(true[k]),
                float(hits[k] / true[k]) if true[k] else None,
                float(hits[k] / predicted[k]) if predicted[k] else None,
            )
            for k, name in enumerate(self.classes)
        ]


def labelled_pictures(folder: Path, classes: tuple[str, ...]) -> dict[Path, int]:
    """Picture -> its class, by the name of the subfolder (case ignored).

    Subfolders without pictures say nothing, hidden ones (thumbnails, version control) are passed over. Raises UserError
    when there is no subfolder, when one with pictures is no class, or when none has pictures.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder.", "Name a folder with one subfolder of pictures per class.")
    known = {name.casefold(): k for k, name in enumerate(classes)}
    subfolders = {
        name: pictures
        for name, pictures in list_by_subfolder(folder).items()
        if name.casefold() in known or not name.startswith(".")
    }
    unknown = [name for name, pictures in subfolders.items() if pictures and name.casefold() not in known]
    if not subfolders or unknown:
        found = (
            f"has subfolders that are no class of the bundle ({', '.join(unknown)})" if unknown else "has no subfolders"
        )
        raise UserError(f"{folder} {found}.", f"Name the subfolders after the classes: {', '.join(classes)}.")
    labels = {path: known[name.casefold()] for name, pictures in subfolders.items() for path in pictures}
    if not labels:
        raise UserError(
            f"The subfolders of {folder} hold no pictures.", "Put the pictures of each class into its subfolder."
        )
    return labels


def tally(outcomes: Iterable[Outcome], labels: dict[Path, int], classes: tuple[str, ...]) -> Evaluation:
    true: list[int] = []
    predicted: list[int] = []
    failures = 0
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            failures += 1
        else:
            true.append(labels[outcome.path])
            predicted.append(int(outcome.probabilities.argmax()))
    counts = confusion_counts(np.array(true, dtype=np.int64), np.array(predicted, dtype=np.int64), len(classes))
    return Evaluation(counts, classes, failures)


def confusion_counts(true: NDArray[np.int64], predicted: NDArray[np.intp], classes: int) -> NDArray[np.int64]:
    """true, predicted: class indices [n] -> int64 [K, K], rows true, columns predicted."""
    return np.bincount(true * classes + predicted, minlength=classes * classes).reshape(classes, classes)
