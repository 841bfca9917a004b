"""Everything that lies over the window: errors, help, settings, about, the list of bundles, what to export."""

from runtime_app.errors import Explanation
from runtime_app.view import (
    about_dialog,
    bundles_dialog,
    class_list,
    export_dialog,
    lists,
    recent_dialog,
    settings_dialog,
    widgets,
)
from runtime_app.view.canvas import BODY, SMALL, TITLE, Box, Canvas
from runtime_app.view.shortcuts import SHORTCUTS
from runtime_app.view.ui import Ui

_PAD, _LINE = 24, 20
_BAR_ROOM = 8  # what the scroll bar takes of the text's width; the rest of it lies in the edge


def draw(c: Canvas, ui: Ui) -> None:
    p = ui.presenter
    if p.errors:
        _error(c, ui, p.errors[0])
    elif ui.dialog == "help":
        _help(c, ui)
    elif ui.dialog == "settings":
        settings_dialog.draw(c, frame(c, ui, "Settings", 560, 480), ui)
    elif ui.dialog == "about":
        about_dialog.draw(c, frame(c, ui, "About", 720, 560), ui)
    elif ui.dialog == "export":
        export_dialog.draw(c, frame(c, ui, "Save results", 520, 344), ui)
    elif ui.dialog in ("classes", "evidence"):
        class_list.draw(c, frame(c, ui, class_list.title(ui), 560, class_list.height(ui)), ui)
    elif ui.dialog == "bundles":
        bundles_dialog.draw(c, frame(c, ui, "Bundles", 620, bundles_dialog.height(ui)), ui)
    elif ui.dialog == "recent":
        recent_dialog.draw(c, frame(c, ui, "Folders opened before", 620, recent_dialog.height(ui)), ui)


def frame(c: Canvas, ui: Ui, title: str, width: float, height: float, *, close: bool = True) -> Box:
    """Dim the window, draw an empty dialog in its middle; returns the room inside. A click beside it closes it."""
    window = ui.window
    c.rectangle(window, (0, 0, 0, 130))
    c.shield(window, "backdrop", (lambda: ui.show_dialog(None)) if close else None)
    width, height = min(width, window.w - 32), min(height, window.h - 32)
    box = Box(round(window.centre - width / 2), round(window.middle - height / 2), width, height)
    c.rectangle(box, c.palette.surface, border=c.palette.border, radius=10)
    c.hit(box, "dialog", focusable=False)
    c.text(box.x + _PAD, box.y + 32, title, TITLE, c.palette.ink, bold=True, width=width - 2 * _PAD - 32)
    if close:
        spot = Box(box.right - 48, box.y + 16, 32, 32)
        if c.hovered == "close":
            c.rectangle(spot, c.palette.hover, radius=widgets.RADIUS)
        for turn in (1, -1):
            c.line(spot.centre - 5, spot.middle - 5 * turn, spot.centre + 5, spot.middle + 5 * turn, c.palette.ink, 1.5)
        widgets.focus_ring(c, spot, "close")
        c.hit(spot, "close", lambda: ui.show_dialog(None), tooltip="Esc")
    return Box(box.x + _PAD, box.y + 60, width - 2 * _PAD, height - 60 - 20)


def _error(c: Canvas, ui: Ui, error: Explanation) -> None:
    """Plain title, advice, technical details; copy, open the log, go on."""
    p = ui.presenter
    room = frame(c, ui, "Something did not work", 640, 420, close=False)
    most = 5 if room.h > 320 else 3
    y = widgets.paragraph(c, Box(room.x, room.y, room.w, 100), error.title, BODY, bold=True, most=most)
    y = widgets.paragraph(c, Box(room.x, y + 4, room.w, 60), error.advice, BODY, most=most) + 12
    details = Box(room.x, y, room.w, room.bottom - 48 - y)
    c.rectangle(details, c.palette.back, radius=6)
    lines = widgets.wrap(error.details, SMALL, details.w - 32)
    text = Box(details.x + 12, details.y + 8, details.w - 16, details.h - 16)
    for place, line in enumerate(lists.rows_shown(c, text, ui, "error", len(lines), 18)):
        c.text(text.x, text.y + 18 * (place + 0.5), lines[line], SMALL, c.palette.muted)
    more = f"   1 of {len(p.errors)}" if len(p.errors) > 1 else ""
    row = Box(room.x, room.bottom - 34, 0, 34)
    x = row.x
    for name, label, click in (
        ("error.copy", "Copy details", ui.copy_verdict),
        ("error.log", "Open log", p.open_log),
    ):
        width = widgets.button_width(label)
        widgets.button(c, Box(x, row.y, width, 34), name, label, click, kind="raised")
        x += width + 8
    c.text(x, row.middle, more, SMALL, c.palette.muted)
    spot = Box(room.right - 112, row.y, 112, 34)
    widgets.button(c, spot, "error.close", "Go on", p.dismiss_error, kind="accent", tooltip="Esc")


def _help(c: Canvas, ui: Ui) -> None:
    rows = [(each.label or " or ".join(each.keys), each.words) for each in SHORTCUTS if each.words]
    rows += [
        ("1 to 9, 0", "Say which class it really is; again: take it back"),
        ("Tab, Enter", "Go through all controls, press one"),
        ("Drag on the picture", "Draw, move or resize the square"),
        ("Drop on the window", "Open files and folders from the desktop"),
        ("Wheel, right drag", "Zoom, pan"),
    ]
    columns = 2 if ui.window.w >= 840 else 1
    half = -(-len(rows) // columns)
    room = frame(c, ui, "Shortcuts", 880 if columns == 2 else 520, 92 + _LINE * half)
    column = (room.w + 24 - _BAR_ROOM) / columns
    body = Box(room.x, room.y, room.w + 8, room.h)
    for place, row in enumerate(lists.rows_shown(c, body, ui, "dialog.help", half, _LINE)):
        y = room.y + (place + 0.5) * _LINE
        for x, (keys, words) in zip((room.x, room.x + column)[:columns], rows[row::half], strict=False):
            c.text(x, y, keys, SMALL, c.palette.accent, width=132)
            c.text(x + 140, y, words, SMALL, c.palette.ink, width=column - 164)
