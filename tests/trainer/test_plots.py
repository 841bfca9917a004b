"""Class names and their number belong to the person who trains: no plot may fail, warn or fill the memory over them."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

from trainer import plots
from trainer.metrics import EpochMetrics
from trainer.plots import names_in_plot, plot_confusion, plot_curves, shortened

ODD = ("a$^$", "b$c_{$", "日本", "नमस्ते", "שלום", "😀 cat", r"C:\x", "**y**", "w" * 200)


def _counts(classes: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 20, (classes, classes))


def test_no_class_name_stops_the_confusion_matrix_or_warns(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot_confusion(tmp_path / "confusion.png", _counts(len(ODD)), ODD)
    with Image.open(tmp_path / "confusion.png") as plot:
        assert max(plot.size) < 1500, "a long name took the room of the matrix"


@pytest.mark.parametrize("classes", [31, 100, 101, 1000])
def test_many_classes_take_no_more_than_one_large_picture(tmp_path: Path, classes: int) -> None:
    plot_confusion(tmp_path / "confusion.png", _counts(classes), tuple(f"class {n}" for n in range(classes)))
    with Image.open(tmp_path / "confusion.png") as plot:
        assert max(plot.size) < 20 * 130 * 1.1


def test_a_dollar_in_a_name_is_drawn_as_a_dollar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    _record_texts(monkeypatch, drawn)
    plot_confusion(tmp_path / "confusion.png", _counts(2), ("$x$", "$y"))
    assert {"$x$", "$y"} <= set(drawn)


def test_the_learning_rate_keeps_its_powers_of_ten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    _record_texts(monkeypatch, drawn)
    rows = [EpochMetrics(n, 1.0, 0.5, 1.0, 0.5, 10.0**-n, 1.0, 100.0) for n in (1, 2, 3)]
    plot_curves(tmp_path / "curves.png", rows, 2)
    assert drawn and not any("$" in text for text in drawn), "a power of ten was drawn as its formula"


@pytest.mark.parametrize("best", [1, 15, 30])
def test_the_legend_of_the_curves_lies_on_no_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, best: int) -> None:
    figures: list[Figure] = []
    monkeypatch.setattr(plots, "save_figure", lambda path, figure: figures.append(figure))
    plot_curves(tmp_path / "x", [EpochMetrics(n, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0, 100.0) for n in range(1, 31)], best)
    (figure,) = figures
    figure.canvas.draw()
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    (box,) = (legend.get_window_extent() for legend in legends)
    assert not any(box.overlaps(axes.get_tightbbox()) for axes in figure.axes)
    assert f"chosen: epoch {best}" in [text.get_text() for text in legends[0].get_texts()]
    pyplot.close(figure)


def test_a_name_is_shortened_only_when_it_is_too_long() -> None:
    assert shortened("x" * 24) == "x" * 24
    assert shortened("x" * 25) == "x" * 23 + "…"


def _record_texts(monkeypatch: pytest.MonkeyPatch, drawn: list[str]) -> None:
    """Collect what is drawn letter by letter, that is, not as a formula."""
    from matplotlib.backends.backend_agg import RendererAgg

    draw = RendererAgg.draw_text

    def recorded(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):  # type: ignore[no-untyped-def]
        if not ismath:
            drawn.append(s)
        return draw(self, gc, x, y, s, prop, angle, ismath, mtext)

    monkeypatch.setattr(RendererAgg, "draw_text", recorded)


def test_names_that_the_font_lacks_are_told_apart_by_their_numbers() -> None:
    classes = ("\u65e5\u672c", "\u4e2d\u56fd", "\u0416\u00fc\u03a9 cat", "w" * 40)
    names = names_in_plot(classes)
    assert names[:3] == ["class 0", "class 1", classes[2]]
    assert names[3].endswith("\u2026")


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (
            ["one long beginning: cat", "one long beginning: dog", "cat"],
            ["one long …g: cat", "one long …g: dog", "cat"],
        ),
        (
            ["one long beginning: cat on a mat", "one long beginning: dog on a mat"],
            ["one l…cat on a …", "one l…dog on a …"],
        ),
        (
            ["one beginning: xxxxxxxx A and one end", "one beginning: xxxxxxxx B and one end", "one beginning: Ann"],
            ["one b…A and one…", "one b…B and one…", "one begin…g: Ann"],
        ),
        (
            ["one beginning: a middle, A, one end", "one beginning: a middle, B, one end", "one beginning: Q, one end"],
            ["0: one beginnin…", "1: one beginnin…", "one b…Q, one end"],
        ),
        (
            ["long beginning: cat", "long beginning: dog", "long begi…g: cat"],
            ["long …nning: cat", "long begi…g: dog", "long begi…g: cat"],
        ),
    ],
)
def test_long_names_that_begin_alike_are_told_apart(classes: list[str], names: list[str]) -> None:
    assert names_in_plot(classes, 16) == names
    assert all(len(name) <= 16 for name in names)
