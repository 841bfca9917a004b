"""What the views draw, laid out without a window: figures, pictures and controls mean what they say."""

import time
from pathlib import Path

import numpy as np
import pytest

from runtime_app import evidence
from runtime_app.errors import explain
from runtime_app.pipeline import Failure
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.library import FAILED, NONE, SURE, UNSURE
from runtime_app.presenter.shown import status
from runtime_app.presenter.wording import percent
from runtime_app.typeface import text_width
from runtime_app.view import framing
from runtime_app.view.canvas import SMALL, Box, Canvas, Drag, Label, Rectangle, Sprite
from runtime_app.view.ui import Ui
from runtime_app.view.window import _frame_time
from tests.runtime_app.layout import idle, laid_out, place_of
from tests.runtime_app.samples import TINY, many_pictures, until


def _sprites(canvas: Canvas, kind: str) -> list[Sprite]:
    return [
        shape
        for shape in canvas.shapes
        if isinstance(shape, Sprite) and isinstance(shape.key, tuple) and shape.key[0] == kind
    ]


def _in(canvas: Canvas, box: Box) -> list[Label]:
    return [shape for shape in canvas.shapes if isinstance(shape, Label) and box.contains(shape.x, shape.y)]


@pytest.mark.parametrize("width", [500, 560, 640, 700, 800, 960, 1280])
def test_numbers_stand_in_the_cells_of_the_heatmap_exactly_where_they_fit(ui: Ui, width: int) -> None:
    ui.presenter.set_view("heatmap")
    ui.window = Box(0, 0, width, 500)
    canvas = laid_out(ui)
    row = place_of(canvas, "row.2").box
    cells = [s.box for s in canvas.shapes if isinstance(s, Rectangle) and s.box.y == row.y and s.box.h == row.h - 2]
    cells = [box for box in cells if box.right <= row.right][-10:]
    numbers = [label for label in _in(canvas, row) if label.anchor == "m"]
    assert len(numbers) == (0 if width == 500 else 10)
    for label, box in zip(numbers, cells, strict=False):
        half = text_width(label.text, label.size) / 2
        assert box.x <= label.x - half and label.x + half <= box.right
    assert width > 500 or cells[0].w < text_width("1.00", SMALL) + 2


def test_picture_of_the_row_under_the_pointer_is_shown_larger(ui: Ui) -> None:
    p = ui.presenter
    p.set_view("heatmap")
    canvas = laid_out(ui, hovered="row.2")
    large = [sprite for sprite in _sprites(canvas, "tiny") if sprite.box.w == 128]
    assert len(large) == 1, "what the network saw, until the thumbnail is there"
    until(p, lambda: p.library.paths[2] in p.thumbnails)
    (thumbnail,) = _sprites(laid_out(ui, hovered="row.2"), "thumbnail")
    assert thumbnail.key[1] == p.library.paths[2] and max(thumbnail.box.w, thumbnail.box.h) == 128
    assert not _sprites(laid_out(ui), "thumbnail")


def test_window_is_fast_while_a_person_does_something_and_slow_otherwise() -> None:
    assert _frame_time(0.1) == 1 / 60 and _frame_time(9.0) == 1 / 10


def test_evidence_lies_over_the_picture_as_strongly_and_as_coarsely_as_is_chosen(ui: Ui) -> None:
    p = ui.presenter
    assert p.look is not None and p.look.result is not None
    columns = p.look.result.evidence.shape[2]
    for opacity, grid in ((0.3, False), (0.8, True)):
        p.change_settings(opacity=opacity, grid_cells=grid)
        (shown,) = _sprites(laid_out(ui), "evidence")
        assert shown.alpha == opacity
        rgba, width, height = shown.make()
        pixels = rgba.reshape(height, width, 4)
        across = np.abs(np.diff(pixels[height // 2, :, :3], axis=0)).max(axis=1) > 0
        assert (across.sum() <= columns - 1) == grid, "true cells have edges, the smooth map has none"
    maps = p.look.result.evidence
    faintest = int(np.abs(maps).max((1, 2)).argmin())
    p.pin_class(faintest)
    (shown,) = _sprites(laid_out(ui), "evidence")
    right = evidence.overlay(maps[faintest], evidence.scale_limit(maps), grid=True)
    np.testing.assert_array_equal(np.rint(255 * shown.make()[0]), right.ravel(), "one scale for all classes")
    p.toggle("show_evidence")
    assert not _sprites(laid_out(ui), "evidence")


def test_input_of_the_network_is_shown_pixel_by_pixel(ui: Ui) -> None:
    look = ui.presenter.look
    assert look is not None and look.result is not None
    (shown,) = _sprites(laid_out(ui), "input")
    rgba, width, height = shown.make()
    times = width // 32
    pixels = rgba.reshape(height, width, 4)[times // 2 :: times, times // 2 :: times, :3]
    np.testing.assert_array_equal(np.rint(255 * pixels).astype(np.uint8), look.result.image)


def test_gallery_lists_what_was_clicked_and_counts_every_class_and_verdict(ui: Ui) -> None:
    p = ui.presenter
    p.set_view("gallery")
    canvas = laid_out(ui)
    for state, label in ((SURE, "Sure"), (UNSURE, "Unsure"), (NONE, "None"), (FAILED, "Failed")):
        assert f"{label} {int((p.library.states == state).sum())}" in canvas.texts()
    for number, name in enumerate(("All classes", *"0123456789")):
        count = 6 if number == 0 else int((p.library.labels == number - 1).sum())
        row = place_of(canvas, f"class.{name}").box
        assert [label.text for label in _in(canvas, row)] == [name, str(count)]
    for state, label in ((UNSURE, "Unsure"), (NONE, "None"), (None, "All")):
        click = place_of(laid_out(ui), f"state.{label}").click
        assert click is not None
        click()
        wanted = range(6) if state is None else np.flatnonzero(p.library.states == state)
        tiles = [hit.name for hit in laid_out(ui).hits if hit.name.startswith("tile.")]
        assert tiles == [f"tile.{index}" for index in wanted]


def test_edge_of_a_thumbnail_is_coloured_only_where_something_deserves_attention(ui: Ui) -> None:
    p = ui.presenter
    p.set_view("gallery")
    p.library.states[:4] = (SURE, UNSURE, NONE, SURE)
    p.library.record(3, Failure(p.library.paths[3], explain(ValueError("no"))))
    p.current = 5
    canvas = laid_out(ui)
    attention, danger = canvas.palette.attention, canvas.palette.danger
    for index, wanted in enumerate((None, attention, attention, danger)):
        frame = place_of(canvas, f"tile.{index}").box
        edges = [s.border for s in canvas.shapes if isinstance(s, Rectangle) and s.box == frame.inset(1) and s.border]
        assert edges == ([] if wanted is None else [wanted])


def test_thumbnails_are_asked_for_where_they_are_visible_and_nowhere_else(ui: Ui, tmp_path: Path) -> None:
    p = ui.presenter
    p.open_paths([many_pictures(tmp_path / "more", 300)])
    until(p, lambda: p.library.classified == 306 and idle(p))
    p.set_view("gallery")
    tiles = [hit.name for hit in laid_out(ui).hits if hit.name.startswith("tile.")]
    until(p, lambda: idle(p))
    assert 0 < len(tiles) < 100
    assert set(p.thumbnails) == {p.library.paths[int(name.removeprefix("tile."))] for name in tiles}


def test_comparison_shows_both_opinions_and_lists_disagreements_first(ui: Ui) -> None:
    p = ui.presenter
    p.compare_with(Opinion(TINY, "fp32", "tiny", ""))
    until(p, lambda: p.comparison.library.classified == 6 and idle(p))
    others = p.comparison.library
    others.probabilities[:] = p.library.probabilities
    best = int(p.library.probabilities[4].argmax())
    others.probabilities[4] = np.roll(p.library.probabilities[4], 1)
    others.version += 1
    p.set_view("compare")
    p.show(4)
    until(p, lambda: idle(p))
    canvas = laid_out(ui)
    pairs = [hit.name for hit in canvas.hits if hit.name.startswith("pair.")]
    assert pairs[0] == "pair.4" and len(pairs) == 6
    assert "1 of 6 get another class" in canvas.texts()
    names = [label for label in canvas.shapes if isinstance(label, Label) and label.anchor == "m" and label.x > 400]
    row = next(label for label in names if label.text == str(best))
    sides = {
        label.anchor: label.text
        for label in canvas.shapes
        if isinstance(label, Label) and label.y == row.y and label.anchor in "lr" and label.x > 400
    }
    first, second = p.library.probabilities[4][best], others.probabilities[4][best]
    assert sides == {"r": percent(first), "l": percent(second)} and first != second


def test_wheel_zooms_at_the_pointer_and_the_other_button_moves_what_is_shown(ui: Ui) -> None:
    hit = place_of(laid_out(ui), "picture")
    assert hit.wheel is not None and hit.pan is not None
    x, y = hit.box.centre, hit.box.middle
    for _ in range(3):
        hit.wheel(1.0, x, y)
        laid_out(ui)
    assert ui.camera.zoom == pytest.approx(1.2**3)
    before = ui.camera.centre
    for phase, by in (("press", 0), ("move", 20), ("release", 20)):
        hit.pan(Drag((x, y), (x - by, y), phase))
    assert ui.camera.centre[0] > before[0] and ui.camera.centre[1] == before[1] and ui.presenter.region is None


def test_corner_of_a_marked_square_resizes_it_and_its_opposite_corner_stays(ui: Ui) -> None:
    p = ui.presenter
    hit = place_of(laid_out(ui), "picture")
    assert hit.drag is not None and ui.placement is not None
    start, end = ui.placement.area.x + 40, ui.placement.area.x + 240
    top = ui.placement.area.y + 40
    for phase, at in (("press", (start, top)), ("move", (end, top + 200)), ("release", (end, top + 200))):
        hit.drag(Drag((start, top), at, phase))
    drawn = p.region
    assert drawn is not None
    corner = ui.placement.to_screen(drawn)
    grip = corner.right, corner.bottom
    for phase, by in (("press", 0), ("move", 60), ("release", 60)):
        hit.drag(Drag(grip, (grip[0] + by, grip[1] + by), phase))
    assert p.region is not None and (p.region.left, p.region.top) == (drawn.left, drawn.top)
    assert p.region.right > drawn.right and p.region.bottom > drawn.bottom


def test_click_on_a_bar_keeps_its_evidence_and_another_click_lets_go(ui: Ui) -> None:
    p = ui.presenter
    for pinned in (7, None):
        click = place_of(laid_out(ui), "bar.7").click
        assert click is not None
        click()
        assert p.pinned_class == pinned


def test_status_line_says_how_long_the_queues_are(ui: Ui, tmp_path: Path) -> None:
    p = ui.presenter
    assert status(p).progress_hint == "Nothing waits"
    p.open_paths(sorted(many_pictures(tmp_path / "more", 40).iterdir()))
    assert status(p).progress_hint.startswith("Waiting: 40 pictures, ")
    assert place_of(laid_out(ui), "queue").tooltip == status(p).progress_hint
    until(p, lambda: p.library.classified == 46 and idle(p))
    assert status(p).progress_text == "46 classified"


def test_button_of_the_status_line_does_what_it_says_also_before_the_batch_begins(ui: Ui, tmp_path: Path) -> None:
    p = ui.presenter
    p.open_paths(sorted(many_pictures(tmp_path / "more", 40).iterdir()))
    assert p.busy and not p.workers["batch"].pending("classify"), "the picture that is looked at comes first"
    assert status(p).action == "Cancel"
    for action in ("Continue", "Cancel"):
        click = place_of(laid_out(ui), "cancel").click
        assert click is not None
        click()
        assert status(p).action == action


def test_escape_closes_what_is_on_top_then_cancels_work_then_takes_the_square_away(ui: Ui) -> None:
    p = ui.presenter
    framing.mark_square(ui)
    p.workers["batch"].submit("classify", lambda ticket: iter(lambda: [time.sleep(0.01)].clear(), 1))
    ui.show_dialog("settings")
    p.fail(ValueError("on top of all"))
    left = []
    for _ in range(4):
        ui.escape()
        left.append((bool(p.errors), ui.dialog, p.busy, p.region is not None))
    assert left == [
        (False, "settings", True, True),
        (False, None, True, True),
        (False, None, False, True),
        (False, None, False, False),
    ]
