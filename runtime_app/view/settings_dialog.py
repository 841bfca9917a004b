"""What can be chosen: device, precision, threads, resize rule, theme, size, colours."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runtime_app.imaging import RESIZES
from runtime_app.presenter import Presenter
from runtime_app.presenter.shown import running
from runtime_app.providers import DEVICES
from runtime_app.view import widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas
from runtime_app.view.ui import Ui

_ROW = 48


@dataclass(frozen=True)
class _Choice:
    """name: before those of the places to click; values: as they are written; choose: takes one of them."""

    label: str
    name: str
    values: tuple[str, ...]
    chosen: str
    choose: Callable[[Any], None]


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    """One row a choice; below them what really runs."""
    choices = (*_engine(ui.presenter), *_appearance(ui.presenter))
    step = min(_ROW, (room.h - 48) / len(choices))
    for place, choice in enumerate(choices):
        y = room.y + place * step
        c.text(room.x, y + 16, choice.label, BODY, c.palette.ink)
        box = Box(room.x + 104, y, room.w - 104, 32)
        labels = [(value, _words(value)) for value in choice.values]
        widgets.tabs(c, box, choice.name, labels, choice.chosen, choice.choose)
    engine, reason = running(ui.presenter)
    words = f"Running now: {engine}" + (f"; {reason}" if reason else "")
    c.text(room.x, room.bottom - 24, words, SMALL, c.palette.ink, width=room.w)
    hint = "cividis is made for colour-blind readers. \u201cBundle\u201d crops, pads or stretches as the bundle asks."
    c.text(room.x, room.bottom - 4, hint, SMALL, c.palette.muted, width=room.w)


def _engine(p: Presenter) -> tuple[_Choice, ...]:
    """What changes the percentages or how long they take."""
    settings, cores = p.settings, os.cpu_count() or 1
    variants = () if p.loaded is None else p.loaded.bundle.manifest.variants
    precisions = ("auto", *(variant.precision for variant in variants))
    counts = sorted({0, 1, 2, cores} - set(range(cores + 1, 3)))
    threads = tuple(str(count) if count else "all" for count in counts)
    threads_now = str(settings.threads) if settings.threads else "all"
    return (
        _Choice("Device", "device", DEVICES, settings.device, lambda v: p.set_engine(device=v)),
        _Choice("Precision", "precision", precisions, settings.precision, lambda v: p.set_engine(precision=v)),
        _Choice(
            "Threads", "threads", threads, threads_now, lambda v: p.set_engine(threads=0 if v == "all" else int(v))
        ),
        _Choice(
            "Picture",
            "resize",
            ("bundle", *RESIZES),
            p.resize or "bundle",
            lambda v: p.set_resize(None if v == "bundle" else v),
        ),
    )


def _appearance(p: Presenter) -> tuple[_Choice, ...]:
    settings = p.settings
    return (
        _Choice("Theme", "theme", ("dark", "light"), settings.theme, lambda v: p.change_settings(theme=v)),
        _Choice(
            "Size",
            "scale",
            ("auto", "1", "1.25", "1.5", "2"),
            f"{settings.scale:g}" if settings.scale else "auto",
            lambda v: p.change_settings(scale=0.0 if v == "auto" else float(v)),
        ),
        _Choice(
            "Heatmap",
            "colours",
            ("viridis", "cividis"),
            settings.colours,
            lambda v: p.change_settings(colours=v),
        ),
    )


def _words(value: str) -> str:
    special = {"cpu": "CPU", "cuda": "CUDA", "fp32": "fp32", "int8": "int8", "fp16": "fp16"}
    return special.get(value, value.capitalize())
