"""Thumbnails of one size with the verdict under each; a coloured edge only where something deserves attention."""

from functools import partial

from runtime_app.presenter.library import FAILED, NONE, SURE, UNSURE
from runtime_app.presenter.shown import is_wrong, missing_words, row_words
from runtime_app.typeface import MEDIUM
from runtime_app.view import lists, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas, Same, TextField
from runtime_app.view.type_on_screen import shorten_apart, text_width
from runtime_app.view.ui import Listing, Ui

_TILE, _GAP, _CAPTION = 144, 12, 44
_STATES = ((None, "All"), (SURE, "Sure"), (UNSURE, "Unsure"), (NONE, "None"), (FAILED, "Failed"))
_SIDE = 184  # width of the list of classes


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    p = ui.presenter
    area = box.inset(16, 12)
    _states(c, area, ui)
    if p.loaded is None or not len(p.library):
        words = missing_words(p, "Open pictures to see them here")
        c.text(box.centre, box.middle, words, BODY, c.palette.muted, anchor="m")
        return
    _classes(c, Box(area.x, area.y + 44, _SIDE, area.h - 44), ui)
    grid = Box(area.x + _SIDE + 16, area.y + 44, area.w - _SIDE - 16, area.h - 44)
    order = p.listed()
    if not len(order):
        c.text(grid.centre, grid.middle - 28, "No picture passes these filters", BODY, c.palette.muted, anchor="m")
        width = widgets.button_width("List all")
        spot = Box(grid.centre - width / 2, grid.middle - 8, width, 32)
        widgets.button(c, spot, "list_all", "List all", p.list_all, kind="raised", tooltip="A")
        return
    columns = max(1, int((grid.w - lists.BAR + _GAP) // (_TILE + _GAP)))
    side = float(int((grid.w - lists.BAR - _GAP * (columns - 1) - 4) / columns))
    height = side + _CAPTION
    rows = lists.rows_shown(c, grid, ui, "gallery", -(-len(order) // columns), height)
    ui.listing = Listing("gallery", order, columns)
    visible = order[rows.start * columns : rows.stop * columns]
    for place, index in enumerate(visible.tolist()):
        x = grid.x + (place % columns) * (side + _GAP)
        _tile(c, Box(x, grid.y + place // columns * height, side, height - 8), ui, int(index))
    ui.want_thumbnails(tuple(visible.tolist()))


def _states(c: Canvas, area: Box, ui: Ui) -> None:
    p = ui.presenter
    states = p.library.states
    x = area.x
    for state, label in _STATES:
        count = len(states) if state is None else int((states == state).sum())
        text, name = f"{label} {count:,}", f"state.{label}"
        width = widgets.button_width(text)
        spot = Box(x, area.y, width, 28)
        kind = "accent" if p.filter.state == state else "raised"
        widgets.button(c, spot, name, text, partial(p.set_filter, state=state), kind=kind)
        x += width + 4
    if p.knows_classes:
        text = f"Wrong {int(p.wrong.sum()):,}"
        spot = Box(x, area.y, widgets.button_width(text), 28)
        kind = "accent" if p.filter.wrong else "raised"
        hint = "The known class (by subfolder or correction) is another (W)"
        widgets.button(c, spot, "state.Wrong", text, partial(p.list_only, wrong=True), kind=kind, tooltip=hint)
        x = spot.right + 4
    if area.right - x > 420:
        width = text_width("Sort by", SMALL) + 328
        lists.sort_tabs(c, area.right - width, area.y, ui)


def _classes(c: Canvas, box: Box, ui: Ui) -> None:
    """The count of each class as a list; a click shows only that class."""
    p = ui.presenter
    assert p.loaded is not None
    place = Box(box.x, box.y, box.w - 16, 28)
    ui.text_field = TextField(place, "pictures", "Find by name", p.filter.text, ui.find_picture)
    names = ("All classes", *p.loaded.bundle.manifest.classes)
    counts = p.library.counts(len(names) - 1)
    chosen = p.filter
    c.text(box.x, box.y + 48, "Confidence", SMALL, c.palette.muted)
    words = f"{100 * chosen.least_confidence:.0f}\u2013{100 * chosen.most_confidence:.0f} %"
    c.text(box.x + box.w - 24, box.y + 48, words, SMALL, c.palette.ink, anchor="r")
    widgets.range_slider(
        c,
        Box(box.x - 4, box.y + 56, box.w - 12, 24),
        "confidence",
        chosen.least_confidence,
        chosen.most_confidence,
        lambda low, high: p.set_filter(least_confidence=low, most_confidence=high),
        "List only pictures whose best class is this probable",
    )
    top = box.y + 88
    body = Box(box.x, top, box.w, box.bottom - top)
    rows = lists.rows_shown(c, body, ui, "classes", len(names), 28, tab=True)
    fitted = shorten_apart(names[rows.start : rows.stop], BODY, box.w - 88, range(rows.start - 1, rows.stop - 1))
    for line, row in enumerate(rows):
        spot = Box(body.x, body.y + line * 28, box.w - 16, 28)
        label = None if row == 0 else row - 1
        name = f"class.{names[row]}"
        if p.filter.label == label:
            c.rectangle(spot, c.palette.raised, radius=4)
            c.rectangle(Box(spot.x, spot.y + 6, 3, 16), c.palette.accent, radius=1)
        elif c.hovered == name:
            c.rectangle(spot, c.palette.surface, radius=4)
        number = f"{int(counts.sum() if row == 0 else counts[row - 1]):,}"
        c.text(spot.x + 12, spot.middle, fitted[line], BODY, c.palette.ink)
        c.text(spot.right - 8, spot.middle, number, BODY, c.palette.muted, anchor="r")
        widgets.focus_ring(c, spot, name)
        hint = names[row] if fitted[line] != names[row] else ""
        c.hit(spot, name, partial(p.set_filter, label=label), tooltip=hint)


def _tile(c: Canvas, box: Box, ui: Ui, index: int) -> None:
    p = ui.presenter
    path, name = p.library.paths[index], f"tile.{index}"
    words, state = row_words(p, index)
    frame = Box(box.x, box.y, box.w, box.w)
    c.rectangle(frame, c.palette.hover if c.hovered == name else c.palette.surface, radius=8)
    thumbnail = p.thumbnails.get(path)
    if thumbnail is not None and thumbnail.rgba is not None:
        rgba, size = thumbnail.rgba, thumbnail.size
        factor = (box.w - 12) / max(size)
        w, h = size[0] * factor, size[1] * factor
        spot = Box(frame.centre - w / 2, frame.middle - h / 2, w, h)
        c.sprite(spot, ("thumbnail", path, Same(rgba)), lambda: (rgba, size[0], size[1]))
    edge = {"unsure": c.palette.attention, "none": c.palette.attention, "failed": c.palette.danger}.get(state)
    if is_wrong(p, index):
        edge = c.palette.danger
    if edge is not None:
        c.rectangle(frame.inset(1), None, border=edge, radius=8, thickness=2)
    if index == p.current:
        c.rectangle(frame.inset(-2), None, border=c.palette.accent, radius=10, thickness=2)
    c.text(box.x + 2, frame.bottom + 10, words, SMALL, c.palette.ink, width=box.w - 4, bold=state == "sure")
    c.text(box.x + 2, frame.bottom + 26, path.name, SMALL, c.palette.muted, width=box.w - 4)
    widgets.focus_ring(c, box, name)  # around the words too, unlike the frame of the current picture
    cut = max(text_width(path.name, SMALL), text_width(words, SMALL, MEDIUM)) > box.w - 4
    hint = p.library.errors[index].title if index in p.library.errors else f"{words}\n{path.name}" if cut else ""
    c.hit(frame, name, partial(p.show_large, index), tooltip=hint)
