"""The picture itself: its preview, and its own pixels where the screen shows more than a preview has."""

import math

from runtime_app.imaging import Region
from runtime_app.presenter.tasks import Detail, Look
from runtime_app.view.canvas import Box, Canvas
from runtime_app.view.geometry import Placement, part_of
from runtime_app.view.ui import Ui

_MOST_PIXELS = 1_500_000  # a texture of them takes as long as three frames
_MARGIN = 0.25  # of what is seen, on each side: panning goes on without waiting
_ENOUGH = 0.8  # of the pixels across that the screen can show: fewer are seen


def draw(c: Canvas, ui: Ui, look: Look, placement: Placement) -> None:
    visible, (width, height) = placement.visible, look.preview_size
    detail = _detail(ui, look, placement)
    place = placement.to_screen(detail.region) if detail is not None else Box(0, 0, 0, 0)
    sharp = place.clip(visible)
    if not _same(sharp, visible):
        c.sprite(visible, ("preview", look.path, look.stamp), lambda: (look.preview, width, height), uv=placement.uv)
    if detail is not None and sharp.w > 0 and sharp.h > 0:
        key = ("detail", look.path, look.stamp, detail.region, detail.size)
        c.sprite(sharp, key, lambda: (detail.rgba, *detail.size), uv=part_of(place, sharp))


def _detail(ui: Ui, look: Look, placement: Placement) -> Detail | None:
    """What there is of it, where the preview is not enough; asks for more where that is not."""
    on_screen = placement.whole.w * ui.scale / placement.size[0]  # pixels of the screen for one of the picture
    if max(look.preview_size) / max(placement.size) >= _ENOUGH * min(on_screen, 1.0):
        return None
    found = ui.presenter.detail_of(look)
    region = _with_margin(placement)
    width, height = region.right - region.left, region.bottom - region.top
    share = min(on_screen, 1.0, math.sqrt(_MOST_PIXELS / (width * height)))
    if found is None or not _shows(found, placement, _ENOUGH * share):
        ui.presenter.want_detail(look, region, (max(1, round(width * share)), max(1, round(height * share))))
    return found


def _with_margin(placement: Placement) -> Region:
    """What is seen and a little around it, in whole pixels of the picture."""
    visible, (width, height) = placement.visible, placement.size
    wider, higher = _MARGIN * visible.w, _MARGIN * visible.h
    left, top = placement.to_picture(visible.x - wider, visible.y - higher)
    right, bottom = placement.to_picture(visible.right + wider, visible.bottom + higher)
    return Region(
        max(0, math.floor(left)), max(0, math.floor(top)), min(width, math.ceil(right)), min(height, math.ceil(bottom))
    )


def _shows(detail: Detail, placement: Placement, share: float) -> bool:
    """Whether it holds all that is seen, with this share of the picture's own pixels at least."""
    region, seen = detail.region, placement.visible
    has = max(detail.size) / max(region.right - region.left, region.bottom - region.top)
    return has >= share and _same(placement.to_screen(region).clip(seen), seen)


def _same(one: Box, other: Box) -> bool:
    return all(abs(a - b) < 0.01 for a, b in zip(one, other, strict=True))
