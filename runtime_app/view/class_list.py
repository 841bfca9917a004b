"""The list of classes from which a person says what the current picture really shows."""

from functools import partial

from runtime_app.presenter import state as presenter_state
from runtime_app.view import lists, teaching, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas, TextField
from runtime_app.view.ui import Ui

_ROW, _FIELD, _FOOT = 36, 40, 44


def height(ui: Ui) -> float:
    """Of the whole dialog: up to ten rows of two columns."""
    classes = _classes(ui)
    rows = min(-(-len(classes) // 2), 10)
    return 80 + rows * _ROW + _FOOT + (_FIELD if len(classes) > presenter_state.KEYED else 0)


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    """Two columns in the bundle's own order; more than ten classes can be found by typing a part of the name."""
    p, classes = ui.presenter, _classes(ui)
    top = room.y
    if len(classes) > presenter_state.KEYED:
        place = Box(room.x, room.y, room.w, 28)
        ui.text_field = TextField(
            place, "classes", "Type a part of the name, then Enter", ui.class_text, partial(teaching.find_class, ui)
        )
        top += _FIELD
    found = p.classes_like(ui.class_text)
    body = Box(room.x - 8, top, room.w + 16, room.bottom - _FOOT - top)
    if not found:
        c.text(room.x, top + 16, "No class has such a name", BODY, c.palette.muted)
    width = (body.w - lists.BAR) / 2
    shown = lists.rows_shown(c, body, ui, "class list", -(-len(found) // 2), _ROW)
    for place_, name in enumerate(found[shown.start * 2 : shown.stop * 2]):
        spot = Box(body.x + place_ % 2 * width, body.y + place_ // 2 * _ROW, width - 4, _ROW - 4)
        _row(c, spot, ui, name, classes.index(name))
    if p.correction() is not None:
        label = "Take it back"
        spot = Box(room.x, room.bottom - 34, widgets.button_width(label), 34)
        widgets.button(c, spot, "uncorrect", label, partial(teaching.say, ui, None), kind="raised")
    hint = "Kept between runs. The picture itself is never moved or changed."
    c.text(room.right, room.bottom - 17, hint, SMALL, c.palette.muted, anchor="r")


def _row(c: Canvas, box: Box, ui: Ui, name: str, index: int) -> None:
    hit, chosen = f"say.{name}", ui.presenter.correction() == name
    if c.hovered == hit or chosen:
        c.rectangle(box, c.palette.hover if c.hovered == hit else c.palette.raised, radius=6)
    if chosen:
        c.rectangle(Box(box.x, box.y + 6, 3, box.h - 12), c.palette.accent, radius=1)
    c.text(box.x + 12, box.middle, name, BODY, c.palette.ink, bold=chosen, width=box.w - 48)
    if index < presenter_state.KEYED:
        c.text(box.right - 12, box.middle, f"{(index + 1) % 10}", SMALL, c.palette.muted, anchor="r")
    widgets.focus_ring(c, box, hit)
    c.hit(box, hit, partial(teaching.say, ui, name))


def _classes(ui: Ui) -> tuple[str, ...]:
    return () if ui.presenter.loaded is None else ui.presenter.loaded.bundle.manifest.classes
