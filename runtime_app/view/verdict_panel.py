"""The column on the right: the verdict in words, the classes as bars, what the network sees, and the evidence's scale."""

from functools import partial

from runtime_app.presenter import Presenter
from runtime_app.presenter.shown import class_bars, words
from runtime_app.presenter.state import KEYED
from runtime_app.presenter.wording import Bar, percent
from runtime_app.typeface import MEDIUM
from runtime_app.view import evidence_class, evidence_panel, teaching, widgets
from runtime_app.view.canvas import BODY, SMALL, TITLE, VERDICT, Box, Canvas
from runtime_app.view.type_on_screen import shorten_apart, text_width
from runtime_app.view.ui import Ui

_PAD = 20
_BARS = 10
_LOWEST, _HIGHEST = 18.0, 32.0  # height of a bar's row
_MORE = 20  # height of the line below the bars that says how many classes have none
_GAP = 12  # below the line that divides the parts


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
    more = _MORE if len(shown) > _BARS else 0
    room = inner.bottom - evidence_panel.HEIGHT - 2 * _GAP - (y + 8) - more
    row = min(max(room / _BARS, _LOWEST), _HIGHEST)
    bars = Box(inner.x, y + 8, inner.w, min(row * _BARS, box.bottom - more - (y + 8)))
    y = _bars(c, bars, ui, shown, row) + 8
    look = ui.presenter.current_look
    left = Box(inner.x, y + _GAP, inner.w, inner.bottom + 4 - (y + _GAP))
    if look is not None and left.h >= evidence_panel.LOWEST:
        widgets.divider(c, inner, y)
        evidence_panel.draw(c, left, ui, look)


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
    detail = _both(class_bars(ui.presenter)[:2], box.w) if said.tone == "unsure" else said.detail
    ink = c.palette.muted if said.tone != "sure" else c.palette.ink
    c.text(box.x, box.y + 54, detail, BODY + 2, ink, width=box.w)
    if said.hint:
        cut = text_width(said.headline, size, MEDIUM) > box.w or text_width(said.detail, BODY + 2) > box.w
        hint = f"{said.headline}: {said.detail}\n{said.hint}" if cut else said.hint
        c.hit(Box(box.x, box.y, box.w, 72), "verdict", ui.copy_verdict, tooltip=hint)
        widgets.focus_ring(c, Box(box.x, box.y, box.w, 72), "verdict")
    return box.y + 96


def _both(candidates: tuple[Bar, ...], width: float) -> str:
    """Names as far as they fit, each with its whole figure."""
    figures = [f" {bar.percent} %" for bar in candidates]
    room = width - text_width(", ".join(figures), BODY + 2)
    names, numbers = [bar.name for bar in candidates], [bar.class_index for bar in candidates]
    if sum(text_width(name, BODY + 2) for name in names) > room:
        names = list(shorten_apart(names, BODY + 2, room / 2, numbers))
    return ", ".join(name + figure for name, figure in zip(names, figures, strict=True))


def _correction(c: Canvas, box: Box, ui: Ui) -> None:
    """What a person said that the picture shows; a click opens the list of classes."""
    p = ui.presenter
    if p.loaded is None:
        return
    said = p.correction()
    label = "Wrong? Say what it is\u2026" if said is None else f"You said: {said}"
    width = min(text_width(label, SMALL, MEDIUM) + 16, box.w + 8)
    spot = Box(box.x - 8, box.y, width, box.h)
    ink = c.palette.muted if said is None else c.palette.accent
    if c.hovered == "correct":
        c.rectangle(spot, c.palette.hover, radius=4)
        ink = c.palette.ink  # the accent is too faint on this ground
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
    count = min(_BARS, int(box.h / row + 0.01))
    fitted = shorten_apart(
        [bar.name for bar in shown[:count]], BODY, names, [bar.class_index for bar in shown[:count]], MEDIUM
    )
    for place, bar in enumerate(shown[:count]):
        line = Box(box.x - 8, box.y + place * row, box.w + 16, row)
        name = f"bar.{bar.name}"
        if p.settings.show_evidence and bar.class_index == chosen:
            c.rectangle(line.inset(0, 1), c.palette.raised, radius=4)
        if bar.class_index == p.pinned_class:
            c.rectangle(Box(line.x, line.y + 4, 3, line.h - 8), c.palette.accent, radius=1)
        strong = place == 0
        ink = c.palette.ink if strong or bar.share >= 0.1 else c.palette.muted
        c.text(box.x, line.middle, fitted[place], BODY, ink, bold=strong)
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
            tooltip=_bar_hint(bar, pinned=bar.class_index == p.pinned_class, cut=fitted[place] != bar.name),
        )
    if len(shown) <= count:
        return box.bottom
    text = f"{len(shown) - count} more: {percent(sum(bar.share for bar in shown[count:]))}"
    width = text_width(text, SMALL)
    spot = Box(box.right - width - 8, box.bottom, width + 16, _MORE)
    if c.hovered == "more":
        c.rectangle(spot, c.palette.hover, radius=4)
    c.text(box.right, spot.middle, text, SMALL, c.palette.muted, anchor="r")
    widgets.focus_ring(c, spot, "more")
    c.hit(spot, "more", partial(evidence_class.pick, ui), tooltip="The evidence of any class (E)")
    return spot.bottom


def _bar_hint(bar: Bar, *, pinned: bool, cut: bool) -> str:
    name = f"{bar.name}\n" if cut else ""
    key = f" Key {(bar.class_index + 1) % 10}: it really is this." if bar.class_index < KEYED else ""
    click = "Click to follow the best class again." if pinned else "Click to keep this class's evidence."
    return name + click + key


def _hover(p: Presenter, class_index: int, inside: bool) -> None:
    p.hover_class(class_index if inside else None)


def _quiet(c: Canvas) -> tuple[int, int, int]:
    """The accent, halfway to the surface."""
    one, other = c.palette.accent, c.palette.surface
    return (one[0] + other[0]) // 2, (one[1] + other[1]) // 2, (one[2] + other[2]) // 2
