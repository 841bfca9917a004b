"""What a frame consists of, laid out without a window: what can be seen, what can be reached, and where it lies."""

from pathlib import Path

import pytest

from runtime_app.errors import Explanation
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.presenter import Presenter
from runtime_app.view import frame, status_bar
from runtime_app.view.canvas import Box, Canvas, Hit
from runtime_app.view.ui import Ui
from tests.runtime_app.samples import TINY, many_pictures, until


@pytest.fixture
def ui(presenter: Presenter, tmp_path: Path) -> Ui:
    """Six pictures, classified, in a window of 1280 x 800 points."""
    presenter.open_paths([many_pictures(tmp_path / "many", 6)])
    until(presenter, lambda: presenter.library.classified == 6 and presenter.look is not None)
    return Ui(presenter)


def laid_out(ui: Ui, *, hovered: str | None = None, focused: str | None = None) -> Canvas:
    return frame.compose(ui, hovered, focused, with_tooltip=False)


def place_of(canvas: Canvas, name: str) -> Hit:
    return next(hit for hit in canvas.hits if hit.name == name)


@pytest.mark.parametrize("view", ["picture", "heatmap", "gallery", "compare", "accuracy"])
def test_keyboard_focus_can_be_seen_on_every_control(ui: Ui, view: str) -> None:
    p = ui.presenter
    if view == "compare":
        p.compare_with(Opinion(TINY, "fp32", "tiny", ""))
        until(p, lambda: p.comparison.library.classified == 6)
    p.set_view(view)
    plain = laid_out(ui)
    controls = [hit.name for hit in plain.hits if hit.focusable and (hit.click or hit.step)]
    assert len(controls) > 10
    unseen = [name for name in controls if laid_out(ui, focused=name).shapes == plain.shapes]
    assert not unseen


def test_focus_on_the_current_picture_of_the_gallery_is_seen_beside_its_frame(ui: Ui) -> None:
    ui.presenter.set_view("gallery")
    name = f"tile.{ui.presenter.current}"
    added = [shape for shape in laid_out(ui, focused=name).shapes if shape not in laid_out(ui).shapes]
    assert len(added) == 1


def test_every_bundle_to_compare_with_is_reached_inside_the_window(ui: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    choices = [Opinion(TINY, "fp32", f"bundle {place}", "95.0 %") for place in range(15)]
    monkeypatch.setattr(ui.presenter, "comparable", lambda: choices)
    ui.presenter.set_view("compare")
    ui.window = Box(0, 0, 900, 600)
    offered = set()
    for _ in range(15):
        canvas = laid_out(ui)
        rows = [hit for hit in canvas.hits if hit.name.startswith("compare.")]
        assert all(hit.box.bottom <= 600 - status_bar.HEIGHT for hit in rows)
        offered |= {hit.name for hit in rows}
        step = place_of(canvas, "choices.scroll").step
        assert step is not None
        step(1)
    assert len(offered) == 15


@pytest.mark.parametrize("height", [400, 540, 600])
@pytest.mark.parametrize("dialog", ["help", "about", "error"])
def test_a_dialog_that_hides_lines_has_a_scroll_bar(ui: Ui, dialog: str, height: int) -> None:
    if dialog == "error":
        ui.presenter.show_error(Explanation("Something", "Do this", "line\n" * 60))
    else:
        ui.show_dialog(dialog)
    ui.window = Box(0, 0, 900, height)
    canvas = laid_out(ui)
    assert ui.paged is not None and ui.paged.rows > ui.paged.fit
    bar = place_of(canvas, f"{ui.paged.name}.scroll")
    assert place_of(canvas, "dialog").box.contains(bar.box.x, bar.box.y)
    assert any(shape.box.w == bar.box.w - 4 for shape in canvas.shapes if hasattr(shape, "radius")), "it is drawn"
