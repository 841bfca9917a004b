"""A folder of known classes: accuracy, the confusion matrix, and the mistakes, the most confident first."""

from functools import partial

import numpy as np

from runtime_app.colours import SEQUENTIAL, Rgb, ink_on
from runtime_app.evaluation import Evaluation
from runtime_app.presenter.accuracy import Accuracy, accuracy, cell_words, headline
from runtime_app.presenter.shown import missing_words, row_words
from runtime_app.presenter.wording import percent
from runtime_app.typeface import MEDIUM
from runtime_app.view import lists, opening, widgets
from runtime_app.view.canvas import BODY, SMALL, VERDICT, Box, Canvas, Same
from runtime_app.view.type_on_screen import shorten_apart, text_width
from runtime_app.view.ui import Listing, Ui

_HEAD, _ROW = 32, 52
_FIGURE = 64  # width of the recall's column


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    p = ui.presenter
    area = box.inset(16, 12)
    found = accuracy(p)
    if found is None:
        _explain(c, area, ui)
        return
    figure, words = headline(found)
    width = c.text(area.x, area.y + 18, figure, VERDICT, c.palette.ink, bold=True)
    side = min(340.0, max(280.0, area.w * 0.3))
    c.text(area.x + width + 16, area.y + 22, words, BODY, c.palette.muted, width=area.w - side - width - 40)
    body = Box(area.x, area.y + 48, area.w, area.h - 48)
    _mistakes(c, Box(area.right - side, area.y, side, area.h), ui, found)
    _matrix(c, Box(body.x, body.y, body.w - side - 24, body.h), ui, found.evaluation)


def _explain(c: Canvas, area: Box, ui: Ui) -> None:
    """What a folder must look like, or why an opened one tells nothing."""
    p = ui.presenter
    if missing := missing_words(p, ""):
        c.text(area.centre, area.middle, missing, BODY, c.palette.muted, anchor="m")
        return
    column = Box(area.centre - min(280.0, area.w / 2), area.middle - 80, min(560.0, area.w), 200)
    obstacle = p.truth.obstacle
    title, advice = obstacle or (
        "Open a folder whose subfolders are named after the classes",
        "Accuracy, confusion matrix and mistakes then appear here: the figures of `evaluate`.",
    )
    y = widgets.paragraph(c, column, title, BODY + 2, bold=True, most=6)
    y = widgets.paragraph(c, Box(column.x, y + 8, column.w, 80), advice, muted=True, most=6)
    spot = Box(column.x, y + 12, widgets.button_width("Open a folder\u2026"), widgets.HEIGHT)
    widgets.button(c, spot, "accuracy.folder", "Open a folder\u2026", partial(opening.open_folder, ui), kind="raised")


def _mistakes(c: Canvas, box: Box, ui: Ui, found: Accuracy) -> None:
    p = ui.presenter
    assert p.loaded is not None
    end = box.right
    if p.cell is not None:
        width = widgets.button_width("All mistakes")
        end -= width
        spot = Box(end, box.y + 2, width, 28)
        widgets.button(c, spot, "accuracy.all", "All mistakes", partial(p.choose_cell, None), kind="raised")
    title = Box(box.x, box.y + 4, end - box.x - 8, 28)
    drawn = c.text(title.x, title.middle, found.title, BODY, c.palette.ink, bold=True, width=title.w)
    if drawn < text_width(found.title, BODY, MEDIUM):
        c.hit(title, "listed", tooltip=found.title, focusable=False)
    body = Box(box.x, box.y + 48, box.w, box.h - 48)
    if not len(found.listed):
        none = "No mistake so far" if p.cell is None else "No picture is in this cell any more"
        words = none if found.evaluation.n else "Nothing is classified yet"
        c.text(body.x, body.y + 16, words, BODY, c.palette.muted)
        return
    ui.listing = Listing("mistakes", found.listed)
    labels, classes = p.true_labels, p.loaded.bundle.manifest.classes
    for line, row in enumerate(lists.rows_shown(c, body, ui, "mistakes", len(found.listed), _ROW)):
        index = int(found.listed[row])
        spot = Box(body.x, body.y + line * _ROW, body.w - lists.BAR - 4, _ROW - 4)
        _mistake(c, spot, ui, index, classes[int(labels[index])])


def _mistake(c: Canvas, box: Box, ui: Ui, index: int, true: str) -> None:
    """The picture, what it is, what the network said instead and how surely, its name."""
    p, name = ui.presenter, f"mistake.{index}"
    if c.hovered == name or index == p.current:
        c.rectangle(box, c.palette.raised, radius=6)
    image = p.library.input_of(index)
    if image is not None:
        c.sprite(Box(box.x + 4, box.y + 4, 40, 40), ("tiny", Same(image)), lists.input_pixels(image))
    words, state = row_words(p, index)
    ink = c.palette.ink if state == "sure" else c.palette.attention
    x = box.x + 54
    named = c.text(x, box.y + 15, true, BODY, c.palette.ink, bold=True, width=box.w * 0.4)
    x += named
    said, number, sign = words.rsplit(" ", 2)  # the figure is never cut: "00 %" would be another one
    figure = f" {number} {sign}"
    told = c.text(x + 8, box.y + 15, said, BODY, ink, width=box.right - x - 12 - text_width(figure, BODY))
    c.text(x + 8 + told, box.y + 15, figure, BODY, ink)
    cut = named < text_width(true, BODY, MEDIUM) or told < text_width(said, BODY)
    c.text(box.x + 54, box.y + 34, p.library.paths[index].name, SMALL, c.palette.muted, width=box.w - 60)
    widgets.focus_ring(c, box, name)
    c.hit(box, name, partial(p.show_large, index), tooltip=f"{true}: {words}" if cut else "")


def _matrix(c: Canvas, box: Box, ui: Ui, evaluation: Evaluation) -> None:
    """Rows: what it is; columns: what the network said; colour: share of the row. Recall at the right, precision below."""
    count = len(evaluation.classes)
    longest = max(text_width(name, SMALL, MEDIUM) for name in (*evaluation.classes, "precision"))
    names = min(longest + 12, box.w * 0.25, 140.0)
    across = min((box.w - names - _FIGURE) / count, 88.0)
    down = min((box.h - 2 * _HEAD) / count, 52.0)
    cells = Box(box.x + names, box.y + _HEAD, across * count, down * count)
    shares = evaluation.counts / np.maximum(evaluation.counts.sum(axis=1, keepdims=True), 1)
    colours = SEQUENTIAL[ui.presenter.settings.colours]
    grounds = colours(shares).tolist()
    gap = 1 if min(across, down) > 8 else 0
    c.rectangle(cells, colours.rgb(0.0))
    if gap:
        for line in range(1, count):
            x, y = cells.x + line * across - 0.5, cells.y + line * down - 0.5
            c.line(x, cells.y, x, cells.bottom, c.palette.back)
            c.line(cells.x, y, cells.right, y, c.palette.back)
    _edges(c, cells, evaluation, across, down, names)
    for row, column in np.argwhere(evaluation.counts).tolist():
        spot = Box(cells.x + column * across, cells.y + row * down, across - gap, down - gap)
        cell, name = (row, column), f"cell.{row}.{column}"
        ground: Rgb = tuple(grounds[row][column])
        c.rectangle(spot, ground)
        text = f"{evaluation.counts[row, column]:,}"
        if down >= 16 and across >= max(20, text_width(text, SMALL) + 2):
            c.text(spot.centre, spot.middle, text, SMALL, ink_on(ground), anchor="m")
        if cell == ui.presenter.cell or c.hovered == name:
            c.rectangle(spot.inset(-1), None, border=c.palette.ink, radius=2, thickness=2)
        widgets.focus_ring(c, spot, name)
        c.hit(spot, name, partial(ui.presenter.choose_cell, cell), tooltip=cell_words(evaluation, cell))


def _edges(c: Canvas, cells: Box, evaluation: Evaluation, across: float, down: float, names: float) -> None:
    """Class names, where they fit, and what `evaluate` calls recall and precision."""
    rows = evaluation.per_class()
    named = down >= 12
    if named:
        c.text(cells.right + _FIGURE - 8, cells.y - 16, "recall", SMALL, c.palette.muted, anchor="r")
    precise = across >= text_width("100 %", SMALL) + 4
    if precise:
        c.text(cells.x - 12, cells.bottom + 16, "precision", SMALL, c.palette.muted, anchor="r")
    classes, numbers = evaluation.classes, range(len(evaluation.classes))
    left = shorten_apart(classes, SMALL, names - 12, numbers) if named else ()
    above = shorten_apart(classes, SMALL, across - 4, numbers) if across >= 24 else ()
    for place, row in enumerate(rows):
        x, y = cells.x + (place + 0.5) * across, cells.y + (place + 0.5) * down
        if named:
            c.text(cells.x - 12, y, left[place], SMALL, c.palette.ink, anchor="r")
            c.text(cells.right + _FIGURE - 8, y, _share(row.recall), SMALL, c.palette.ink, anchor="r")
        if above:
            c.text(x, cells.y - 16, above[place], SMALL, c.palette.muted, anchor="m")
        if precise:
            c.text(x, cells.bottom + 16, _share(row.precision), SMALL, c.palette.ink, anchor="m")
    c.hit(
        Box(cells.right, cells.y - _HEAD, _FIGURE, cells.h + _HEAD), "recall", focusable=False,
        tooltip="Share of the class's pictures that the network recognised",
    )  # fmt: skip
    c.hit(
        Box(cells.x, cells.bottom, cells.w, _HEAD), "precision", focusable=False,
        tooltip="Share of the pictures given this name that really are of the class",
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "\u2013" if value is None else f"{percent(value)} %"
