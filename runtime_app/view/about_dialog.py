"""The model card of the open bundle, its self-test, versions and licences, as scrollable text."""

from runtime_app.presenter.about import about_lines
from runtime_app.terminal import log_file
from runtime_app.view import widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas
from runtime_app.view.ui import Ui

_LINE = 20


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    text = Box(room.x, room.y, room.w, room.h - 52)
    lines: list[tuple[str, bool]] = []
    for paragraph, heading in about_lines(ui.presenter):
        lines += [
            (line, heading)
            for line in widgets.wrap(paragraph, BODY if heading else SMALL + 1, text.w - 12, bold=heading)
        ]
    fit = int(text.h // _LINE)
    first = int(ui.scrolled("dialog.about", len(lines) - fit))
    for place, (line, heading) in enumerate(lines[first : first + fit]):
        ink = c.palette.ink if heading else c.palette.muted
        c.text(text.x, text.y + _LINE * (place + 0.5), line, BODY if heading else SMALL + 1, ink, bold=heading)
    c.hit(
        text,
        "about.text",
        focusable=False,
        wheel=lambda turn, x, y: ui.scroll_to("dialog.about", first - 3 * turn, len(lines) - fit),
    )
    if len(lines) > fit:
        length = max(24.0, text.h * fit / len(lines))
        top = text.y + (text.h - length) * first / (len(lines) - fit)
        c.rectangle(Box(text.right - 4, top, 4, length), c.palette.hover, radius=2)
    x = room.x
    for name, label, click in (
        ("about.selftest", "Run self-test", ui.presenter.selftest),
        ("about.log", "Open log", lambda: ui.open_file(log_file())),
        ("about.copy", "Copy", lambda: ui.copy("\n".join(line for line, _ in about_lines(ui.presenter)))),
    ):
        width = widgets.button_width(label)
        widgets.button(c, Box(x, room.bottom - 34, width, 34), name, label, click, kind="raised")
        x += width + 8
