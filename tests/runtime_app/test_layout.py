"""What a frame consists of, laid out without a window: what can be seen, what can be reached, and where it lies."""

import itertools
from pathlib import Path

import pytest

from runtime_app.errors import Explanation
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.presenter import Presenter
from runtime_app.presenter.wording import percent
from runtime_app.typeface import MEDIUM, REGULAR, text_width
from runtime_app.view import frame, framing, heatmap_panel, status_bar, teaching, type_on_screen
from runtime_app.view import scale as screen_scale
from runtime_app.view.canvas import Box, Canvas, Hit, Label, Sprite
from runtime_app.view.shortcuts import BY_KEY
from runtime_app.view.ui import Ui
from tests.runtime_app.samples import TINY, many_pictures, until


@pytest.fixture
def ui(presenter: Presenter, tmp_path: Path) -> Ui:
    """Six pictures, classified, in a window of 1280 x 800 points."""
    presenter.open_paths([many_pictures(tmp_path / "many", 6)])
    until(presenter, lambda: presenter.library.classified == 6 and presenter.look is not None and presenter.look.result)
    until(presenter, lambda: idle(presenter))
    return Ui(presenter)


def idle(presenter: Presenter) -> bool:
    """Whether what is shown stays as it is."""
    return not any(worker.queue_length for name, worker in presenter.workers.items() if name not in ("watch", "bundle"))


def laid_out(ui: Ui, *, hovered: str | None = None, focused: str | None = None) -> Canvas:
    return frame.compose(ui, hovered, focused, with_tooltip=False)


def place_of(canvas: Canvas, name: str) -> Hit:
    return next(hit for hit in canvas.hits if hit.name == name)


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
