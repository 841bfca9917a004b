"""What the heatmap and the gallery share: scrolling by whole rows, the scroll bar, small pictures, sorting."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from runtime_app.presenter.library import SORTS
from runtime_app.view import widgets
from runtime_app.view.canvas import SMALL, Box, Canvas, Drag, Pixels
from runtime_app.view.ui import Paged, Ui

BAR = 10  # width of the scroll bar
_ROOMY = 800  # of the window, from which on it is said what the tabs are for


def rows_shown(c: Canvas, box: Box, ui: Ui, name: str, rows: int, height: float, *, tab: bool = False) -> range:
    """Which rows fit into `box` at the present scroll position; adds the wheel and the scroll bar.

    tab: Tab reaches the scroll bar, where no key scrolls the list otherwise.
    """
    fit = max(1, int(box.h // height))
    most = max(0, rows - fit)
    first = int(ui.scrolled(name, most))
    ui.rows[name], ui.paged = fit, Paged(name, rows, fit)

    def wheel(turn: float, x: float, y: float) -> None:
        ui.scroll_to(name, first - round(3 * turn) if abs(turn) >= 0.34 else first - np.sign(turn), most)

    c.hit(box, f"{name}.list", wheel=wheel, focusable=False)
    if most:
        _scroll_bar(c, Box(box.right - BAR, box.y, BAR, box.h), ui, name, first, fit, rows, tab=tab)
    return range(first, min(first + fit, rows))


def _scroll_bar(c: Canvas, box: Box, ui: Ui, name: str, first: int, fit: int, rows: int, *, tab: bool) -> None:
    length = max(24.0, box.h * fit / rows)
    travel = box.h - length
    most = rows - fit
    knob = Box(box.x + 2, box.y + travel * first / most, box.w - 4, length)
    c.rectangle(knob, c.palette.muted if c.hovered == f"{name}.scroll" else c.palette.hover, radius=3)

    def drag(step: Drag) -> None:
        ui.scroll_to(name, round((step.at[1] - box.y - length / 2) / travel * most), most)

    def step(by: int) -> None:
        ui.scroll_to(name, first + by * fit, most)

    widgets.focus_ring(c, knob, f"{name}.scroll")
    c.hit(box, f"{name}.scroll", drag=drag, step=step, focusable=tab)


def ground(c: Canvas, box: Box, name: str, *, marked: bool = False) -> None:
    """Of a row. marked: it is what is open."""
    if c.hovered == name:
        c.rectangle(box, c.palette.hover, radius=6)
    if marked:
        c.rectangle(Box(box.x, box.y + 8, 3, box.h - 16), c.palette.accent, radius=1)


def sort_tabs(c: Canvas, x: float, y: float, ui: Ui) -> float:
    """Returns the right end."""
    roomy = ui.window.w >= _ROOMY
    if roomy:
        x += c.text(x, y + 14, "Sort by", SMALL, c.palette.muted) + 8
    box = Box(x, y, 320 if roomy else 280, 28)
    hint = "S goes through them; the least sure come first"
    widgets.tabs(
        c,
        box,
        "sort",
        [(sort, sort.capitalize()) for sort in SORTS],
        ui.presenter.sort,
        ui.presenter.set_sort,
        [hint] * 4,
    )
    return box.right


def input_pixels(image: NDArray[np.uint8], side: int = 0) -> Callable[[], Pixels]:
    """image: uint8 [h, w, 3]; side: how long the texture's longer side is at least, each pixel a block with hard edges."""

    def make() -> Pixels:
        rgba = np.ones((*image.shape[:2], 4), dtype=np.float32)
        rgba[..., :3] = image.astype(np.float32) / 255
        factor = max(1, math.ceil(side / max(image.shape[:2])))
        blocks = np.repeat(np.repeat(rgba, factor, axis=0), factor, axis=1)
        return blocks.ravel(), blocks.shape[1], blocks.shape[0]

    return make
