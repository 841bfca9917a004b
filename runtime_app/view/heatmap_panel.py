"""All opened pictures (rows) by all classes (columns): probability as colour on one fixed scale, the number in each cell."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from runtime_app.colours import SEQUENTIAL, Rgb, Scale, ink_on
from runtime_app.heatmap_png import cell_text
from runtime_app.presenter.library import Filter
from runtime_app.presenter.shown import missing_words, row_words
from runtime_app.presenter.wording import percent
from runtime_app.typeface import MEDIUM
from runtime_app.view import lists, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas, Pixels, Same
from runtime_app.view.type_on_screen import shorten_apart, text_width
from runtime_app.view.ui import Listing, Ui

_LOWEST, _HIGHEST = 28, 40  # height of a row
_HEAD = 32
_MARGIN = 16
_THINNEST = 6  # width of a column
_NARROW, _NAME = 24, 76  # columns that are narrower than this share one name of this width among several
_SCALE = 72  # width of the colour bar with its numbers
_CLASSES = "heatmap.classes"


@dataclass(frozen=True)
class Columns:
    """Where the classes lie, in points. first, count: those that are shown; of thousands not all fit."""

    left: float
    width: float
    count: int
    first: int

    @property
    def right(self) -> float:
        return self.left + self.width * self.count

    def at(self, x: float) -> int | None:
        """The class whose column is there."""
        place = math.floor((x - self.left) / self.width)
        return self.first + place if 0 <= place < self.count else None


def columns_in(width: float, height: float, classes: int, ui: Ui | None = None) -> Columns:
    """width: of the view; height: of its rows, which begin with a square picture and a file's name; ui: what it was
    scrolled to."""
    grid = width - 2 * _MARGIN - _SCALE
    left = _MARGIN + height + 8 + min(240.0, grid * 0.26)
    room = _MARGIN + grid - lists.BAR - 4 - left
    count = min(classes, int(room // _THINNEST))
    first = 0 if ui is None else int(ui.scrolled(_CLASSES, classes - count))
    return Columns(left, min(96.0, room / max(count, 1)), count, first)


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    p = ui.presenter
    area = box.inset(_MARGIN, 12)
    end = lists.sort_tabs(c, area.x, area.y, ui)
    log = Box(end + 20, area.y, 120, 28)
    hint = "From 0.0001 to 1, so that small probabilities can be told apart (L)"
    widgets.switch(c, log, "log_scale", "Log scale", p.log_scale, p.toggle_log_scale, hint)
    filtered = p.filter != Filter()
    text = f"{len(p.listed()):,} of {len(p.library):,} listed" if filtered else ""
    every, label = widgets.button_width("List all") if filtered else 0.0, "Save PNG\u2026"
    taken = log.right + (12 + every if filtered else 0.0)
    if taken + 12 + widgets.button_width(label) > area.right:
        label = "Save"
    width = widgets.button_width(label)
    save = Box(area.right - width, area.y, width, 28)
    widgets.button(
        c, save, "save_heatmap", label, lambda: ui.show_dialog("export"), kind="raised", tooltip="Save as PNG (Ctrl+S)"
    )
    if filtered:
        spot = Box(min(log.right + 12, save.x - 8 - every), area.y, every, 28)
        room = save.x - 12 - every - log.right - 24
        if room >= text_width(text, SMALL):
            spot = Box(
                log.right + 24 + c.text(log.right + 12, area.y + 14, text, SMALL, c.palette.muted), area.y, every, 28
            )
        widgets.button(c, spot, "list_all", "List all", p.list_all, kind="raised", tooltip=f"{text} (A)")
    if p.loaded is None or not len(p.library):
        words = missing_words(p, "Open pictures to compare them here")
        c.text(box.centre, box.middle, words, BODY, c.palette.muted, anchor="m")
        return
    grid = Box(area.x, area.y + 40, area.w - _SCALE, area.h - 40)
    scale = Scale(SEQUENTIAL[p.settings.colours], p.log_scale)
    _grid(c, grid, ui, scale)
    _scale(c, Box(area.right - _SCALE + 20, grid.y + _HEAD, 14, min(grid.h - _HEAD, 320)), scale)


def _grid(c: Canvas, box: Box, ui: Ui, scale: Scale) -> None:
    p = ui.presenter
    assert p.loaded is not None
    classes = p.loaded.bundle.manifest.classes
    order = p.listed()
    ui.listing = Listing("heatmap", order)
    body = Box(box.x, box.y + _HEAD, box.w, box.h - _HEAD)
    height = min(max(body.h // max(len(order), 1), _LOWEST), _HIGHEST)
    columns = columns_in(ui.window.w, height, len(classes), ui)
    if columns.count < 1:  # a window that is minimised may have no width at all
        return
    pointed = columns.at(ui.pointer[0]) if (c.hovered or "").startswith("row.") else None
    if columns.count < len(classes):
        _pages(c, Box(box.x, box.y, columns.left - box.x - 12, _HEAD - 4), ui, columns, len(classes))
    _names(c, box.y, classes, columns, pointed)
    for line, row in enumerate(lists.rows_shown(c, body, ui, "heatmap", len(order), height)):
        spot = Box(body.x, body.y + line * height, columns.right - body.x, height)
        _row(c, spot, ui, int(order[row]), columns, scale)


def _pages(c: Canvas, box: Box, ui: Ui, columns: Columns, classes: int) -> None:
    """Which of the classes are shown, and the way to the others."""

    def turn(by: int) -> None:
        ui.scroll_to(_CLASSES, columns.first + by * columns.count, classes - columns.count)

    last = columns.first + columns.count
    for name, x, by, way in (("back", box.x, -1, "left"), ("forth", box.right - box.h, 1, "right")):
        spot, name = Box(x, box.y, box.h, box.h), f"{_CLASSES}.{name}"
        c.rectangle(spot, c.palette.hover if c.hovered == name else c.palette.raised, radius=widgets.RADIUS)
        widgets.arrow(c, spot.centre, spot.middle, way)
        widgets.focus_ring(c, spot, name)
        c.hit(spot, name, partial(turn, by), tooltip="Classes before" if by < 0 else "More classes")
    words, room = f"{columns.first + 1:,} to {last:,} of {classes:,}", box.w - 2 * box.h - 8
    if text_width(f"{words} classes", SMALL) <= room:
        words += " classes"
    c.text(box.centre, box.middle, words, SMALL, c.palette.muted, anchor="m", width=room)


def _names(c: Canvas, top: float, classes: tuple[str, ...], columns: Columns, pointed: int | None) -> None:
    """Above each column, or above every few where they are narrow; that of the column under the pointer in full."""
    taken = (0.0, 0.0)
    if pointed is not None:
        name, middle = classes[pointed], columns.left + (pointed - columns.first + 0.5) * columns.width
        width = text_width(name, SMALL, MEDIUM)
        start = max(min(middle - width / 2, columns.right - width), columns.left)
        c.text(start, top + _HEAD / 2 - 2, name, SMALL, c.palette.ink, bold=True)
        c.rectangle(Box(middle - columns.width / 2, top + _HEAD - 5, columns.width - 1, 3), c.palette.accent)
        taken = start - 6, start + width + 6
    step = 1 if columns.width >= _NARROW else math.ceil(_NAME / columns.width)
    room = step * columns.width
    named = range(columns.first, columns.first + columns.count, step)
    fitted = shorten_apart([classes[k] for k in named], SMALL, room - (4 if step == 1 else 10), named)
    for name, k in zip(fitted, named, strict=True):
        x, width = columns.left + (k - columns.first) * columns.width, text_width(name, SMALL)
        start = x + (room - width) / 2 if step == 1 else x + 5
        if taken[0] < start + width and start < taken[1]:
            continue
        c.text(start, top + _HEAD / 2 - 2, name, SMALL, c.palette.muted)
        if step > 1:
            c.line(x + 0.5, top + 4, x + 0.5, top + _HEAD - 2, c.palette.border)


def _row(c: Canvas, box: Box, ui: Ui, index: int, columns: Columns, scale: Scale) -> None:
    p = ui.presenter
    library, name, left = p.library, f"row.{index}", columns.left
    if c.hovered == name or index == p.current:
        c.rectangle(Box(box.x - 8, box.y, left - box.x + 8, box.h - 2), c.palette.raised, radius=4)
    if index == p.current:
        c.rectangle(Box(box.x - 8, box.y, 3, box.h - 2), c.palette.accent, radius=1)
    image = library.input_of(index)
    if image is not None:
        c.sprite(Box(box.x, box.y + 1, box.h - 4, box.h - 4), ("tiny", Same(image)), lists.input_pixels(image))
    text_ink = c.palette.danger if index in library.errors else c.palette.ink
    c.text(
        box.x + box.h + 8, box.middle - 1, library.paths[index].name, BODY, text_ink, width=left - box.x - box.h - 20
    )
    if library.label_of(index) is None:
        c.text(left + 8, box.middle - 1, row_words(p, index)[0], SMALL, c.palette.muted)
    else:
        shown = library.probabilities[index, columns.first : columns.first + columns.count]
        _cells(c, Box(left, box.y, columns.right - left, box.h), shown, columns.width, scale)
    widgets.focus_ring(c, Box(box.x - 6, box.y + 1, box.w + 6, box.h - 4), name)
    c.hit(box, name, partial(p.show_large, index))
    if c.hovered == name:
        ui.card = index


def _cells(c: Canvas, box: Box, values: NDArray[np.float32], column: float, scale: Scale) -> None:
    """values: [columns]"""
    grounds = scale(values)
    numbers = column >= text_width(cell_text(1.0), SMALL) + 4
    for place in range(len(values)):
        x = box.x + place * column
        ground: Rgb = tuple(int(v) for v in grounds[place])  # type: ignore[assignment]
        c.rectangle(Box(x, box.y, column - (2 if numbers else 0.5), box.h - 2), ground)
        if numbers:
            c.text(
                x + column / 2 - 1, box.middle - 1, cell_text(float(values[place])), SMALL, ink_on(ground), anchor="m"
            )


def _scale(c: Canvas, box: Box, scale: Scale) -> None:
    def make() -> Pixels:
        ramp = np.ones((128, 1, 4), dtype=np.float32)
        ramp[:, 0, :3] = scale.colours(np.linspace(1, 0, 128)) / 255
        return ramp.ravel(), 1, 128

    c.sprite(box, ("scale", scale.colours.name), make)
    for share, text in scale.ticks:
        c.text(box.right + 6, box.bottom - share * box.h, text, SMALL, c.palette.muted)


def card(c: Canvas, ui: Ui) -> None:
    """The hovered row's picture, larger, beside the pointer, with its name, its verdict and the class under the pointer."""
    index, p = ui.card, ui.presenter
    image = None if index is None else p.library.input_of(index)
    if index is None or index >= len(p.library):
        return
    words, path = [row_words(p, index)[0], *_pointed_words(c, ui, index)], p.library.paths[index]
    width = min(max(128.0, *(text_width(text, SMALL, MEDIUM) for text in (path.name, *words))), 280.0) + 24
    height = (140 if image is not None else 12) + 26 + 18 * len(words)
    x, y = ui.pointer
    left = x + 20 if x + 20 + width < ui.window.right else x - width - 12
    box = Box(left, min(y + 12, ui.window.bottom - height - 8), width, height)
    c.rectangle(box, c.palette.surface, border=c.palette.border, radius=8)
    if image is not None:
        thumbnail = p.thumbnails.get(path)
        if thumbnail is not None and thumbnail.rgba is not None:
            factor = 128 / max(thumbnail.size)
            w, h = thumbnail.size[0] * factor, thumbnail.size[1] * factor
            spot = Box(box.x + 12 + (128 - w) / 2, box.y + 12 + (128 - h) / 2, w, h)
            rgba, size = thumbnail.rgba, thumbnail.size
            c.sprite(spot, ("thumbnail", path, Same(rgba)), lambda: (rgba, size[0], size[1]))
        else:
            c.sprite(Box(box.x + 12, box.y + 12, 128, 128), ("tiny", Same(image)), lists.input_pixels(image))
            ui.want_thumbnails((index,))
    y = box.bottom - 14 - 18 * len(words)
    c.text(box.x + 12, y, path.name, SMALL, c.palette.ink, width=width - 24, bold=True)
    for place, (text, ink) in enumerate(zip(words, (c.palette.muted, c.palette.ink), strict=False), 1):
        c.text(box.x + 12, y + 18 * place, text, SMALL, ink, width=width - 24)


def _pointed_words(c: Canvas, ui: Ui, index: int) -> list[str]:
    """The class of the column under the pointer and its probability, where there is one."""
    p = ui.presenter
    row = next((hit.box for hit in c.hits if hit.name == f"row.{index}"), None)
    if row is None or p.loaded is None or p.library.label_of(index) is None:
        return []
    classes = p.loaded.bundle.manifest.classes
    place = columns_in(ui.window.w, row.h, len(classes), ui).at(ui.pointer[0])
    return [] if place is None else [f"{classes[place]} {percent(p.library.probabilities[index, place])} %"]
