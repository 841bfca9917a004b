"""The column on the right: the verdict in words, the classes as bars, what the network sees, and the evidence's scale."""

from functools import partial

import numpy as np

from runtime_app import evidence
from runtime_app.presenter import Presenter
from runtime_app.presenter.shown import class_bars, words
from runtime_app.presenter.state import KEYED
from runtime_app.presenter.tasks import Look
from runtime_app.presenter.wording import Bar
from runtime_app.typeface import MEDIUM, text_width
from runtime_app.view import lists, teaching, widgets
from runtime_app.view.canvas import BODY, SMALL, TITLE, VERDICT, Box, Canvas, Pixels, Same
from runtime_app.view.ui import Ui

_PAD = 20
_BARS = 10
_INPUT = 120  # side of the enlarged network input
_EVIDENCE = 184  # height of the part below the bars


def width_for(window: float) -> float:
    """A little more than a quarter of the window, in multiples of 4 points."""
    return float(min(max(round(window * 0.29 / 4) * 4, 316), 460))


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    c.cover(box, c.palette.surface)
    c.line(box.x + 0.5, box.y, box.x + 0.5, box.bottom, c.palette.border)
    inner = Box(box.x + _PAD, box.y + 16, box.w - 2 * _PAD, box.h - 32)
    y = _verdict(c, inner, ui) + 12
    shown = class_bars(ui.presenter)
    if not shown:
        return
    widgets.divider(c, inner, y)
    room = inner.bottom - _EVIDENCE - 12 - (y + 8)
    row = min(max(room / _BARS, 18.0), 32.0)
    y = _bars(c, Box(inner.x, y + 8, inner.w, row * _BARS), ui, shown, row) + 8
    look = ui.presenter.current_look
    if look is not None and inner.bottom - y >= _EVIDENCE - 8:
        widgets.divider(c, inner, y)
        _evidence(c, Box(inner.x, y + 12, inner.w, _EVIDENCE - 12), ui, look)


def _verdict(c: Canvas, box: Box, ui: Ui) -> float:
    """Headline and detail in a place of one height, so that nothing below moves from picture to picture."""
    said = words(ui.presenter)
    tones = {"unsure": c.palette.attention, "none": c.palette.attention, "failed": c.palette.danger}
    ink = tones.get(said.tone, c.palette.ink)
    size = VERDICT if text_width(said.headline, VERDICT, MEDIUM) <= box.w else TITLE
    if said.headline:
        c.text(box.x, box.y + 20, said.headline, size, ink, bold=True, width=box.w)
    _correction(c, Box(box.x, box.y + 72, box.w, 24), ui)
    if said.tone == "failed":
        return box.y + 96
    c.text(
        box.x, box.y + 54, said.detail, BODY + 2, c.palette.muted if said.tone != "sure" else c.palette.ink, width=box.w
    )
    if said.hint:
        c.hit(Box(box.x, box.y, box.w, 72), "verdict", ui.copy_verdict, tooltip=said.hint)
        widgets.focus_ring(c, Box(box.x, box.y, box.w, 72), "verdict")
    return box.y + 96


def _correction(c: Canvas, box: Box, ui: Ui) -> None:
    """What a person said that the picture shows; a click opens the list of classes."""
    p = ui.presenter
    if p.loaded is None:
        return
    said = p.correction()
    label = "Wrong? Say what it is\u2026" if said is None else f"You said: {said}"
    width = min(text_width(label, SMALL, MEDIUM) + 16, box.w + 8)
    spot = Box(box.x - 8, box.y, width, box.h)
    if c.hovered == "correct":
        c.rectangle(spot, c.palette.hover, radius=4)
    ink = c.palette.muted if said is None else c.palette.accent
    c.text(box.x, box.middle, label, SMALL, ink, bold=said is not None, width=spot.w - 12)
    widgets.focus_ring(c, spot, "correct")
    c.hit(
        spot,
        "correct",
        partial(teaching.pick_class, ui),
        tooltip="C, or the keys 1 to 9 and 0 for the first ten classes",
    )


def _bars(c: Canvas, box: Box, ui: Ui, shown: tuple[Bar, ...], row: float) -> float:
    """Ranked, numbers aligned on their right; the pointer previews a class's evidence, a click keeps it."""
    p = ui.presenter
    names = min(max(text_width(bar.name, BODY, MEDIUM) for bar in shown), box.w * 0.4)
    numbers = text_width(">99", BODY)
    chosen = p.evidence_class
    for place, bar in enumerate(shown[:_BARS]):
        line = Box(box.x - 8, box.y + place * row, box.w + 16, row)
        name = f"bar.{bar.name}"
        if p.settings.show_evidence and bar.class_index == chosen:
            c.rectangle(line.inset(0, 1), c.palette.raised, radius=4)
        if bar.class_index == p.pinned_class:
            c.rectangle(Box(line.x, line.y + 4, 3, line.h - 8), c.palette.accent, radius=1)
        strong = place == 0
        ink = c.palette.ink if strong or bar.share >= 0.1 else c.palette.muted
        c.text(box.x, line.middle, bar.name, BODY, ink, bold=strong, width=names)
        track = Box(box.x + names + 12, line.middle - 5, box.w - names - numbers - 24, 10)
        c.rectangle(track, c.palette.back if c.palette.name == "dark" else c.palette.raised, radius=3)
        length = track.w * bar.share
        if length >= 1:
            c.rectangle(
                Box(track.x, track.y, length, track.h),
                c.palette.accent if strong else _quiet(c),
                radius=min(3, length / 2),
            )
        c.text(box.right, line.middle, bar.percent, BODY, ink, anchor="r", bold=strong)
        widgets.focus_ring(c, line, name)
        c.hit(
            line,
            name,
            partial(p.pin_class, None if bar.class_index == p.pinned_class else bar.class_index),
            hover=partial(_hover, p, bar.class_index),
            tooltip=_bar_hint(bar, pinned=bar.class_index == p.pinned_class),
        )
    if len(shown) > _BARS:
        rest = sum(bar.share for bar in shown[_BARS:])
        c.text(
            box.right,
            box.bottom + 2,
            f"{len(shown) - _BARS} more: {100 * rest:.0f}",
            SMALL,
            c.palette.muted,
            anchor="r",
        )
    return box.bottom


def _bar_hint(bar: Bar, *, pinned: bool) -> str:
    key = f" Key {(bar.class_index + 1) % 10}: it really is this." if bar.class_index < KEYED else ""
    return ("Click to follow the best class again." if pinned else "Click to keep this class's evidence.") + key


def _hover(p: Presenter, class_index: int, inside: bool) -> None:
    p.hover_class(class_index if inside else None)


def _quiet(c: Canvas) -> tuple[int, int, int]:
    """The accent, halfway to the surface."""
    one, other = c.palette.accent, c.palette.surface
    return (one[0] + other[0]) // 2, (one[1] + other[1]) // 2, (one[2] + other[2]) // 2


def _evidence(c: Canvas, box: Box, ui: Ui, look: Look) -> None:
    p, result = ui.presenter, look.result
    if result is None or p.loaded is None or p.evidence_class is None:
        return
    height, width = result.image.shape[:2]
    c.text(box.x, box.y + 8, "What the network sees", SMALL, c.palette.muted)
    side = _INPUT if box.w >= 320 else _INPUT - 16
    picture = Box(box.x, box.y + 24, side, side * height / width)
    c.sprite(picture, ("input", Same(result.image)), lists.input_pixels(result.image, 2 * _INPUT))
    c.text(picture.x, picture.bottom + 14, f"{width} \u00d7 {height} pixels", SMALL, c.palette.muted)
    left = max(picture.right, box.x + text_width("What the network sees", SMALL)) + 12
    right = Box(left, box.y, box.right - left, box.h)
    name = p.loaded.bundle.manifest.classes[p.evidence_class]
    c.text(right.x, right.y + 8, "Evidence for", SMALL, c.palette.muted)
    x = right.x + text_width("Evidence for ", SMALL)
    c.text(x, right.y + 8, name, SMALL, c.palette.ink, bold=True, width=right.right - x)
    settings = p.settings
    on = Box(right.x, right.y + 24, right.w / 2 + 4, 24)
    widgets.switch(c, on, "evidence", "Map", settings.show_evidence, lambda: p.toggle("show_evidence"), "Space")
    cells = Box(right.x + right.w / 2 + 4, on.y, right.w / 2 - 4, 24)
    widgets.switch(
        c, cells, "grid", "Cells", settings.grid_cells, lambda: p.toggle("grid_cells"), "True grid cells (G)"
    )
    label_width = text_width("Opacity", SMALL) + 4
    c.text(right.x, right.y + 66, "Opacity", SMALL, c.palette.muted)
    slide = Box(right.x + label_width, right.y + 56, right.w - label_width, 20)
    widgets.slider(c, slide, "opacity", settings.opacity, lambda share: p.change_settings(opacity=share), "[ and ]")
    _colour_bar(c, Box(right.x, right.y + 88, right.w, 10), evidence.scale_limit(result.evidence))


def _colour_bar(c: Canvas, box: Box, limit: float) -> None:
    c.rectangle(box, (128, 128, 128))
    c.sprite(box, "evidence colours", _ramp)
    for share, text, anchor in ((0.0, f"\u2212{limit:g}", "l"), (0.5, "0", "m"), (1.0, f"+{limit:g}", "r")):
        c.text(box.x + share * box.w, box.bottom + 12, text, SMALL, c.palette.muted, anchor=anchor)
    c.text(box.x, box.bottom + 28, "against", SMALL, c.palette.muted)
    c.text(box.centre, box.bottom + 28, "logit units" if box.w > 160 else "logits", SMALL, c.palette.muted, anchor="m")
    c.text(box.right, box.bottom + 28, "for", SMALL, c.palette.muted, anchor="r")
    hint = "One scale for all classes of this picture. A class's logit is the mean of its map plus a constant."
    c.hit(Box(box.x, box.y - 2, box.w, 44), "scale", tooltip=hint, focusable=False)


def _ramp() -> Pixels:
    rgba = evidence.colour(np.linspace(-1, 1, 128))
    return np.divide(rgba, 255, dtype=np.float32).ravel(), 128, 1
