"""What the network sees of the picture, and the evidence map: of which class, how it is drawn, its scale."""

from functools import partial

import numpy as np

from runtime_app import evidence
from runtime_app.presenter.tasks import Look
from runtime_app.typeface import MEDIUM
from runtime_app.view import evidence_class, lists, widgets
from runtime_app.view.canvas import SMALL, Box, Canvas, Pixels, Same
from runtime_app.view.type_on_screen import text_width
from runtime_app.view.ui import Ui

HEIGHT = 164  # of all parts at their ease
LOWEST = 24  # of the most important ones in one line
_TWO_LINES, _COLUMNS, _AT_EASE = 60, 104, 132  # heights from which there is room for more
_SWITCHES = 144  # width of both
_INPUT = 120  # side of the enlarged network input
_CAPTION = 24  # height of a line of words above or below it


def draw(c: Canvas, box: Box, ui: Ui, look: Look) -> None:
    """As many parts as fit, the most important ones first: the class and the switches, opacity and scale, the input."""
    p, result = ui.presenter, look.result
    if result is None or p.loaded is None or p.evidence_class is None:
        return
    limit = evidence.scale_limit(result.evidence)
    if box.h < _COLUMNS:
        width = min(box.w - _SWITCHES - 8, box.w / 2)
        right = Box(box.x + width + 8, box.y, box.w - width - 8, LOWEST)
        _class(c, Box(box.x, box.y, width, LOWEST), ui, "Evidence: ")
        _switches(c, right, ui)
        if box.h >= _TWO_LINES:
            _opacity(c, Box(box.x, box.y + 29, width, 20), ui)
            _colour_bar(c, Box(right.x, box.y + 34, right.w, 10), limit, words=False)
        return
    left = _input(c, box, result.image)
    right = Box(left, box.y, box.right - left, box.h)
    ease = min(max((box.h - _COLUMNS) / (_AT_EASE - _COLUMNS), 0.0), 1.0)
    _class(c, Box(right.x, right.y - 4, right.w, 24), ui, "Evidence for ")
    _switches(c, Box(right.x, right.y + 16 + 8 * ease, right.w, 24), ui)
    _opacity(c, Box(right.x, right.y + 40 + 16 * ease, right.w, 20), ui)
    _colour_bar(c, Box(right.x, right.y + 60 + 28 * ease, right.w, 10), limit, words=True)


def _input(c: Canvas, box: Box, image: np.ndarray) -> float:
    """Returns where the next part may begin. image: uint8 [h, w, 3]."""
    height, width = image.shape[:2]
    title, caption = "What the network sees", f"{width} \u00d7 {height} pixels"
    c.text(box.x, box.y + 8, title, SMALL, c.palette.muted)
    most = _INPUT if box.w >= 320 else _INPUT - 16
    captioned = box.h >= 2 * _CAPTION + 72
    side = min(most, (box.h - _CAPTION - (20 if captioned else 0)) * width / height)
    picture = Box(box.x, box.y + _CAPTION, side, side * height / width)
    c.sprite(picture, ("input", Same(image)), lists.input_pixels(image, 2 * _INPUT))
    if captioned:
        c.text(picture.x, picture.bottom + 14, caption, SMALL, c.palette.muted)
    return max(picture.right, box.x + text_width(title, SMALL)) + 12


def _class(c: Canvas, box: Box, ui: Ui, words: str) -> None:
    """Whose evidence is shown; a click opens the list of classes."""
    p = ui.presenter
    assert p.loaded is not None and p.evidence_class is not None
    name = p.loaded.bundle.manifest.classes[p.evidence_class]
    x = box.x + text_width(words, SMALL)
    whole = text_width(name, SMALL, MEDIUM)
    shown = min(whole, box.right - x - 16)
    spot = Box(box.x - 4, box.y + 2, x + shown + 20 - box.x, box.h - 4)
    if c.hovered == "evidence_class":
        c.rectangle(spot, c.palette.hover, radius=4)
    c.text(box.x, box.middle, words, SMALL, c.palette.muted)
    c.text(x, box.middle, name, SMALL, c.palette.ink, bold=True, width=shown + 0.5)
    widgets.arrow(c, x + shown + 9, box.middle + 1, "down", size=3.2)
    widgets.focus_ring(c, spot, "evidence_class")
    hint = (f"{name}\n" if shown < whole else "") + "The evidence of another class (E)"
    c.hit(spot, "evidence_class", partial(evidence_class.pick, ui), tooltip=hint)


def _switches(c: Canvas, box: Box, ui: Ui) -> None:
    p, half = ui.presenter, box.w / 2
    on, cells = Box(box.x, box.y, half + 4, box.h), Box(box.x + half + 4, box.y, half - 4, box.h)
    widgets.switch(c, on, "evidence", "Map", p.settings.show_evidence, lambda: p.toggle("show_evidence"), "Space")
    hint = "True grid cells (G)"
    widgets.switch(c, cells, "grid", "Cells", p.settings.grid_cells, lambda: p.toggle("grid_cells"), hint)


def _opacity(c: Canvas, box: Box, ui: Ui) -> None:
    p, label = ui.presenter, text_width("Opacity", SMALL) + 4
    c.text(box.x, box.middle, "Opacity", SMALL, c.palette.muted)
    slide = Box(box.x + label, box.y, box.w - label, box.h)
    widgets.slider(c, slide, "opacity", p.settings.opacity, lambda share: p.change_settings(opacity=share), "[ and ]")


def _colour_bar(c: Canvas, box: Box, limit: float, *, words: bool) -> None:
    c.rectangle(box, (128, 128, 128))
    c.sprite(box, "evidence colours", _ramp)
    for share, text, anchor in ((0.0, f"\u2212{limit:g}", "l"), (0.5, "0", "m"), (1.0, f"+{limit:g}", "r")):
        c.text(box.x + share * box.w, box.bottom + 12, text, SMALL, c.palette.muted, anchor=anchor)
    if words:
        y, unit = box.bottom + 28, "logit units" if box.w > 160 else "logits"
        for x, text, anchor in ((box.x, "against", "l"), (box.centre, unit, "m"), (box.right, "for", "r")):
            c.text(x, y, text, SMALL, c.palette.muted, anchor=anchor)
    hint = "One scale for all classes of this picture. A class's logit is the mean of its map plus a constant."
    c.hit(Box(box.x, box.y - 2, box.w, 44 if words else 28), "scale", tooltip=hint, focusable=False)


def _ramp() -> Pixels:
    rgba = evidence.colour(np.linspace(-1, 1, 128))
    return np.divide(rgba, 255, dtype=np.float32).ravel(), 128, 1
