"""How well the network does on a folder whose subfolders are class names: the figures of `evaluate`, and the mistakes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from runtime_app.evaluation import Evaluation, confusion_counts
from runtime_app.presenter.library import FAILED, NONE, SURE
from runtime_app.presenter.wording import percent

if TYPE_CHECKING:
    from runtime_app.presenter.library import Library
    from runtime_app.presenter.presenter import Presenter

Cell = tuple[int, int]  # a cell of the confusion matrix: true class, predicted class


@dataclass(frozen=True)
class Accuracy:
    """listed: library indices of the mistakes, or of the chosen cell's pictures, most confident first; waiting: pictures
    of a known class without a result yet."""

    evaluation: Evaluation
    listed: NDArray[np.intp]
    waiting: int
    title: str


def measure(library: "Library", labels: NDArray[np.int64], classes: tuple[str, ...], cell: Cell | None) -> Accuracy:
    """labels: int64 [n], the true class of each picture of the library, negative where unknown."""
    known = labels >= 0
    usable = known & (library.states >= SURE) & (library.states <= NONE)
    rows = np.flatnonzero(usable)
    predicted = library.probabilities[rows].argmax(axis=1) if len(rows) else np.zeros(0, dtype=np.intp)
    true = labels[rows]
    counts = confusion_counts(true, predicted, len(classes))
    failures = int((known & (library.states == FAILED)).sum())
    wrong = true != predicted
    wanted = wrong if cell is None else (true == cell[0]) & (predicted == cell[1])
    confidence = library.probabilities[rows[wanted], predicted[wanted]]
    listed = rows[wanted][np.argsort(-confidence, kind="stable")]
    waiting = int(known.sum()) - len(rows) - failures
    return Accuracy(Evaluation(counts, classes, failures), listed, waiting, _title(wrong, classes, cell))


def accuracy(p: "Presenter") -> Accuracy | None:
    """None when the true class of no picture is known."""
    if p.loaded is None:
        return None
    if not p.labelled:
        return None
    classes, cell = p.loaded.bundle.manifest.classes, p.cell
    return p.library.once(f"accuracy {cell}", lambda: measure(p.library, p.true_labels, classes, cell))


def headline(found: Accuracy) -> tuple[str, str]:
    """("76.7 %", "accuracy on 30 pictures, …")"""
    share = found.evaluation.accuracy
    parts = [f"accuracy on {_pictures(found.evaluation.n)}"]
    if found.evaluation.failures:
        parts.append(f"{found.evaluation.failures:,} could not be read")
    if found.waiting:
        parts.append(f"{found.waiting:,} still to classify")
    return ("\u2013" if share is None else f"{100 * share:.1f} %"), ", ".join(parts)


def cell_words(evaluation: Evaluation, cell: Cell) -> str:
    """ "3 of 12 pictures of cat (25 %) called dog" """
    count, total = int(evaluation.counts[cell]), int(evaluation.counts[cell[0]].sum())
    true, said = (evaluation.classes[k] for k in cell)
    return f"{count:,} of {_pictures(total)} of {true} ({percent(count / max(total, 1))} %) called {said}"


def _title(wrong: NDArray[np.bool_], classes: tuple[str, ...], cell: Cell | None) -> str:
    if cell is None:
        count = int(wrong.sum())
        return f"{count:,} mistake{'' if count == 1 else 's'}" + (", most confident first" if count > 1 else "")
    true, said = (classes[k] for k in cell)
    return f"{true}, recognised" if true == said else f"{true}, called {said}"


def _pictures(count: int) -> str:
    return f"{count:,} picture{'' if count == 1 else 's'}"
