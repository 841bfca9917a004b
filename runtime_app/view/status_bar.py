"""The line along the bottom: what really runs and why, the milliseconds of this picture, the progress of long work."""

from runtime_app.presenter.shown import status
from runtime_app.presenter.wording import times_words
from runtime_app.view import widgets
from runtime_app.view.canvas import SMALL, Box, Canvas
from runtime_app.view.type_on_screen import text_width
from runtime_app.view.ui import Ui

HEIGHT = 36
_WIDEST_TIMES = times_words(999, 999, 999)  # room for these, so that nothing moves from picture to picture


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    shown = status(ui.presenter)
    c.cover(box, c.palette.surface)
    c.line(box.x, box.y + 0.5, box.right, box.y + 0.5, c.palette.border)
    right = _progress(c, box, ui) - 20
    if shown.times:
        width = max(text_width(shown.times, SMALL), text_width(_WIDEST_TIMES, SMALL))
        right -= width
        c.text(right, box.middle, shown.times, SMALL, c.palette.muted)
        c.hit(Box(right, box.y, width, box.h), "times", tooltip=shown.times_hint, focusable=False)
        right -= 20
    dot = {"ready": c.palette.accent, "attention": c.palette.attention, "idle": c.palette.muted}[shown.state]
    c.rectangle(Box(box.x + 16, box.middle - 4, 8, 8), dot, radius=4)
    x = box.x + 32
    x += c.text(x, box.middle, shown.engine, SMALL, c.palette.ink, width=right - x)
    if shown.reason and right - x > 60:
        c.text(x + 8, box.middle, shown.reason, SMALL, c.palette.muted, width=right - x - 8)
    hint = f"{shown.engine}. {shown.reason}" if shown.reason else shown.engine
    spot = Box(box.x + 8, box.y, right - box.x - 8, box.h)
    name = "replaced" if ui.presenter.replaced else "engine"
    widgets.focus_ring(c, spot.inset(0, 5), name)
    if ui.presenter.replaced:
        hint = f"{ui.presenter.replaced} Click to open what lies there now."
        c.hit(spot, name, ui.presenter.reopen_bundle, tooltip=hint)
    else:
        c.hit(spot, name, lambda: ui.show_dialog("settings"), tooltip=hint)


def _progress(c: Canvas, box: Box, ui: Ui) -> float:
    """Bar, count and Cancel (or Continue) at the right end; returns where they begin."""
    p, shown = ui.presenter, status(ui.presenter)
    x = box.right - 16
    if shown.action:
        width = widgets.button_width(shown.action)
        x -= width
        click, key = (p.cancel, "Esc") if p.busy else (p.go_on, "")
        spot = Box(x, box.y + 4, width, box.h - 8)
        widgets.button(c, spot, "cancel", shown.action, click, kind="raised", tooltip=key)
        x -= 12
    if shown.progress_text:
        width = max(text_width(shown.progress_text, SMALL), text_width(shown.progress_widest, SMALL))
        c.text(x, box.middle, shown.progress_text, SMALL, c.palette.muted, anchor="r")
        x -= width
        c.hit(Box(x, box.y, width, box.h), "queue", tooltip=shown.progress_hint, focusable=False)
        x -= 12
    if shown.progress is not None:
        track = Box(x - 96, box.middle - 3, 96, 6)
        c.rectangle(track, c.palette.hover, radius=3)
        c.rectangle(Box(track.x, track.y, track.w * shown.progress, track.h), c.palette.accent, radius=3)
        x = track.x - 12
    return x
