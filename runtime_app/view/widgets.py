"""The few controls of the window, built from the canvas's shapes: button, tabs, switch, slider, choice, wrapped text."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from runtime_app.typeface import ELLIPSIS, MEDIUM, REGULAR
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas, Drag
from runtime_app.view.type_on_screen import text_width

HEIGHT = 32
RADIUS = 6
_NARROWEST_PER_EM = 6  # more characters than of any face stand on one em


def button(
    c: Canvas, box: Box, name: str, label: str, click: Callable[[], None], *, kind: str = "plain", tooltip: str = ""
) -> None:
    """kind: plain (shows a ground only under the pointer), raised, or accent (the one action to take)."""
    grounds = {"plain": None, "raised": c.palette.raised, "accent": c.palette.accent}
    ground = grounds[kind]
    if c.hovered == name and kind != "accent":
        ground = c.palette.hover
    c.rectangle(box, ground, radius=RADIUS)
    ink = c.palette.on_accent if kind == "accent" else c.palette.ink
    c.text(box.centre, box.middle, label, BODY, ink, anchor="m", width=box.w - 8, bold=kind == "accent")
    focus_ring(c, box, name)
    if c.focused == name and kind == "accent":  # the ring around it has its own colour and is hardly seen
        c.rectangle(box.inset(2.5), None, border=c.palette.on_accent, radius=RADIUS - 2, thickness=1.5)
    c.hit(box, name, click, tooltip=tooltip)


def button_width(label: str) -> float:
    """In multiples of 4 points."""
    return math.ceil((text_width(label, BODY, MEDIUM) + 24) / 4) * 4


def focus_ring(c: Canvas, box: Box, name: str) -> None:
    if c.focused == name:
        c.rectangle(box.inset(-2), None, border=c.palette.accent, radius=RADIUS + 2, thickness=2)


def tabs(
    c: Canvas,
    box: Box,
    name: str,
    labels: Sequence[tuple[str, str]],
    chosen: str,
    choose: Callable[[Any], None],
    tooltips: Sequence[str] = (),
) -> None:
    """labels: (value, text); one of them is chosen. The segments share the width; where one is too narrow, all texts are small."""
    c.rectangle(box, c.palette.raised, radius=RADIUS)
    width = box.w / len(labels)
    room = width - 8
    size = BODY if all(text_width(text, BODY, MEDIUM) <= room for _, text in labels) else SMALL
    for place, (value, text) in enumerate(labels):
        segment = Box(box.x + place * width, box.y, width, box.h)
        hit_name = f"{name}.{value}"
        if value == chosen:
            c.rectangle(segment.inset(2), c.palette.accent, radius=RADIUS - 2)
        elif c.hovered == hit_name:
            c.rectangle(segment.inset(2), c.palette.hover, radius=RADIUS - 2)
        ink = c.palette.on_accent if value == chosen else c.palette.ink
        c.text(segment.centre, segment.middle, text, size, ink, anchor="m", width=room, bold=value == chosen)
        focus_ring(c, segment, hit_name)
        tooltip = tooltips[place] if place < len(tooltips) else ""
        c.hit(segment, hit_name, partial(choose, value), tooltip=tooltip)


def switch(c: Canvas, box: Box, name: str, label: str, on: bool, click: Callable[[], None], tooltip: str = "") -> None:
    track = Box(box.x, box.middle - 8, 28, 16)
    c.rectangle(track, c.palette.accent if on else c.palette.hover, radius=8)
    knob = track.right - 8 if on else track.x + 8
    c.rectangle(Box(knob - 6, track.middle - 6, 12, 12), c.palette.surface if on else c.palette.muted, radius=6)
    c.text(track.right + 8, box.middle, label, BODY, c.palette.ink)
    focus_ring(c, box, name)
    c.hit(box, name, click, tooltip=tooltip)


def slider(c: Canvas, box: Box, name: str, share: float, change: Callable[[float], None], tooltip: str = "") -> None:
    """share: 0 to 1; pressing or dragging anywhere on it sets it."""
    track = Box(box.x + 8, box.middle - 2, box.w - 16, 4)
    c.rectangle(track, c.palette.hover, radius=2)
    c.rectangle(Box(track.x, track.y, track.w * share, 4), c.palette.accent, radius=2)
    knob = track.x + track.w * share
    c.rectangle(
        Box(knob - 7, box.middle - 7, 14, 14), c.palette.accent, border=c.palette.surface, radius=7, thickness=2
    )
    focus_ring(c, box, name)

    def drag(step: Drag) -> None:
        change(min(max((step.at[0] - track.x) / track.w, 0.0), 1.0))

    c.hit(
        box,
        name,
        drag=drag,
        wheel=lambda turn, x, y: change(min(max(share + 0.05 * turn, 0.0), 1.0)),
        tooltip=tooltip,
        step=lambda by: change(min(max(share + 0.05 * by, 0.0), 1.0)),
    )


def range_slider(
    c: Canvas, box: Box, name: str, low: float, high: float, change: Callable[[float, float], None], tooltip: str = ""
) -> None:
    """low, high: 0 to 1; each end has a knob, and pushes the other along when it comes to it."""
    track = Box(box.x + 8, box.middle - 2, box.w - 16, 4)
    c.rectangle(track, c.palette.hover, radius=2)
    c.rectangle(Box(track.x + track.w * low, track.y, track.w * (high - low), 4), c.palette.accent, radius=2)

    def set_low(share: float) -> None:
        share = round(min(max(share, 0.0), 1.0), 2)
        change(share, max(high, share))

    def set_high(share: float) -> None:
        share = round(min(max(share, 0.0), 1.0), 2)
        change(min(low, share), share)

    for end, share, move in (("low", low, set_low), ("high", high, set_high)):
        knob = track.x + track.w * share
        spot = Box(knob - (12 if end == "low" else 4), box.y, 16, box.h)
        ring = Box(knob - 7, box.middle - 7, 14, 14)
        c.rectangle(ring, c.palette.accent, border=c.palette.surface, radius=7, thickness=2)
        focus_ring(c, ring, f"{name}.{end}")
        c.hit(
            spot,
            f"{name}.{end}",
            tooltip=tooltip,
            drag=lambda step, move=move: move((step.at[0] - track.x) / track.w),
            step=lambda by, move=move, share=share: move(share + 0.05 * by),
        )


def arrow(c: Canvas, x: float, y: float, direction: str, size: float = 4.0) -> None:
    """A small filled triangle: left, right or down."""
    s = size
    shapes = {
        "left": ((x + s, y - s * 1.4), (x + s, y + s * 1.4), (x - s, y)),
        "right": ((x - s, y - s * 1.4), (x - s, y + s * 1.4), (x + s, y)),
        "down": ((x - s * 1.2, y - s * 0.7), (x + s * 1.2, y - s * 0.7), (x, y + s * 0.9)),
    }
    c.polygon(shapes[direction], c.palette.ink)


def divider(c: Canvas, box: Box, y: float) -> None:
    c.line(box.x, y, box.right, y, c.palette.border)


def paragraph(
    c: Canvas,
    box: Box,
    text: str,
    size: float = BODY,
    *,
    muted: bool = False,
    bold: bool = False,
    most: int | None = None,
) -> float:
    """Wrapped text from the top of `box`, at most so many lines; returns the y below it."""
    y = box.y
    lines = wrap(text, size, box.w, bold=bold)
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1]} {ELLIPSIS}"]
    for line in lines:
        c.text(box.x, y + size * 0.72, line, size, c.palette.muted if muted else c.palette.ink, bold=bold)
        y += line_height(size)
    return y


def line_height(size: float) -> float:
    return math.ceil(size * 1.4 / 2) * 2


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Break at spaces; a word that is wider than the line (a path) is broken anywhere. Line breaks in `text` stay."""
    weight = MEDIUM if bold else REGULAR
    longest = max(1, int(width / size * _NARROWEST_PER_EM))  # or a word of a megabyte is measured whole for every line
    lines: list[str] = []
    for part in text.expandtabs(4).split("\n"):
        first, *rest = part.lstrip(" ").split(" ")
        line = ""
        for word in [part[: len(part) - len(part.lstrip(" "))] + first, *rest]:
            candidate = f"{line} {word}" if line else word
            if len(candidate) <= longest and text_width(candidate, size, weight) <= width:
                line = candidate
                continue
            if line:
                lines.append(line)
            line = word
            while line and (len(line) > longest or text_width(line, size, weight) > width):
                cut = _fitting(line[:longest], size, width, weight)
                lines.append(line[:cut])
                line = line[cut:]
        lines.append(line)
    return lines


def _fitting(word: str, size: float, width: float, weight: Path) -> int:
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_width(word[:middle], size, weight) <= width else (low, middle - 1)
    return low


def tooltip(c: Canvas, text: str, x: float, y: float, within: Box) -> None:
    lines = wrap(text, SMALL, 280)
    width = max(text_width(line, SMALL) for line in lines) + 20
    height = line_height(SMALL) * len(lines) + 12
    left = min(max(x + 12, within.x + 4), within.right - width - 4)
    top = y + 20 if y + 20 + height < within.bottom else y - height - 8
    box = Box(left, top, width, height)
    c.rectangle(box, c.palette.ink, radius=4)
    for place, line in enumerate(lines):
        c.text(box.x + 10, box.y + 6 + line_height(SMALL) * (place + 0.5), line, SMALL, c.palette.surface)
