"""Training curves and the confusion matrix as PNG files."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from trainer.files import write_atomically
from trainer.metrics import EpochMetrics

ACCENT, QUIET = "#1f5fa8", "#9aa3ad"
plt.rcdefaults()  # a matplotlibrc of the user's own would give other bytes
plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 130})


def save_figure(path: Path, figure: Figure) -> None:
    """Write the PNG atomically and without a date or program name, so that the same figure gives the same bytes."""
    write_atomically(
        path,
        lambda temporary: figure.savefig(temporary, format="png", metadata={"Software": None}, bbox_inches="tight"),
    )
    plt.close(figure)


def plot_curves(path: Path, rows: list[EpochMetrics], best_epoch: int) -> None:
    """Loss, accuracy and learning rate by epoch; the chosen epoch is marked."""
    epochs = [row.epoch for row in rows]
    figure, (loss, accuracy, rate) = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
    loss.plot(epochs, [row.train_loss for row in rows], color=QUIET, label="training (augmented)")
    loss.plot(epochs, [row.val_loss for row in rows], color=ACCENT, label="validation")
    loss.set(title="cross-entropy (nats)", xlabel="epoch")
    accuracy.plot(epochs, [row.train_acc for row in rows], color=QUIET, label="training (augmented)")
    accuracy.plot(epochs, [row.val_acc for row in rows], color=ACCENT, label="validation")
    accuracy.axvline(best_epoch, color=ACCENT, linestyle=":", linewidth=1, label=f"chosen: epoch {best_epoch}")
    accuracy.set(title="accuracy", xlabel="epoch")
    accuracy.legend(frameon=False, loc="lower right")
    rate.plot(epochs, [row.lr for row in rows], color=ACCENT)
    rate.set(title="learning rate at the start of the epoch", xlabel="epoch", yscale="log")
    for axes in (loss, accuracy, rate):
        axes.xaxis.get_major_locator().set_params(integer=True)
        for line in axes.get_lines()[:2] if len(rows) == 1 else ():
            line.set_marker("o")  # a line through one point would show nothing
    save_figure(path, figure)


def plot_confusion(path: Path, counts: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    """counts: int64 [K, K], rows true, columns predicted; cells show the percentage of their row above the count."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = 2.2 + 0.42 * len(classes)
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    axes.imshow(shares, vmin=0, vmax=1, cmap="viridis")
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(
        xlabel="predicted", ylabel="true", title=f"{int(counts.sum()):,} test pictures: percent of each row, count"
    )
    axes.spines[:].set_visible(False)
    if len(classes) <= 30:
        for (row, column), share in np.ndenumerate(shares):
            if counts[row, column]:
                ink = "black" if share > 0.6 else "white"
                text = f"{100 * share:.1f}\n{counts[row, column]}"
                axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=6)
    save_figure(path, figure)
