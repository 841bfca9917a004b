"""What a frame consists of, laid out without a window: what can be seen, what can be reached, and where it lies."""

import itertools
from pathlib import Path

import pytest

from runtime_app.colours import contrast
from runtime_app.errors import Explanation
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.presenter import Presenter
from runtime_app.presenter.state import VIEWS, View
from runtime_app.presenter.wording import percent
from runtime_app.settings import Settings
from runtime_app.typeface import text_width
from runtime_app.view import heatmap_panel, status_bar, teaching
from runtime_app.view.canvas import Box, Canvas, Label, Polygon, Rectangle, Sprite
from runtime_app.view.shortcuts import BY_KEY
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import idle, laid_out, place_of
from tests.runtime_app.samples import TINY, many_pictures, until


@pytest.mark.parametrize("view", ["picture", "heatmap", "gallery", "compare", "accuracy"])
def test_keyboard_focus_can_be_seen_on_every_control(ui: Ui, view: str) -> None:
    p = ui.presenter
    if view == "compare":
        p.compare_with(Opinion(TINY, "fp32", "tiny", ""))
        until(p, lambda: p.comparison.library.classified == 6 and idle(p))
    p.set_view(view)
    plain = laid_out(ui)
    controls = [hit.name for hit in plain.hits if hit.focusable and (hit.click or hit.step)]
    assert len(controls) > 10
    unseen = [name for name in controls if laid_out(ui, focused=name).shapes == plain.shapes]
    assert not unseen


@pytest.mark.parametrize("view", ["heatmap", "gallery"])
def test_list_that_is_come_back_to_shows_the_picture_that_became_the_current_one(
    ui: Ui, tmp_path: Path, view: View
) -> None:
    p = ui.presenter
    p.open_paths([many_pictures(tmp_path / "more", 400)])
    until(p, lambda: len(p.library) > 400 and idle(p))
    p.set_view(view)
    laid_out(ui)
    name = ui.listing.name if ui.listing else ""
    ui.scroll_to(name, 5, 1000)
    for other in ("picture", view):
        p.set_view(other)
        laid_out(ui)
    assert ui.scroll[name] == 5, "of the same picture it stays where it was"
    p.set_view("picture")
    laid_out(ui)
    p.show(int(p.listed()[-1]))
    p.set_view(view)
    laid_out(ui)
    assert ui.listing and ui.scroll[name] + ui.rows[name] == -(-len(p.library) // ui.listing.columns)


@pytest.mark.parametrize("view", ["heatmap", "gallery", "compare", "accuracy"])
def test_views_of_opened_pictures_ask_for_the_bundle_that_is_missing(labelled: Path, view: View) -> None:
    presenter = Presenter(Settings())
    presenter.open_paths([labelled])
    until(presenter, lambda: len(presenter.library) == 5 and idle(presenter))
    presenter.set_view(view)
    texts = laid_out(Ui(presenter)).texts()
    assert "Choose a bundle first (Ctrl+B)" in texts and not any(text.startswith("Open a") for text in texts), texts
    assert not any(text.startswith("Open pictures to") for text in texts)
    presenter.close(1)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_is_readable_on_what_lies_below_it_wherever_the_pointer_is(ui: Ui, theme: str) -> None:
    """A contrast of 4.5 at least (WCAG 2.2), sprites and what a dialog dims aside."""
    p = ui.presenter
    p.change_settings(theme=theme)
    p.correct(3)
    for view, ui.dialog in [*((view, None) for view in VIEWS), ("picture", "settings"), ("picture", "classes")]:
        p.set_view(view)
        for hovered in {hit.name for hit in laid_out(ui).hits}:
            for text, found in contrasts(laid_out(ui, hovered=hovered)):
                assert found >= 4.5, (view, ui.dialog, hovered, text)


def contrasts(canvas: Canvas) -> list[tuple[str, float]]:
    """Of each text and the colour right below its middle."""
    dimmed = [place for place, shape in enumerate(canvas.shapes) if getattr(shape, "fill", None) == (0, 0, 0, 130)]
    found = []
    for place, shape in enumerate(canvas.shapes):
        if not isinstance(shape, Label) or place < max(dimmed, default=0):
            continue
        x = shape.x + {"l": 0.5, "m": 0.0, "r": -0.5}[shape.anchor] * text_width(shape.text, shape.size)
        below = [
            other
            for other in canvas.shapes[:place]
            if not isinstance(other, Label | Polygon) and other.box.contains(x, shape.y)
        ]
        filled = [
            other for other in below if isinstance(other, Sprite) or (other.fill is not None and len(other.fill) == 3)
        ]
        if not filled or isinstance(filled[-1], Rectangle):
            ground = filled[-1].fill if filled else canvas.ground
            found.append((shape.text, contrast(shape.colour[:3], ground)))
    return found


def test_settings_and_the_status_line_say_of_the_engine_what_belongs_to_it(ui: Ui) -> None:
    p = ui.presenter
    p.replaced = "The bundle was replaced on the disk."
    p.tell("Copied.")
    assert place_of(laid_out(ui), "replaced").tooltip.startswith(p.replaced)
    ui.show_dialog("settings")
    assert "Running now: CPU fp32" in [text.split(",")[0] for text in laid_out(ui).texts() if "Copied" not in text]


def test_no_dialog_opens_unseen_below_an_error(ui: Ui) -> None:
    ui.presenter.show_error(Explanation("Something", "Do this", "details"))
    for key in ("F1", "Ctrl+S", "Ctrl+B", "Ctrl+,", "Ctrl+I", "Ctrl+T"):
        BY_KEY[key].run(ui)
    ui.escape()
    assert (ui.dialog, ui.presenter.errors) == (None, [])
    BY_KEY["F1"].run(ui)
    assert ui.dialog == "help"


def test_only_the_button_that_cancels_promises_a_key(ui: Ui) -> None:
    for act, key in ((ui.presenter.classify_pending, "Esc"), (ui.presenter.cancel, "")):
        ui.presenter.library.forget([3])
        act()
        assert place_of(laid_out(ui), "cancel").tooltip == key


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_focus_on_a_button_in_the_accent_is_drawn_in_another_colour(ui: Ui, theme: str) -> None:
    ui.presenter.change_settings(theme=theme)
    ui.presenter.set_view("gallery")
    canvas, before = laid_out(ui, focused="state.All"), laid_out(ui).shapes
    box = place_of(canvas, "state.All").box
    rings = [shape for shape in canvas.shapes if shape not in before and isinstance(shape, Rectangle) and shape.border]
    inside = [ring for ring in rings if ring.box.w < box.w]
    assert inside and all(ring.border and contrast(ring.border[:3], canvas.palette.accent) >= 3 for ring in inside)


@pytest.mark.parametrize("dialog", ["settings", "about", "export", "classes", "evidence", "bundles", "recent", "error"])
def test_every_control_of_a_dialog_is_reached_and_seen_by_keyboard(ui: Ui, dialog: str) -> None:
    if dialog == "error":
        ui.presenter.fail(ValueError("on purpose"))
    else:
        ui.show_dialog(dialog)
    plain = laid_out(ui)
    assert {hit.name for hit in plain.hits if hit.click and not hit.focusable} <= {"backdrop"}, "Esc does the same"
    controls = [hit.name for hit in plain.hits if hit.focusable and (hit.click or hit.step)]
    assert ("error.close" if dialog == "error" else "close") in controls
    assert not [name for name in controls if laid_out(ui, focused=name).shapes == plain.shapes]


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


def test_evidence_of_any_class_is_chosen_from_a_list_by_pointer_or_key(ui: Ui, monkeypatch: pytest.MonkeyPatch) -> None:
    p = ui.presenter
    monkeypatch.setattr("runtime_app.presenter.state.KEYED", 5)
    open_list = place_of(laid_out(ui), "evidence_class").click
    assert open_list is not None
    open_list()
    choose = place_of(laid_out(ui), "evidence.7").click
    assert choose is not None
    choose()
    assert (ui.dialog, p.evidence_class, p.correction()) == (None, 7, None)
    BY_KEY["E"].run(ui)
    assert ui.typing_wanted, "the name can be typed at once"
    teaching.find_class(ui, "4")
    teaching.enter(ui)
    assert (ui.dialog, p.evidence_class) == (None, 4)
    BY_KEY["E"].run(ui)
    follow = place_of(laid_out(ui), "follow_best").click
    assert follow is not None
    follow()
    assert p.pinned_class is None and p.look is not None and p.look.result is not None
    assert p.evidence_class == p.look.result.probabilities.argmax()


def test_classes_without_a_bar_are_reached_from_the_line_below_the_bars(
    ui: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime_app.view.verdict_panel._BARS", 6)
    canvas = laid_out(ui)
    assert sum(hit.name.startswith("bar.") for hit in canvas.hits) == 6
    assert any(text.startswith("4 more: ") for text in canvas.texts())
    more = place_of(canvas, "more").click
    assert more is not None
    more()
    assert ui.dialog == "evidence"


@pytest.mark.parametrize("width", [500, 640, 1280])
def test_heatmap_names_the_class_under_the_pointer_with_its_probability(ui: Ui, width: int) -> None:
    """500 points are so few for ten classes that not every column has its name."""
    p = ui.presenter
    p.set_view("heatmap")
    ui.window = Box(0, 0, width, 500)
    row = place_of(laid_out(ui), "row.2").box
    columns = heatmap_panel.columns_in(width, row.h, 10)
    assert (columns.count, columns.right) == (10, pytest.approx(row.right))
    assert (columns.width < 24) == (width == 500)
    for place in range(10):
        ui.pointer = columns.left + (place + 0.5) * columns.width, row.middle
        canvas = laid_out(ui, hovered="row.2")
        assert f"{place} {percent(p.library.probabilities[2, place])} %" in canvas.texts(), "in the card"
        heads = [shape for shape in canvas.shapes if isinstance(shape, Label) and shape.y < row.y and shape.bold]
        assert str(place) in [head.text for head in heads], "above the column"
        names = [shape for shape in canvas.shapes if isinstance(shape, Label) and row.y - 180 < shape.y < row.y]
        spans = sorted(
            (shape.x, shape.x + text_width(shape.text, shape.size)) for shape in names if shape.text.isdigit()
        )
        assert all(left[1] < right[0] for left, right in itertools.pairwise(spans)), "no name lies on another"
    ui.pointer = row.x + 4, row.middle
    assert not any(text.startswith("0 ") for text in laid_out(ui, hovered="row.2").texts()), "beside the columns"


def test_classes_that_do_not_fit_beside_each_other_are_reached_and_the_heatmap_says_which_are_shown(
    ui: Ui, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heatmap_panel, "_THINNEST", 60)
    p = ui.presenter
    p.set_view("heatmap")
    ui.window = Box(0, 0, 640, 500)
    seen = []
    for words in ("1 to 5 of 10 classes", "6 to 10 of 10 classes", "6 to 10 of 10 classes"):
        canvas = laid_out(ui)
        assert words in canvas.texts()
        row = place_of(canvas, "row.2").box
        columns = heatmap_panel.columns_in(640, row.h, 10, ui)
        ui.pointer = columns.left + 1.5 * columns.width, row.middle
        assert columns.at(ui.pointer[0]) == columns.first + 1
        shown = f"{columns.first + 1} {percent(p.library.probabilities[2, columns.first + 1])} %"
        assert shown in laid_out(ui, hovered="row.2").texts()
        seen.append(tuple(range(columns.first, columns.first + columns.count)))
        forth = place_of(canvas, "heatmap.classes.forth").click
        assert forth is not None
        forth()
    assert seen == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9), (5, 6, 7, 8, 9)]
    back = place_of(laid_out(ui), "heatmap.classes.back").click
    assert back is not None
    back()
    assert "1 to 5 of 10 classes" in laid_out(ui).texts()
    ui.window = Box(0, 0, 1280, 500)
    assert not any(hit.name.startswith("heatmap.classes") for hit in laid_out(ui).hits), "all fit"


def test_list_of_classes_corrects_and_takes_back_without_touching_the_evidence(ui: Ui) -> None:
    p = ui.presenter
    shown = p.evidence_class
    for name, said in (("say.8", "8"), ("uncorrect", None)):
        BY_KEY["C"].run(ui)
        answer = place_of(laid_out(ui), name).click
        assert answer is not None
        answer()
        assert (ui.dialog, p.correction(), p.evidence_class) == (None, said, shown)
