"""The bundles that were found or used before, with their accuracy and date."""

from functools import partial
from pathlib import Path

from runtime_app.catalog import no_bundle_advice
from runtime_app.presenter.bundles import BundleEntry
from runtime_app.typeface import MEDIUM
from runtime_app.view import lists, opening, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas
from runtime_app.view.type_on_screen import text_width
from runtime_app.view.ui import Ui

_ROW, _HEAD, _FOOT = 44, 24, 48


def height(ui: Ui) -> float:
    """Of the whole dialog."""
    return 80 + _HEAD + _FOOT + _ROW * min(max(len(ui.presenter.bundles or ()), 2), 8)


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    """All bundles that were found or used before: name, test accuracy, start of the training run."""
    p = ui.presenter
    entries = p.bundles
    body = Box(room.x - 8, room.y + _HEAD, room.w + 16, room.h - _HEAD - _FOOT)
    if entries:
        _columns(c, room)
    elif entries is None:
        c.text(room.x, room.y + 12, "Looking for bundles\u2026", BODY, c.palette.muted)
    else:
        widgets.paragraph(c, room, f"No bundle was found. {no_bundle_advice()}", muted=True)
    opened = p.loaded.bundle.path.absolute() if p.loaded is not None else None
    for line, row in enumerate(lists.rows_shown(c, body, ui, "bundles", len(entries or ()), _ROW)):
        assert entries is not None
        spot = Box(body.x, body.y + _ROW * line, body.w - lists.BAR, _ROW - 4)
        _bundle(c, spot, ui, row, entries[row], opened=entries[row].path.absolute() == opened)
    x = room.x
    for name, label, click, hint in (
        ("bundle_other", "A folder\u2026", partial(opening.open_bundle_dialog, ui), "A bundle's folder from anywhere"),
        (
            "bundle_zip",
            "A .zip\u2026",
            partial(opening.open_zip_dialog, ui),
            "A bundle that is one .zip, from anywhere",
        ),
    ):
        width = widgets.button_width(label)
        widgets.button(c, Box(x, room.bottom - 34, width, 34), name, label, click, kind="raised", tooltip=hint)
        x += width + 8


def _columns(c: Canvas, room: Box) -> None:
    right = room.right - lists.BAR + 8
    c.text(right - 12, room.y + 8, "trained", SMALL, c.palette.muted, anchor="r")
    c.text(right - 128, room.y + 8, "accuracy", SMALL, c.palette.muted, anchor="r")


def _bundle(c: Canvas, box: Box, ui: Ui, row: int, entry: BundleEntry, *, opened: bool) -> None:
    name = f"bundle.{row}"
    lists.ground(c, box, name, marked=opened)
    suffix = ".zip" if entry.path.suffix.lower() == ".zip" else ""
    width = box.w - 260
    taken = min(text_width(entry.name, BODY, MEDIUM), width)
    c.text(box.x + 12, box.middle, entry.name, BODY, c.palette.ink, width=width, bold=True)
    c.text(box.x + 20 + taken, box.middle, suffix, SMALL, c.palette.muted)
    c.text(box.right - 128, box.middle, entry.accuracy, BODY, c.palette.ink, anchor="r")
    c.text(box.right - 12, box.middle, entry.date, BODY, c.palette.muted, anchor="r")
    widgets.focus_ring(c, box, name)
    c.hit(box, name, partial(_open, ui, entry.path), tooltip=str(entry.path))


def _open(ui: Ui, path: Path) -> None:
    ui.show_dialog(None)
    ui.presenter.open_bundle(path)
