"""Two bundles on the same pictures: both sets of bars on one class axis, the pictures on which they disagree first."""

from functools import partial

import numpy as np

from runtime_app.presenter.comparison import rank
from runtime_app.presenter.shown import missing_words, row_words
from runtime_app.presenter.wording import percent
from runtime_app.typeface import ELLIPSIS, MEDIUM
from runtime_app.view import lists, widgets
from runtime_app.view.canvas import BODY, SMALL, TITLE, Box, Canvas, Same
from runtime_app.view.type_on_screen import shorten_apart, text_width
from runtime_app.view.ui import Listing, Ui

_LIST, _ROW, _BARS = 340, 44, 10


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    p = ui.presenter
    area = box.inset(16, 12)
    other = p.comparison.loaded
    if p.loaded is None or not len(p.library) or other is None:
        _invite(c, area, ui)
        return
    ranking = rank(p.loaded, p.library, other, p.comparison.library)
    axis, first, second, order = ranking.axis, ranking.first, ranking.second, ranking.order
    said = f"{ranking.differing:,} of {ranking.both:,} get another class"
    c.text(area.x, area.y + 14, said, BODY, c.palette.ink, bold=True)
    width = widgets.button_width("Another bundle\u2026")
    spot = Box(area.right - width, area.y, width, 28)
    widgets.button(c, spot, "compare.other", "Another bundle\u2026", partial(p.compare_with, None), kind="raised")
    _list(c, Box(area.x, area.y + 40, _LIST, area.h - 40), ui, order, first, second, axis)
    index = p.current if p.current is not None and p.current < len(order) else int(order[0])
    detail = Box(area.x + _LIST + 24, area.y + 40, area.w - _LIST - 24, area.h - 40)
    _bars(c, detail, ui, index, first[index], second[index], axis)


def _invite(c: Canvas, area: Box, ui: Ui) -> None:
    """Which bundle is the second opinion."""
    p = ui.presenter
    if p.loaded is None or not len(p.library):
        words = missing_words(p, "Open pictures to compare two bundles on them")
        c.text(area.centre, area.middle, words, BODY, c.palette.muted, anchor="m")
        return
    c.text(area.centre, area.y + 60, "Compare with", TITLE, c.palette.ink, anchor="m", bold=True)
    choices = p.comparable()
    if not choices:
        words = "No other bundle or variant was found; open another bundle once and it is offered here."
        c.text(area.centre, area.y + 96, words, BODY, c.palette.muted, anchor="m", width=area.w)
    body = Box(area.centre - 240, area.y + 88, 480 + lists.BAR + 4, area.h - 88)
    shown = lists.rows_shown(c, body, ui, "choices", len(choices), _ROW, tab=True)
    for line, place in enumerate(shown):
        choice, name = choices[place], f"compare.{place}"
        row = Box(body.x, body.y + _ROW * line, 480, _ROW - 4)
        c.rectangle(row, c.palette.hover if c.hovered == name else c.palette.raised, radius=6)
        c.text(row.x + 16, row.middle, choice.words, BODY, c.palette.ink, bold=True, width=320)
        c.text(row.right - 16, row.middle, choice.accuracy, BODY, c.palette.muted, anchor="r")
        widgets.focus_ring(c, row, name)
        c.hit(row, name, partial(p.compare_with, choice))


def _list(
    c: Canvas, box: Box, ui: Ui, order: np.ndarray, first: np.ndarray, second: np.ndarray, axis: tuple[str, ...]
) -> None:
    p = ui.presenter
    ui.listing = Listing("compare", order)
    for line, row in enumerate(lists.rows_shown(c, box, ui, "compare", len(order), _ROW)):
        index = int(order[row])
        spot, name = Box(box.x, box.y + line * _ROW, box.w - 16, _ROW - 4), f"pair.{index}"
        if c.hovered == name or index == p.current:
            c.rectangle(spot, c.palette.raised, radius=6)
        image = p.library.input_of(index)
        if image is not None:
            c.sprite(Box(spot.x + 4, spot.y + 4, 32, 32), ("tiny", Same(image)), lists.input_pixels(image))
        c.text(spot.x + 46, spot.y + 12, p.library.paths[index].name, SMALL, c.palette.muted, width=spot.w - 56)
        both = np.isfinite(first[index]).all() and np.isfinite(second[index]).all()
        if both:
            said = int(first[index].argmax()), int(second[index].argmax())
            same = said[0] == said[1]
            text = axis[said[0]] if same else " / ".join(axis[k] for k in said)
            if text_width(text, BODY, MEDIUM) > spot.w - 56 and not same:
                half = (spot.w - 56 - text_width(" / ", BODY, MEDIUM)) / 2
                text = " / ".join(shorten_apart([axis[k] for k in said], BODY, half, said, MEDIUM))
            ink = c.palette.ink if same else c.palette.attention
            c.text(spot.x + 46, spot.y + 29, text, BODY, ink, width=spot.w - 56, bold=not same)
        else:
            waits = p.library.label_of(index) is not None  # for the second opinion
            text = ELLIPSIS if waits else row_words(p, index)[0]
            c.text(spot.x + 46, spot.y + 29, text, BODY, c.palette.muted)
        widgets.focus_ring(c, spot, name)
        c.hit(spot, name, partial(p.show, index))


def _bars(
    c: Canvas, box: Box, ui: Ui, index: int, first: np.ndarray, second: np.ndarray, axis: tuple[str, ...]
) -> None:
    """One row a class; left bar and right bar grow from the class names in the middle outwards."""
    p, other = ui.presenter, ui.presenter.comparison.loaded
    assert p.loaded is not None and other is not None
    ranked = np.argsort(-np.nan_to_num(np.fmax(first, second)), kind="stable")[:_BARS]
    names = min(max(text_width(axis[k], BODY) for k in ranked) + 24, max(80.0, box.w * 0.4))
    half = (box.w - names) / 2
    titles = (
        (box.x + half, p.variant_words(p.loaded), "r"),
        (box.right - half, p.variant_words(other), "l"),
    )
    for x, title, anchor in titles:
        c.text(x, box.y + 12, title, BODY, c.palette.ink, bold=True, anchor=anchor, width=half)
    row = min(32.0, (box.h - 40) / _BARS)
    below = Box(box.x, box.y + 52 + row * len(ranked), box.w, box.h - 52 - row * len(ranked))
    look = p.current_look
    if look is not None and index == p.current and below.h >= 96:
        width, height = look.preview_size
        factor = min(below.w / width, below.h / height)
        spot = Box(below.centre - width * factor / 2, below.y, width * factor, height * factor)
        c.sprite(spot, ("preview", look.path, look.stamp), lambda: (look.preview, width, height))
    fitted = shorten_apart([axis[k] for k in ranked], BODY, names - 16, ranked.tolist())
    for place, k in enumerate(ranked.tolist()):
        y = box.y + 36 + (place + 0.5) * row
        c.text(box.centre, y, fitted[place], BODY, c.palette.ink, anchor="m")
        for side, values, loaded in ((-1, first, p.loaded), (1, second, other)):
            if not np.isfinite(values[k]):
                continue
            edge = box.x + half if side < 0 else box.right - half
            known = axis[k] in loaded.bundle.manifest.classes
            length = max(0.0, half - 52) * float(values[k])
            fill = c.palette.accent if k == int(np.argmax(values)) else c.palette.hover
            c.rectangle(Box(edge - length if side < 0 else edge, y - 7, length, 14), fill, radius=3)
            c.text(
                edge + side * (length + 8),
                y,
                percent(values[k]) if known else "\u2013",
                BODY,
                c.palette.muted,
                anchor="r" if side < 0 else "l",
            )
