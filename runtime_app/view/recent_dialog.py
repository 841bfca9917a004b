"""The folders that were opened before."""

from functools import partial
from pathlib import Path

from runtime_app.view import lists, opening, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas
from runtime_app.view.ui import Ui

_ROW, _FOOT = 44, 48


def height(ui: Ui) -> float:
    """Of the whole dialog."""
    return 80 + _FOOT + _ROW * min(max(len(ui.presenter.recent_folders), 2), 8)


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    folders = ui.presenter.recent_folders
    if not folders:
        widgets.paragraph(c, room, "No folder was opened yet, or they are all gone.", muted=True)
    body = Box(room.x - 8, room.y, room.w + 16, room.h - _FOOT)
    for line, row in enumerate(lists.rows_shown(c, body, ui, "recent", len(folders), _ROW)):
        _folder(c, Box(body.x, body.y + _ROW * line, body.w - lists.BAR, _ROW - 4), ui, row, folders[row])
    label = "Another folder\u2026"
    spot = Box(room.x, room.bottom - 34, widgets.button_width(label), 34)
    widgets.button(c, spot, "recent_other", label, partial(_another, ui), kind="raised")


def _folder(c: Canvas, box: Box, ui: Ui, row: int, folder: Path) -> None:
    name = f"recent.{row}"
    lists.ground(c, box, name)
    x = box.x + 12
    x += c.text(x, box.middle, folder.name or str(folder), BODY, c.palette.ink, width=box.w * 0.5, bold=True)
    c.text(x + 12, box.middle, str(folder.parent), SMALL, c.palette.muted, width=box.right - x - 24)
    widgets.focus_ring(c, box, name)
    c.hit(box, name, partial(opening.open_recent, ui, folder), tooltip=str(folder))


def _another(ui: Ui) -> None:
    ui.show_dialog(None)
    opening.open_folder(ui)
