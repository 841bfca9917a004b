"""What can be chosen: device, precision, threads, resize rule, theme, size, colours; and what can be saved."""

import os
from functools import partial

from runtime_app.imaging import RESIZES
from runtime_app.presenter.exports import Kind
from runtime_app.presenter.shown import status
from runtime_app.view import widgets
from runtime_app.view.canvas import BODY, SMALL, Box, Canvas
from runtime_app.view.ui import Ui

_ROW = 48


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    p = ui.presenter
    settings = p.settings
    precisions = ["auto"]
    if p.loaded is not None:
        precisions += [variant.precision for variant in p.loaded.bundle.manifest.variants]
    cores = os.cpu_count() or 1
    threads = sorted({0, 1, 2, cores} - set(range(cores + 1, 3)))
    rows = [
        ("Device", "device", ("auto", "cpu", "cuda"), settings.device, lambda v: p.set_engine(device=v)),
        ("Precision", "precision", tuple(precisions), settings.precision, lambda v: p.set_engine(precision=v)),
        (
            "Threads",
            "threads",
            tuple(str(n) if n else "all" for n in threads),
            str(settings.threads) if settings.threads else "all",
            lambda v: p.set_engine(threads=0 if v == "all" else int(v)),
        ),
        (
            "Picture",
            "resize",
            ("bundle", *RESIZES),
            p.resize or "bundle",
            lambda v: p.set_resize(None if v == "bundle" else v),
        ),
        ("Theme", "theme", ("dark", "light"), settings.theme, lambda v: p.change_settings(theme=v)),
        (
            "Size",
            "scale",
            ("auto", "1", "1.25", "1.5", "2"),
            f"{settings.scale:g}" if settings.scale else "auto",
            lambda v: p.change_settings(scale=0.0 if v == "auto" else float(v)),
        ),
        (
            "Heatmap",
            "colours",
            ("viridis", "cividis"),
            settings.colours,
            lambda v: p.change_settings(colours=v),
        ),
    ]
    step = min(_ROW, (room.h - 48) / len(rows))
    for place, (label, name, values, chosen, choose) in enumerate(rows):
        y = room.y + place * step
        c.text(room.x, y + 16, label, BODY, c.palette.ink)
        box = Box(room.x + 104, y, room.w - 104, 32)
        widgets.tabs(c, box, name, [(value, _words(value)) for value in values], chosen, choose)
    shown = status(p)
    running = f"Running now: {shown.engine}" + (f". {shown.reason}" if shown.reason else "")
    c.text(room.x, room.bottom - 24, running, SMALL, c.palette.ink, width=room.w)
    hint = "cividis is made for colour-blind readers. \u201cBundle\u201d crops, pads or stretches as the bundle asks."
    c.text(room.x, room.bottom - 4, hint, SMALL, c.palette.muted, width=room.w)


def _words(value: str) -> str:
    special = {"cpu": "CPU", "cuda": "CUDA", "fp32": "fp32", "int8": "int8", "fp16": "fp16"}
    return special.get(value, value.capitalize())


def draw_export(c: Canvas, room: Box, ui: Ui) -> None:
    """What can be saved, and where it goes: beside the person's documents, never to the folder of the pictures."""
    p = ui.presenter
    choices: tuple[tuple[Kind, str, str], ...] = (
        ("csv", "Table (CSV)", "One line a picture, one column a class"),
        ("jsonl", "JSON Lines", "The same lines as `classify --format jsonl`"),
        ("png", "Heatmap (PNG)", "Pictures by classes, as shown here"),
        ("folder", "Training folder", "Copies, one subfolder per class; corrections count"),
        ("confusion", "Confusion (PNG)", "As `evaluate` draws it, for folders of known classes"),
    )
    choices = choices if p.labelled else choices[:-1]
    for place, (kind, label, words) in enumerate(choices):
        y = room.y + place * 44
        widgets.button(c, Box(room.x, y, 152, 32), f"export.{kind}", label, partial(_export, ui, kind), kind="raised")
        c.text(room.x + 168, y + 16, words, SMALL, c.palette.muted, width=room.w - 168)
    c.text(room.x, room.bottom - 8, f"Saved in {p.export_folder()}", SMALL, c.palette.muted, width=room.w)


def _export(ui: Ui, kind: Kind) -> None:
    ui.show_dialog(None)
    ui.presenter.export(kind)
