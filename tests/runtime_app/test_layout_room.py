"""Windows of every size: nothing lies on anything else, nothing that matters is cut."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from runtime_app.errors import Explanation
from runtime_app.presenter.accuracy import accuracy
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.presenter import Presenter
from runtime_app.presenter.state import VIEWS
from runtime_app.typeface import MEDIUM, REGULAR, text_width
from runtime_app.view import framing, status_bar, type_on_screen
from runtime_app.view import scale as screen_scale
from runtime_app.view.canvas import Box, Canvas, Label, Sprite
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import idle, laid_out, place_of
from tests.runtime_app.samples import TINY, until


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


@pytest.mark.parametrize(("height", "parts"), [(400, 0), (460, 3), (500, 5), (540, 6), (600, 6), (800, 6)])
def test_as_many_parts_of_the_evidence_as_fit_are_shown(ui: Ui, height: int, parts: int) -> None:
    """960 x 540 points are 1920 x 1080 pixels at twice the size of type."""
    ui.window = Box(0, 0, 960, height)
    canvas = laid_out(ui)
    wanted = ["evidence_class", "evidence", "grid", "opacity", "scale"]
    shown = [name for name in wanted if any(hit.name == name for hit in canvas.hits)]
    if any(
        isinstance(shape, Sprite) and isinstance(shape.key, tuple) and shape.key[0] == "input"
        for shape in canvas.shapes
    ):
        shown.append("input")
    assert shown == [*wanted, "input"][:parts]
    for name in (*shown[:5], *(hit.name for hit in canvas.hits if hit.name.startswith("bar."))):
        assert place_of(canvas, name).box.bottom <= height - status_bar.HEIGHT


@pytest.mark.parametrize("size", [(0, 0), (40, 800), (160, 120), (1280, 1)])
def test_a_window_of_hardly_any_size_is_laid_out(ui: Ui, size: tuple[int, int]) -> None:
    """A manager that tiles windows, or one that is minimised, asks for no least size."""
    ui.window = Box(0, 0, *size)
    for view in VIEWS:
        ui.presenter.set_view(view)
        assert laid_out(ui).hits


@pytest.mark.parametrize("hinted", [False, True])
@pytest.mark.parametrize("width", [640, 700, 853, 960, 1280])
def test_names_of_the_views_are_never_cut(ui: Ui, width: int, hinted: bool) -> None:
    ui.window = Box(0, 0, width, 515)
    type_on_screen.set_screen(1.0, hinted)
    try:
        assert {"Picture", "Heatmap", "Gallery", "Compare"} <= set(laid_out(ui).texts())
    finally:
        type_on_screen.set_screen(None)


@pytest.mark.parametrize(
    ("last", "scale", "screen", "pixels"),
    [
        ((0, 0), 1.0, (1920, 1080), (1280, 800)),
        ((0, 0), 1.5, (3840, 2160), (1920, 1200)),
        ((0, 0), 1.5, (1920, 1080), (1920, 1080)),
        ((2000, 900), 1.0, (1366, 768), (1366, 768)),
        ((1000, 700), 2.0, None, (1000, 700)),
    ],
)
def test_the_window_begins_as_large_as_its_type_wants_within_the_screen(
    last: tuple[int, int], scale: float, screen: tuple[int, int] | None, pixels: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(screen_scale, "_screen_pixels", lambda: screen)
    assert screen_scale.window_pixels(*last, scale) == pixels


@pytest.mark.parametrize("width", [640, 700, 800, 960])
def test_no_two_controls_below_the_picture_cover_each_other(ui: Ui, width: int) -> None:
    ui.window = Box(0, 0, width, 400)
    for _ in range(2):
        canvas = laid_out(ui)
        names = [name for name in ("previous", "next", "reset_square") if any(hit.name == name for hit in canvas.hits)]
        boxes = [place_of(canvas, name).box for name in names]
        for left, right in itertools.pairwise(boxes):
            assert left.right < right.x
        framing.mark_square(ui)
    assert names[-1] == "reset_square"


@pytest.mark.parametrize("width", [640, 960, 1280])
def test_the_pointer_tells_which_bundle_is_open_where_its_name_has_no_room(ui: Ui, width: int) -> None:
    ui.window = Box(0, 0, width, 600)
    hint = place_of(laid_out(ui), "bundle").tooltip
    assert hint == "tiny: accuracy 99.4 % on the test pictures. Bundles (Ctrl+B)"


def test_words_between_the_arrows_keep_off_them(ui: Ui) -> None:
    ui.presenter.set_filter(text="no such name")
    canvas = laid_out(ui)
    words = next(shape for shape in canvas.shapes if isinstance(shape, Label) and shape.text == "0 listed")
    half = text_width(words.text, words.size) / 2
    assert place_of(canvas, "previous").box.right + 7 < words.x - half
    assert words.x + half < place_of(canvas, "next").box.x - 7


def overlapping(canvas: Canvas, box: Box) -> list[tuple[str, str]]:
    """Texts within the box that lie on each other, line by line."""
    lines: dict[float, list[tuple[float, float, str]]] = {}
    for shape in canvas.shapes:
        if isinstance(shape, Label) and shape.text and box.contains(shape.x, shape.y):
            width = text_width(shape.text, shape.size, MEDIUM if shape.bold else REGULAR)
            left = shape.x - width * {"l": 0.0, "m": 0.5, "r": 1.0}[shape.anchor]
            lines.setdefault(shape.y, []).append((left, left + width, shape.text))
    pairs = [pair for line in lines.values() for pair in itertools.pairwise(sorted(line))]
    return [(first[2], second[2]) for first, second in pairs if first[1] > second[0] + 0.5]


@pytest.mark.parametrize("width", [640, 720, 768, 960, 1280])
def test_controls_above_the_heatmap_never_lie_on_each_other(ui: Ui, width: int) -> None:
    ui.presenter.set_view("heatmap")
    ui.presenter.set_filter(text="0000")
    ui.window = Box(0, 0, width, 450)
    canvas = laid_out(ui)
    boxes = [place_of(canvas, name).box for name in ("log_scale", "list_all", "save_heatmap")]
    assert all(left.right <= right.x for left, right in itertools.pairwise(boxes)) and boxes[-1].right <= width
    row = boxes[0]
    assert not overlapping(canvas, Box(0, row.y, width, row.h))


@pytest.mark.parametrize("width", [640, 720, 768, 960, 1280])
def test_figures_of_the_confusion_matrix_never_lie_on_each_other(
    presenter: Presenter, labelled: Path, width: int
) -> None:
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and idle(presenter))
    ui = Ui(presenter)
    presenter.set_view("accuracy")
    ui.window = Box(0, 0, width, 450)
    canvas = laid_out(ui)
    below = place_of(canvas, "precision").box
    assert not overlapping(canvas, Box(0, below.y, below.right, below.h))
    figures = [text for text in canvas.texts() if text == "precision"]
    assert bool(figures) == any(
        isinstance(shape, Label) and "%" in shape.text and below.contains(shape.x, shape.y) for shape in canvas.shapes
    )


@pytest.mark.parametrize("size", [(640, 450), (760, 450), (1280, 200)])
def test_no_figure_of_the_confusion_matrix_is_cut_and_none_is_headed_that_is_not_there(
    presenter: Presenter, labelled: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and idle(presenter))
    found = accuracy(presenter)
    assert found is not None
    many = replace(found, evaluation=replace(found.evaluation, counts=found.evaluation.counts * 1234))
    monkeypatch.setattr("runtime_app.view.accuracy_panel.accuracy", lambda p: many)
    presenter.set_view("accuracy")
    ui = Ui(presenter)
    ui.window = Box(0, 0, *size)
    canvas = laid_out(ui)
    cells = [hit.box for hit in canvas.hits if hit.name.startswith("cell.")]
    labels = [shape for shape in canvas.shapes if isinstance(shape, Label)]
    assert {label.text for label in labels if any(cell.contains(label.x, label.y) for cell in cells)} <= {"1,234"}
    beside = place_of(canvas, "recall").box
    figures = [label for label in labels if beside.contains(label.x, label.y) and label.text.endswith("%")]
    assert ("recall" in canvas.texts()) == bool(figures)


@pytest.mark.parametrize("width", [640, 960])
def test_long_class_names_leave_room_for_the_bars_of_a_comparison(
    ui: Ui, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = ui.presenter
    long = tuple(f"{place} with a name as long as that of a species and its author" for place in range(10))
    monkeypatch.setattr("runtime_app.presenter.comparison.shared_classes", lambda first, second: long)
    monkeypatch.setattr("runtime_app.presenter.comparison.on_axis", lambda values, classes, axis: values)
    p.compare_with(Opinion(TINY, "fp32", "tiny", ""))
    until(p, lambda: p.comparison.library.classified == 6 and idle(p))
    p.set_view("compare")
    ui.window = Box(0, 0, width, 600)
    canvas = laid_out(ui)
    names = [shape for shape in canvas.shapes if isinstance(shape, Label) and shape.text.endswith("author")]
    assert names
    for shape in names:
        if shape.anchor == "m":
            assert shape.x + text_width(shape.text, shape.size) / 2 < width


@pytest.mark.parametrize("width", [640, 800, 960])
def test_help_is_readable_in_a_narrow_window(ui: Ui, width: int) -> None:
    ui.show_dialog("help")
    ui.window = Box(0, 0, width, 600)
    seen: set[str] = set()
    for _ in range(40):
        seen |= set(laid_out(ui).texts())
        assert ui.paged is not None
        ui.scroll_to(ui.paged.name, ui.scrolled(ui.paged.name, 99) + 1, ui.paged.rows - ui.paged.fit)
    assert not [text for text in seen if "\u2026" in text.rstrip("\u2026")], "nothing is cut in its middle"
    assert "Open files and folders from the desktop" in seen


@pytest.mark.parametrize("size", [(1024, 600), (640, 400)])
def test_long_words_leave_room_for_the_buttons(ui: Ui, size: tuple[int, int]) -> None:
    ui.window = Box(0, 0, *size)
    ui.presenter.show_error(Explanation("There is no picture in " + "/a/folder " * 90, "Choose one. " * 90, "details"))
    canvas = laid_out(ui)
    close, dialog = place_of(canvas, "error.close").box, place_of(canvas, "dialog").box
    labels = [shape for shape in canvas.shapes if isinstance(shape, Label)]
    own = labels[next(place for place, label in enumerate(labels) if label.text == "Something did not work") :]
    below = [label.y for label in own if close.y < label.y]
    assert all(label.y < dialog.bottom for label in own)
    assert {round(y) for y in below} == {round(close.middle)}, "nothing but the buttons' own words"


def test_many_classes_are_not_all_named_where_an_opened_folder_tells_nothing(
    presenter: Presenter, labelled: Path
) -> None:
    for number in range(30):
        (labelled / f"stray {number:02}").mkdir()
        (labelled / f"stray {number:02}" / "a.png").write_bytes((labelled / "0" / "a.png").read_bytes())
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 35 and idle(presenter))
    ui = Ui(presenter)
    presenter.set_view("accuracy")
    ui.window = Box(0, 0, 640, 400)
    canvas = laid_out(ui)
    assert place_of(canvas, "accuracy.folder").box.bottom < ui.window.h - status_bar.HEIGHT
    assert any("and 20 more" in text for text in canvas.texts())


def test_short_class_names_cut_no_word_of_the_matrix(presenter: Presenter, labelled: Path) -> None:
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and idle(presenter))
    presenter.set_view("accuracy")
    canvas = laid_out(Ui(presenter))
    word = next(shape for shape in canvas.shapes if isinstance(shape, Label) and shape.text == "precision")
    assert word.x - text_width(word.text, word.size, REGULAR) >= 0
