"""All opened pictures (rows) by all classes (columns): probability as colour on one fixed scale, the number in each cell."""

import numpy as np

from runtime_app.colours import SEQUENTIAL, Rgb, Scale, ink_on
from runtime_app.heatmap_png import cell_text
from runtime_app.presenter.library import Filter, Library
from runtime_app.presenter.shown import row_words
from runtime_app.typeface import text_width
from runtime_app.view import lists, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas, Pixels, Same
from runtime_app.view.ui import Listing, Ui

_LOWEST, _HIGHEST = 28, 40  # height of a row
_HEAD = 32
_SCALE = 72  # width of the colour bar with its numbers


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    p = ui.presenter
    area = box.inset(16, 12)
    end = lists.sort_tabs(c, area.x, area.y, ui)
    log = Box(end + 20, area.y, 120, 28)
    hint = "From 0.0001 to 1, so that small probabilities can be told apart (L)"
    widgets.switch(c, log, "log_scale", "Log scale", p.log_scale, p.toggle_log_scale, hint)
    if p.filter != Filter():
        text = f"{len(p.listed()):,} of {len(p.library):,} listed"
        x = log.right + 12
        x += c.text(x, area.y + 14, text, SMALL, c.palette.muted) + 12
        spot = Box(x, area.y, widgets.button_width("List all"), 28)
        widgets.button(c, spot, "list_all", "List all", ui.list_all, kind="raised", tooltip="A")
    width = widgets.button_width("Save PNG\u2026")
    save = Box(area.right - width, area.y, width, 28)
    widgets.button(c, save, "save_heatmap", "Save PNG\u2026", lambda: ui.show_dialog("export"), kind="raised")
    if p.loaded is None or not len(p.library):
        c.text(box.centre, box.middle, "Open pictures to compare them here", BODY, c.palette.muted, anchor="m")
        return
    grid = Box(area.x, area.y + 40, area.w - _SCALE, area.h - 40)
    scale = Scale(SEQUENTIAL[p.settings.colours], p.log_scale)
    _grid(c, grid, ui, scale)
    _scale(c, Box(area.right - _SCALE + 20, grid.y + _HEAD, 14, min(grid.h - _HEAD, 320)), scale)


def _grid(c: Canvas, box: Box, ui: Ui, scale: Scale) -> None:
    p = ui.presenter
    assert p.loaded is not None
    classes = p.loaded.bundle.manifest.classes
    names = min(240.0, box.w * 0.26)
    order = p.listed()
    ui.listing = Listing("heatmap", order)
    body = Box(box.x, box.y + _HEAD, box.w, box.h - _HEAD)
    height = min(max(body.h // max(len(order), 1), _LOWEST), _HIGHEST)
    left = box.x + height + 8 + names
    columns = min(len(classes), int((box.right - lists.BAR - 4 - left) // 6))
    column = min(96.0, (box.right - lists.BAR - 4 - left) / max(columns, 1))
    for place in range(columns):
        if column >= 24:
            middle = left + (place + 0.5) * column
            c.text(middle, box.y + _HEAD / 2, classes[place], SMALL, c.palette.muted, anchor="m", width=column - 4)
    for line, row in enumerate(lists.rows_shown(c, body, ui, "heatmap", len(order), height)):
        spot = Box(body.x, body.y + line * height, left + column * columns - body.x, height)
        _row(c, spot, ui, int(order[row]), left, column, columns, scale)


def _row(c: Canvas, box: Box, ui: Ui, index: int, left: float, column: float, columns: int, scale: Scale) -> None:
    p = ui.presenter
    library, name = p.library, f"row.{index}"
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
        _cells(c, Box(left, box.y, column * columns, box.h), library, index, column, scale)
    c.hit(box, name, lambda: _open(ui, index))
    if c.hovered == name:
        ui.card = index


def _cells(c: Canvas, box: Box, library: Library, index: int, column: float, scale: Scale) -> None:
    values = library.probabilities[index]
    grounds = scale(values)
    numbers = column >= 36
    for place in range(round(box.w / column)):
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


def _open(ui: Ui, index: int) -> None:
    ui.presenter.show(index)
    ui.presenter.set_view("picture")


def card(c: Canvas, ui: Ui) -> None:
    """The hovered row's picture, larger, beside the pointer, with its name and verdict."""
    index, p = ui.card, ui.presenter
    image = None if index is None else p.library.input_of(index)
    if index is None or index >= len(p.library):
        return
    words, path = row_words(p, index)[0], p.library.paths[index]
    width = min(max(128.0, text_width(path.name, SMALL), text_width(words, SMALL)), 280.0) + 24
    height = (140 if image is not None else 12) + 44
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
    c.text(box.x + 12, box.bottom - 32, path.name, SMALL, c.palette.ink, width=width - 24, bold=True)
    c.text(box.x + 12, box.bottom - 14, words, SMALL, c.palette.muted, width=width - 24)
