"""The reliability diagram: every measured point is drawn whole, and what pale bars mean is said."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from exporter import plots
from exporter.calibrate import ReliabilityBin
from exporter.plots import plot_reliability

FULL = (ReliabilityBin(0.0, 0.5, 1000, 0.4, 0.5), ReliabilityBin(0.5, 1.0, 2000, 0.999, 1.0))
PALE = (ReliabilityBin(0.0, 0.5, 29, 0.4, 0.0), ReliabilityBin(0.5, 1.0, 2971, 0.999, 1.0))
FEW_IN_ALL = (ReliabilityBin(0.0, 0.5, 9, 0.4, 0.0), ReliabilityBin(0.5, 1.0, 100, 0.999, 1.0))


def _drawn(
    monkeypatch: pytest.MonkeyPatch, before: tuple[ReliabilityBin, ...], after: tuple[ReliabilityBin, ...]
) -> Figure:
    figures: list[Figure] = []
    monkeypatch.setattr(plots, "save_figure", lambda path, figure: figures.append(figure))
    metrics = SimpleNamespace(test=SimpleNamespace(ece=0.05, n=sum(part.count for part in before)))
    evaluation: Any = SimpleNamespace(
        before=metrics, metrics=metrics, temperature=1.5, reliability_before=before, reliability_after=after
    )
    plot_reliability(Path("reliability.png"), evaluation)
    pyplot.close(figures[0])
    return figures[0]


def test_points_on_the_edge_are_drawn_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = _drawn(monkeypatch, FULL, PALE)
    points = [line for axes in figure.axes for line in axes.lines if line.get_marker() == "o"]
    assert len(points) == 2 and not any(line.get_clip_on() for line in points)


@pytest.mark.parametrize(
    ("bins", "said"),
    [
        (FULL, []),
        (PALE, ["pale: under 1% of the pictures, so mostly chance"]),
        (FEW_IN_ALL, ["pale: under 10 pictures, so mostly chance"]),
    ],
)
def test_the_legend_says_what_pale_bars_mean_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, bins: tuple[ReliabilityBin, ...], said: list[str]
) -> None:
    (legend,) = _drawn(monkeypatch, bins, bins).legends
    assert [text.get_text() for text in legend.get_texts() if "pale" in text.get_text()] == said
