"""The model card of the open bundle, its self-test, versions and licences, as scrollable text."""

from dataclasses import dataclass
from itertools import groupby, zip_longest

from runtime_app.presenter.about import Line, about_lines
from runtime_app.view import lists, widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas
from runtime_app.view.type_on_screen import text_width
from runtime_app.view.ui import Ui

_LINE, _SIZE, _GAP = 20, SMALL + 1, 24


@dataclass(frozen=True)
class _Drawn:
    """One line on the screen. columns: x and width of each cell."""

    text: str
    heading: bool = False
    cells: tuple[str, ...] = ()
    columns: tuple[tuple[float, float], ...] = ()


def _broken(lines: list[Line], width: float) -> list[_Drawn]:
    """Paragraphs and the cells of tables wrapped, the rows of each table on common columns."""
    drawn: list[_Drawn] = []
    for is_row, group in groupby(lines, key=lambda line: len(line.cells)):
        rows = list(group)
        if is_row:
            columns = _columns([row.cells for row in rows], width)
            for row in rows:
                parts = (widgets.wrap(cell, _SIZE, w) for cell, (_, w) in zip(row.cells, columns, strict=True))
                drawn += [_Drawn("", cells=cells, columns=columns) for cells in zip_longest(*parts, fillvalue="")]
            continue
        for line in rows:
            size = BODY if line.heading else _SIZE
            drawn += [
                _Drawn(part, heading=line.heading) for part in widgets.wrap(line.text, size, width, bold=line.heading)
            ]
    return drawn


def _columns(rows: list[tuple[str, ...]], width: float) -> tuple[tuple[float, float], ...]:
    """As wide as their widest cell; when that is too much, the widest column gives way."""
    widths = [max(text_width(cell, _SIZE) for cell in column) + 1 for column in zip(*rows, strict=True)]
    excess = sum(widths) + _GAP * (len(widths) - 1) - width
    if excess > 0:
        widest = widths.index(max(widths))
        widths[widest] = max(40.0, widths[widest] - excess)
    starts = [sum(widths[:place]) + _GAP * place for place in range(len(widths))]
    return tuple(zip(starts, widths, strict=True))


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    text = Box(room.x, room.y, room.w, room.h - 52)
    lines = _broken(about_lines(ui.presenter), text.w - 12)
    for place, row in enumerate(lists.rows_shown(c, text, ui, "dialog.about", len(lines), _LINE)):
        line, y = lines[row], text.y + _LINE * (place + 0.5)
        ink = c.palette.ink if line.heading else c.palette.muted
        if not line.cells:
            c.text(text.x, y, line.text, BODY if line.heading else _SIZE, ink, bold=line.heading)
        for cell, (x, width) in zip(line.cells, line.columns, strict=True):
            c.text(text.x + x, y, cell, _SIZE, ink, width=width)
    x = room.x
    for name, label, click in (
        ("about.selftest", "Run self-test", ui.selftest),
        ("about.log", "Open log", ui.presenter.open_log),
        ("about.copy", "Copy", lambda: ui.copy("\n".join(line.text for line in about_lines(ui.presenter)))),
    ):
        width = widgets.button_width(label)
        widgets.button(c, Box(x, room.bottom - 34, width, 34), name, label, click, kind="raised")
        x += width + 8
