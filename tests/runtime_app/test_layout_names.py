"""Names and figures of classes, laid out without a window: told apart, whole, and only where there are any."""

import shutil
from pathlib import Path

import pytest

from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.presenter import Presenter
from runtime_app.presenter.shown import class_bars
from runtime_app.presenter.state import VIEWS
from runtime_app.presenter.wording import percent
from runtime_app.view.canvas import Box, Label
from runtime_app.view.ui import Ui
from tests.campaigns import forge
from tests.runtime_app.layout import idle, laid_out
from tests.runtime_app.samples import until


def test_comparison_gives_no_figure_where_a_bundle_said_nothing(
    presenter: Presenter, tiny_bundle: Path, labelled: Path, tmp_path: Path
) -> None:
    """Of a class that it does not know, or of a picture that cannot be read."""
    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    letters = [*"0123", *"abcdef"]
    forge.edit(other, lambda manifest: manifest.update(classes=letters))
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and idle(presenter))
    presenter.compare_with(Opinion(other, "auto", "other", ""))
    until(presenter, lambda: presenter.comparison.library.classified == 5 and idle(presenter))
    presenter.set_view("compare")
    broken, seven = (presenter.library.index_of(labelled / name) for name in ("0/broken.png", "7/c.png"))
    assert broken is not None and seven is not None
    presenter.show(seven)
    labels = [shape for shape in laid_out(Ui(presenter)).shapes if isinstance(shape, Label)]
    of_one = [label for label in labels if label.anchor == "m" and label.text in {*"456789", *"abcdef"}]
    assert of_one and sum(label.text == "\u2013" for label in labels) == len(of_one)
    presenter.show(broken)
    canvas = laid_out(Ui(presenter))
    assert "cannot be opened" in canvas.texts()
    assert "\u2013" not in canvas.texts()


def test_a_cell_that_became_empty_is_not_said_to_be_without_mistakes(presenter: Presenter, labelled: Path) -> None:
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and idle(presenter))
    presenter.set_view("accuracy")
    presenter.choose_cell((9, 8))  # as after another resize rule
    texts = laid_out(Ui(presenter)).texts()
    assert "9, called 8" in texts and "No picture is in this cell any more" in texts
    assert "No mistake so far" not in texts


def test_both_candidates_have_their_figures_beside_long_names(
    presenter: Presenter, tiny_bundle: Path, digits: Path
) -> None:
    names = [f"{letter} retriever with a long coat" for letter in "abcdefghij"]

    def change(manifest: dict) -> None:
        manifest["classes"], manifest["verdict"] = names, {"score": "margin", "none_below": -1, "unsure_below": 2}

    forge.edit(tiny_bundle, change)
    presenter.open_bundle(tiny_bundle)
    presenter.open_paths([digits / "one.png"])
    until(presenter, lambda: class_bars(presenter) and class_bars(presenter)[0].name in names and idle(presenter))
    first, second = class_bars(presenter)[:2]
    texts = laid_out(Ui(presenter)).texts()
    detail = texts[texts.index("unsure") + 2]
    assert detail.startswith(first.name[0]) and f" {first.percent} %, {second.name[0]}" in detail
    assert detail.endswith(f" {second.percent} %")


@pytest.mark.parametrize("width", [640, 1280])
def test_long_class_names_that_begin_and_end_alike_are_told_apart_wherever_they_are_listed(
    presenter: Presenter, tiny_bundle: Path, labelled: Path, width: int
) -> None:
    names = [f"Department of transport, office {place}: vehicles with a trailer" for place in range(10)]
    forge.edit(tiny_bundle, lambda manifest: manifest.update(classes=names))
    for folder in list(labelled.iterdir()):
        folder.rename(labelled / names[int(folder.name)])
    presenter.open_bundle(tiny_bundle)
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and idle(presenter))
    presenter.compare_with(Opinion(tiny_bundle, "fp32", "tiny", ""))
    until(presenter, lambda: presenter.comparison.library.classified == 5 and idle(presenter))
    ui = Ui(presenter)
    ui.window = Box(0, 0, width, 700)
    mistake = presenter.library.index_of(labelled / names[3] / "d.png")
    assert mistake is not None
    figure = f" {percent(presenter.library.confidence[mistake])} %"
    places = [*((view, None) for view in VIEWS if view != "heatmap" or width == 1280), ("picture", "classes")]
    for view, ui.dialog in places:
        presenter.set_view(view)
        canvas = laid_out(ui)
        drawn = [
            text
            for text in canvas.texts()
            if any(f"{place}:" in text or f"{place}\u2026" in text for place in range(10))
        ]
        assert len(drawn) >= 10 and {text[0] for text in drawn} == {"D"}, (view, drawn)
        assert view != "accuracy" or figure in canvas.texts(), "the figure is whole beside the name that is cut"
        cut = [hit for hit in canvas.hits if hit.name.startswith(("bar.", "class.Dep", "tile.", "mistake.", "say."))]
        assert all("Department of transport, office" in hit.tooltip for hit in cut), "the pointer tells the whole name"
