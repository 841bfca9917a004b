"""The picture, as large as fits, with the classified square and the evidence map on it; below it, where we are."""

from functools import partial

import numpy as np

from runtime_app import evidence
from runtime_app.imaging import Region
from runtime_app.presenter.tasks import Look
from runtime_app.view import geometry, opening, sharpness, widgets
from runtime_app.view.canvas import BODY, SMALL, TITLE, Box, Canvas, Drag, Pixels, Same
from runtime_app.view.geometry import Camera, Placement
from runtime_app.view.type_on_screen import text_width
from runtime_app.view.ui import Ui

_FOOT = 44
_GRIP = 14  # points around a corner of the square that resize it


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    p = ui.presenter
    if p.current is None:
        _empty(c, box, ui)
        return
    path = p.library.paths[p.current]
    if path != ui.shown_path:
        ui.shown_path, ui.camera, ui.gesture = path, Camera(), None
    area = Box(box.x + 16, box.y + 16, box.w - 32, box.h - 16 - _FOOT)
    look = p.current_look
    if look is not None:
        _picture(c, box, area, ui, look)
    elif p.failure is not None:
        _failed(c, area, ui)
    _foot(c, Box(box.x + 16, box.bottom - _FOOT, box.w - 32, _FOOT), ui, look)


def _picture(c: Canvas, box: Box, area: Box, ui: Ui, look: Look) -> None:
    p = ui.presenter
    placement = ui.placement = geometry.place(look.picture.size, area, ui.camera)
    visible = placement.visible
    for part in _around(box, visible.inset(1)):
        c.cover(part, c.palette.back)
    sharpness.draw(c, ui, look, placement)
    region = p.region or (look.result.region if look.result is not None else None)
    if region is not None and look.result is not None:
        square = placement.to_screen(look.result.region)
        shown = p.evidence_class
        if p.settings.show_evidence and shown is not None:
            _evidence(c, area, square, look, shown, ui)
        _square(c, area, placement.to_screen(region), marked=p.region is not None)
    c.hit(
        area,
        "picture",
        drag=lambda step: _drag(ui, step),
        pan=lambda step: _pan(ui, step),
        wheel=lambda turn, x, y: _wheel(ui, turn, x, y),
        focusable=False,
    )


def _around(box: Box, hole: Box) -> tuple[Box, ...]:
    """Above, below, left and right of a hole in a box."""
    return (
        Box(box.x, box.y, box.w, hole.y - box.y),
        Box(box.x, hole.bottom, box.w, box.bottom - hole.bottom),
        Box(box.x, hole.y, hole.x - box.x, hole.h),
        Box(hole.right, hole.y, box.right - hole.right, hole.h),
    )


def _evidence(c: Canvas, area: Box, square: Box, look: Look, shown: int, ui: Ui) -> None:
    result, settings = look.result, ui.presenter.settings
    assert result is not None
    cells, limit, grid = result.evidence[shown], evidence.scale_limit(result.evidence), settings.grid_cells
    part = square.clip(area)

    def make() -> Pixels:
        rgba = evidence.overlay(cells, limit, grid=grid)
        return np.divide(rgba, 255, dtype=np.float32).ravel(), rgba.shape[1], rgba.shape[0]

    key = ("evidence", Same(result.evidence), shown, grid)
    c.sprite(part, key, make, uv=geometry.part_of(square, part), alpha=settings.opacity)
    if grid:
        rows, columns = cells.shape
        for row in range(1, rows):
            y = square.y + square.h * row / rows
            if area.y < y < area.bottom:
                c.line(part.x, y, part.right, y, (255, 255, 255, 70))
        for column in range(1, columns):
            x = square.x + square.w * column / columns
            if area.x < x < area.right:
                c.line(x, part.y, x, part.bottom, (255, 255, 255, 70))


def _square(c: Canvas, area: Box, square: Box, *, marked: bool) -> None:
    """Outline of what is classified; corners that can be pulled once the person marked it."""
    part = square.clip(area)
    if part.w <= 0 or part.h <= 0:
        return
    c.rectangle(part.inset(0.5), None, border=(0, 0, 0, 150), thickness=3)
    c.rectangle(
        part.inset(0.5), None, border=(*c.palette.accent, 255) if marked else (255, 255, 255, 220), thickness=1.5
    )
    if marked:
        for x in (square.x, square.right):
            for y in (square.y, square.bottom):
                if area.inset(-4).contains(x, y):
                    c.rectangle(Box(x - 4, y - 4, 8, 8), c.palette.accent, border=(255, 255, 255, 255), radius=2)


def _drag(ui: Ui, step: Drag) -> None:
    """Outside the square: draw a new one. Inside: move it. At a corner: resize it."""
    p, placement, look = ui.presenter, ui.placement, ui.presenter.current_look
    if placement is None or look is None or p.loaded is None:
        return
    spec = p.loaded.bundle.manifest.input
    aspect = spec.width / spec.height
    if step.phase == "press":
        ui.gesture = (_gesture_at(p.region, placement, step.start), p.region, ui.camera)
        return
    if ui.gesture is None:
        return
    kind, before, _ = ui.gesture
    start, at = placement.to_picture(*step.start), placement.to_picture(*step.at)
    if kind == "move" and before is not None:
        p.set_region(geometry.moved_region(before, at[0] - start[0], at[1] - start[1], placement.size))
    elif kind.startswith("corner") and before is not None:
        anchor = (
            before.right if "left" in kind else before.left,
            before.bottom if "top" in kind else before.top,
        )
        drawn = geometry.drawn_region(anchor, at, placement.size, aspect)
        if drawn is not None:
            p.set_region(drawn)
    elif abs(step.at[0] - step.start[0]) + abs(step.at[1] - step.start[1]) > 6:
        drawn = geometry.drawn_region(start, at, placement.size, aspect)
        if drawn is not None:
            p.set_region(drawn)
    if step.phase == "release":
        ui.gesture = None


def _gesture_at(region: Region | None, placement: Placement, point: tuple[float, float]) -> str:
    if region is None:
        return "draw"
    square = placement.to_screen(region)
    for side, x in (("left", square.x), ("right", square.right)):
        for edge, y in (("top", square.y), ("bottom", square.bottom)):
            if abs(point[0] - x) <= _GRIP and abs(point[1] - y) <= _GRIP:
                return f"corner {side} {edge}"
    return "move" if square.contains(*point) else "draw"


def _pan(ui: Ui, step: Drag) -> None:
    if step.phase == "press" or ui.gesture is None:
        ui.gesture = ("pan", None, ui.camera)
    elif ui.placement is not None:
        ui.camera = geometry.pan(ui.gesture[2], ui.placement, step.at[0] - step.start[0], step.at[1] - step.start[1])
        ui.presenter.changed()
    if step.phase == "release":
        ui.gesture = None


def _wheel(ui: Ui, turn: float, x: float, y: float) -> None:
    if ui.placement is not None:
        ui.camera = geometry.zoom_at(ui.camera, ui.placement, x, y, 1.2**turn)
        ui.presenter.changed()


def _foot(c: Canvas, box: Box, ui: Ui, look: Look | None) -> None:
    """Previous, "17 of 2,000", next; the name; the size in pixels; what the square is."""
    p = ui.presenter
    assert p.current is not None
    order = p.listed()
    places = (order == p.current).nonzero()[0]
    place = int(places[0]) + 1 if len(places) else 0
    text = f"{place:,} of {len(order):,}" if place else f"{len(order):,} listed"
    widest = max(text_width(f"{len(order):,} {words}", BODY) for words in (f"of {len(order):,}", "listed"))
    back, forth = Box(box.x, box.y + 6, 32, 32), Box(box.x + 40 + widest + 8, box.y + 6, 32, 32)
    for name, spot, by, way in (("previous", back, -1, "left"), ("next", forth, 1, "right")):
        c.rectangle(spot, c.palette.hover if c.hovered == name else c.palette.raised, radius=widgets.RADIUS)
        widgets.arrow(c, spot.centre, spot.middle, way)
        widgets.focus_ring(c, spot, name)
        c.hit(spot, name, partial(p.step, by), tooltip="K or Left" if by < 0 else "J or Right")
    c.text((back.right + forth.x) / 2, box.middle, text, BODY, c.palette.ink, anchor="m")
    right = box.right
    reset = widgets.button_width("Whole square") + 16 if p.region is not None else 0.0
    if look is not None and right - reset - forth.right >= 120:
        size = f"{look.picture.width:,} \u00d7 {look.picture.height:,}".replace(",", "\u202f")
        right -= text_width(size, BODY)
        c.text(right, box.middle, size, BODY, c.palette.muted)
        right -= 16
    if p.region is not None:
        width = min(reset - 16, right - forth.right - 8)
        right -= width
        hint = "Classify the whole picture's square again (R)"
        widgets.button(
            c,
            Box(right, box.y + 6, width, 32),
            "reset_square",
            "Whole square",
            lambda: p.set_region(None),
            kind="raised",
            tooltip=hint,
        )
        right -= 16
    x = forth.right + 16
    path = p.library.paths[p.current]
    if right - x >= 48:
        c.text(x, box.middle, path.name, BODY, c.palette.ink, width=right - x)
    c.hit(Box(x, box.y, max(0.0, right - x), box.h), "name", tooltip=str(path), focusable=False)


def _failed(c: Canvas, area: Box, ui: Ui) -> None:
    failure = ui.presenter.failure
    assert failure is not None
    column = Box(area.x + area.w / 2 - 220, area.y + area.h / 2 - 60, 440, 120).clip(area)
    y = widgets.paragraph(c, column, failure.title, BODY + 2, bold=True)
    y = widgets.paragraph(c, Box(column.x, y + 8, column.w, 60), failure.advice, muted=True)
    spot = Box(column.x, y + 12, widgets.button_width("Details\u2026"), widgets.HEIGHT)
    widgets.button(c, spot, "details", "Details\u2026", lambda: ui.presenter.show_error(failure), kind="raised")


def _empty(c: Canvas, box: Box, ui: Ui) -> None:
    """One sentence, and the folders that were open before."""
    c.text(
        box.centre,
        box.middle - 60,
        "Open a picture, a folder, or paste one",
        TITLE,
        c.palette.ink,
        anchor="m",
        bold=True,
    )
    open_width, folder_width = widgets.button_width("Open pictures\u2026"), widgets.button_width("Open a folder\u2026")
    x = box.centre - (open_width + folder_width + 12) / 2
    row = Box(x, box.middle - 28, open_width, 36)
    widgets.button(c, row, "empty.open", "Open pictures\u2026", partial(opening.open_files, ui), kind="accent")
    second = Box(row.right + 12, row.y, folder_width, 36)
    widgets.button(c, second, "empty.folder", "Open a folder\u2026", partial(opening.open_folder, ui), kind="raised")
    recent = ui.presenter.recent_folders
    if not recent:
        return
    y = second.bottom + 36
    c.text(box.centre, y, "Opened before", SMALL, c.palette.muted, anchor="m")
    for place, folder in enumerate(recent[:5]):
        spot = Box(box.centre - 200, y + 14 + place * 32, 400, 30).clip(box)
        widgets.button(c, spot, f"recent.{place}", str(folder), partial(ui.presenter.open_paths, [folder]))
