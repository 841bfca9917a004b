"""The list of classes from which a person says what the current picture really shows, or whose evidence is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from runtime_app.presenter import state as presenter_state
from runtime_app.presenter.shown import class_bars
from runtime_app.typeface import MEDIUM
from runtime_app.view import evidence_class, lists, teaching, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas, TextField
from runtime_app.view.type_on_screen import shorten_apart
from runtime_app.view.ui import Ui

_ROW, _FIELD, _FOOT = 36, 40, 44


@dataclass(frozen=True)
class _Question:
    """row: before the names of the places to click; marked: the answer so far; answer: takes a class, or None, which is
    what the button `back` answers (its name and label; None where nothing was answered); notes: right of each class."""

    title: str
    row: str
    marked: str | None
    answer: Callable[[Ui, str | None], None]
    back: tuple[str, str] | None
    hint: str
    notes: tuple[str, ...]


def title(ui: Ui) -> str:
    return _question(ui).title


def height(ui: Ui) -> float:
    """Of the whole dialog: up to ten rows of two columns."""
    classes = _classes(ui)
    rows = min(-(-len(classes) // 2), 10)
    return 80 + rows * _ROW + _FOOT + (_FIELD if len(classes) > presenter_state.KEYED else 0)


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    """Two columns in the bundle's own order; more than ten classes can be found by typing a part of the name."""
    p, classes, question = ui.presenter, _classes(ui), _question(ui)
    top = room.y
    if len(classes) > presenter_state.KEYED:
        place = Box(room.x, room.y, room.w, 28)
        hint = "Type a part of the name, then Enter"
        ui.text_field = TextField(place, question.row, hint, ui.class_text, partial(teaching.find_class, ui))
        top += _FIELD
    found = p.classes_like(ui.class_text)
    body = Box(room.x - 8, top, room.w + 16, room.bottom - _FOOT - top)
    if not found:
        c.text(room.x, top + 16, "No class has such a name", BODY, c.palette.muted)
    width = (body.w - lists.BAR) / 2
    shown = lists.rows_shown(c, body, ui, "class list", -(-len(found) // 2), _ROW)
    names = found[shown.start * 2 : shown.stop * 2]
    numbers = [classes.index(name) for name in names]
    fitted = shorten_apart(names, BODY, width - 68, numbers, MEDIUM)
    for place_, name in enumerate(names):
        spot = Box(body.x + place_ % 2 * width, body.y + place_ // 2 * _ROW, width - 4, _ROW - 4)
        _row(c, spot, ui, question, name, fitted[place_], question.notes[numbers[place_]])
    if question.back is not None:
        hit, label = question.back
        spot = Box(room.x, room.bottom - 34, widgets.button_width(label), 34)
        widgets.button(c, spot, hit, label, partial(question.answer, ui, None), kind="raised")
    c.text(room.right, room.bottom - 17, question.hint, SMALL, c.palette.muted, anchor="r")


def _row(c: Canvas, box: Box, ui: Ui, question: _Question, name: str, fitted: str, note: str) -> None:
    hit, chosen = f"{question.row}.{name}", question.marked == name
    if c.hovered == hit or chosen:
        c.rectangle(box, c.palette.hover if c.hovered == hit else c.palette.raised, radius=6)
    if chosen:
        c.rectangle(Box(box.x, box.y + 6, 3, box.h - 12), c.palette.accent, radius=1)
    c.text(box.x + 12, box.middle, fitted, BODY, c.palette.ink, bold=chosen)
    c.text(box.right - 12, box.middle, note, SMALL, c.palette.muted, anchor="r")
    widgets.focus_ring(c, box, hit)
    c.hit(box, hit, partial(question.answer, ui, name), tooltip=name if fitted != name else "")


def _question(ui: Ui) -> _Question:
    p, classes = ui.presenter, _classes(ui)
    if ui.dialog == "classes":
        said = p.correction(ui.asked_of)
        keys = tuple(f"{(index + 1) % 10}" if index < presenter_state.KEYED else "" for index in range(len(classes)))
        hint = "Kept between runs. The picture itself is never moved or changed."
        back = None if said is None else ("uncorrect", "Take it back")
        return _Question("What does the picture really show?", "say", said, teaching.say, back, hint, keys)
    shares = {bar.class_index: f"{bar.percent} %" for bar in class_bars(p)}
    return _Question(
        "Evidence for which class?",
        "evidence",
        classes[p.evidence_class] if shares and p.evidence_class is not None else None,
        evidence_class.choose,
        None if p.pinned_class is None else ("follow_best", "Follow the best class"),
        "The map shows what speaks for this class, and against it.",
        tuple(shares.get(index, "") for index in range(len(classes))),
    )


def _classes(ui: Ui) -> tuple[str, ...]:
    return () if ui.presenter.loaded is None else ui.presenter.loaded.bundle.manifest.classes
