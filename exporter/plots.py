"""The exporter's own figure, in the style of the trainer's."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from exporter.calibrate import ReliabilityBin
from exporter.evaluation import Evaluation
from trainer.plots import ACCENT, QUIET, save_figure

# Bars of so small a share of all pictures, or of so few, are drawn pale: their height is chance.
_FEW_SHARE, _FEW, _PALE = 0.01, 10, 0.12


def plot_reliability(path: Path, evaluation: Evaluation) -> None:
    """Accuracy against confidence on the test pictures, before and after the temperature, with the bins' shares below."""
    figure, axes = plt.subplots(
        2, 2, figsize=(8, 4.6), height_ratios=(3, 1), sharex=True, sharey="row", layout="constrained"
    )
    before, after = evaluation.before.test.ece, evaluation.metrics.test.ece
    titles = (
        f"before: calibration error {100 * before:.2f}%",
        f"after (temperature {evaluation.temperature:.3f}): {100 * after:.2f}%",
    )
    for column, bins in enumerate((evaluation.reliability_before, evaluation.reliability_after)):
        _draw_accuracy(axes[0][column], bins, titles[column])
        _draw_shares(axes[1][column], bins)
    axes[0][0].set_ylabel("accuracy")
    handles, labels = axes[0][0].get_legend_handles_labels()
    if any(
        _is_few(part, bins) for bins in (evaluation.reliability_before, evaluation.reliability_after) for part in bins
    ):
        handles.append(Patch(color=ACCENT, alpha=_PALE, linewidth=0))
        few = f"{100 * _FEW_SHARE:.0f}% of the" if evaluation.before.test.n * _FEW_SHARE > _FEW else f"{_FEW}"
        labels.append(f"pale: under {few} pictures, so mostly chance")
    figure.legend(handles, labels, frameon=False, loc="outside lower center", ncols=3)
    axes[1][0].set_ylabel("% of pictures")
    save_figure(path, figure)


def _is_few(part: ReliabilityBin, bins: tuple[ReliabilityBin, ...]) -> bool:
    return 0 < part.count < max(_FEW, _FEW_SHARE * sum(each.count for each in bins))


def _draw_accuracy(axes: Axes, bins: tuple[ReliabilityBin, ...], title: str) -> None:
    full = [part for part in bins if part.count]
    width = bins[0].high - bins[0].low
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle=":", linewidth=1, label="honest: as often right as it says")
    bars = axes.bar(
        [p.low for p in full], [p.accuracy for p in full], width, align="edge", color=ACCENT, edgecolor="white"
    )
    for bar, part in zip(bars, full, strict=True):
        bar.set_alpha(_PALE if _is_few(part, bins) else 0.4)
    axes.plot(
        [p.confidence for p in full],
        [p.accuracy for p in full],
        "o",
        markersize=3.5,
        color=ACCENT,
        label="measured",
        clip_on=False,  # a point on the edge of the plot is drawn whole, above the axis
        zorder=3,
    )
    axes.set(title=title, xlim=(0, 1), ylim=(0, 1.02))


def _draw_shares(axes: Axes, bins: tuple[ReliabilityBin, ...]) -> None:
    total = sum(part.count for part in bins)
    width = bins[0].high - bins[0].low
    axes.bar(
        [p.low for p in bins],
        [100 * p.count / total for p in bins],
        width,
        align="edge",
        color=QUIET,
        edgecolor="white",
    )
    axes.set(xlabel="confidence")
