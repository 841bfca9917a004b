"""Training curves and the confusion matrix as PNG files."""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font
from numpy.typing import NDArray

from trainer.files import write_atomically
from trainer.metrics import EpochMetrics

ACCENT, QUIET = "#1f5fa8", "#9aa3ad"
plt.rcdefaults()  # a matplotlibrc of the user's own would give other bytes
plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 130})
# Memory grows with the square of a figure's side, time with the number of its texts.
_LONGEST_SIDE = 20.0
_NUMBERS_UP_TO, _NAMES_UP_TO = 30, 100
_LONGEST_NAME = 24


def save_figure(path: Path, figure: Figure) -> None:
    """Write the PNG atomically and without a date or program name, so that the same figure gives the same bytes."""
    try:
        with warnings.catch_warnings():
            # One font draws the same on every machine; a name in a script that it lacks is drawn as boxes.
            warnings.filterwarnings("ignore", r"(?s)Glyph .* missing from font|Matplotlib currently does not support")
            write_atomically(
                path,
                lambda temporary: figure.savefig(
                    temporary, format="png", metadata={"Software": None}, bbox_inches="tight"
                ),
            )
    finally:
        plt.close(figure)


def shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def names_in_plot(classes: Sequence[str], longest: int = _LONGEST_NAME) -> list[str]:
    """The classes' names as they fit beside a plot, no two of them alike, or their numbers where the plots' font lacks
    their characters: boxes are all alike. Draw them with parse_math=False: their dollar signs are no formula.

    Of long names that begin alike the middle is left out, or else what they share, or else they are numbered.
    """
    names = [shortened(name, longest) for name in classes]
    for way in (_without_middle, _from_the_difference, _numbered):
        alike: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            alike.setdefault(name, []).append(index)
        for indices in alike.values():
            shared = _shared([classes[index] for index in indices])
            for index in indices if len(indices) > 1 else ():
                names[index] = way(index, classes[index], longest, shared)
    return [
        name if all(ord(character) in _characters() for character in name) else f"class {index}"
        for index, name in enumerate(names)
    ]


def _shared(names: Sequence[str]) -> int:
    """How many letters all of the names begin with."""
    letters = list(zip(*names, strict=False))
    return next((place for place, found in enumerate(letters) if len(set(found)) > 1), len(letters))


def _without_middle(index: int, name: str, longest: int, shared: int) -> str:
    end = longest * 2 // 5
    return name if len(name) <= longest else f"{name[: longest - end - 1]}…{name[-end:]}"


def _from_the_difference(index: int, name: str, longest: int, shared: int) -> str:
    start = min(longest // 3, shared)
    return name if len(name) <= longest else f"{name[:start]}…{shortened(name[shared:], longest - start - 1)}"


def _numbered(index: int, name: str, longest: int, shared: int) -> str:
    return shortened(f"{index}: {name}", longest)


@cache
def _characters() -> frozenset[int]:
    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())


def plot_curves(path: Path, rows: list[EpochMetrics], best_epoch: int) -> None:
    """Loss, accuracy and learning rate by epoch; the chosen epoch is marked."""
    epochs = [row.epoch for row in rows]
    figure, (loss, accuracy, rate) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    loss.plot(epochs, [row.train_loss for row in rows], color=QUIET, label="training (augmented)")
    loss.plot(epochs, [row.val_loss for row in rows], color=ACCENT, label="validation")
    loss.set(title="cross-entropy (nats)", xlabel="epoch")
    accuracy.plot(epochs, [row.train_acc for row in rows], color=QUIET, label="training (augmented)")
    accuracy.plot(epochs, [row.val_acc for row in rows], color=ACCENT, label="validation")
    accuracy.axvline(best_epoch, color=ACCENT, linestyle=":", linewidth=1, label=f"chosen: epoch {best_epoch}")
    accuracy.set(title="accuracy", xlabel="epoch")
    # Below the plots: within them, the line of a late epoch would run through it.
    handles, labels = accuracy.get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=3)
    rate.plot(epochs, [row.lr for row in rows], color=ACCENT)
    rate.set(title="learning rate at the start of the epoch", xlabel="epoch", yscale="log")
    for axes in (loss, accuracy, rate):
        axes.xaxis.get_major_locator().set_params(integer=True)
        for line in axes.get_lines()[:2] if len(rows) == 1 else ():
            line.set_marker("o")  # a line through one point would show nothing
    save_figure(path, figure)


def plot_confusion(path: Path, counts: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    """counts: int64 [K, K], rows true, columns predicted; cells show the percentage of their row above the count.

    Many classes stand closer together: without numbers in the cells, and then without names.
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(2.2 + 0.42 * len(classes), _LONGEST_SIDE)
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    axes.imshow(shares, vmin=0, vmax=1, cmap="viridis")
    axes.set(xlabel="predicted", ylabel="true")
    axes.spines[:].set_visible(False)
    if len(classes) <= _NAMES_UP_TO:
        names = names_in_plot(classes)
        axes.set_xticks(range(len(classes)), names, rotation=45, ha="right", parse_math=False)
        axes.set_yticks(range(len(classes)), names, parse_math=False)
    else:
        axes.set(xlabel="predicted (the class's number, from 0)", ylabel="true (the class's number, from 0)")
    pictures = f"{int(counts.sum()):,} test pictures"
    if len(classes) <= _NUMBERS_UP_TO:
        axes.set_title(f"{pictures}: percent of each row, count")
        _write_numbers(axes, counts, shares)
    else:
        axes.set_title(f"{pictures}: share of each row, from 0 (dark) to 1 (bright)")
    save_figure(path, figure)


def _write_numbers(axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64]) -> None:
    for (row, column), share in np.ndenumerate(shares):
        if counts[row, column]:
            ink = "black" if share > 0.6 else "white"
            text = f"{100 * share:.1f}\n{counts[row, column]}"
            axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=6)
