"""What is drawn while nothing moves: a sprite that lies on another one becomes one with it.

With software OpenGL a frame costs what it fills, and the evidence map fills most of the picture a second time: at rest,
a quarter of the work (benchmarks/app.py).
"""

from functools import partial
from itertools import pairwise

import numpy as np
from PIL import Image

from runtime_app.view.canvas import Box, Pixels, Rectangle, Shape, Sprite

_MOST_PIXELS = 1_500_000  # more take longer to blend here than a frame may
_NOTHING = Rectangle(Box(0, 0, 0, 0), None)


def at_rest(shapes: list[Shape], scale: float) -> list[Shape]:
    """shapes: in points -> what looks the same at `scale` pixels per point and fills less. Every other shape keeps its
    place in the list, so that it need not be drawn anew."""
    found = list(shapes)
    for place, (below, above) in enumerate(pairwise(shapes)):
        if not isinstance(below, Sprite) or not isinstance(above, Sprite) or not _lies_within(above, below):
            continue
        pixels = _whole_pixels(below.box, scale)
        if 0 < pixels.w * pixels.h <= _MOST_PIXELS and found[place] is below:
            key = ("at rest", below, above, scale)
            found[place : place + 2] = [Sprite(_scaled(pixels, 1 / scale), key, partial(blend, *key[1:])), _NOTHING]
    return found


def blend(below: Sprite, above: Sprite, scale: float) -> Pixels:
    """Both as the screen shows them, enlarged or reduced with bilinear interpolation, the second over the first."""
    shown = _whole_pixels(below.box, scale)
    ground = _seen(below, shown, scale)
    part = _whole_pixels(above.box, scale).clip(shown)
    if part.w > 0 and part.h > 0:
        cover = _seen(above, part, scale)
        cover.putalpha(cover.getchannel("A").point([round(level * above.alpha) for level in range(256)]))
        ground.alpha_composite(cover, (round(part.x - shown.x), round(part.y - shown.y)))
    return np.divide(np.asarray(ground), 255, dtype=np.float32).ravel(), ground.width, ground.height


def _lies_within(above: Sprite, below: Sprite) -> bool:
    inside = above.box.clip(below.box)
    return below.alpha == 1 and all(abs(one - other) < 0.01 for one, other in zip(inside, above.box, strict=True))


def _whole_pixels(box: Box, scale: float) -> Box:
    left, top, right, bottom = (round(edge * scale) for edge in (box.x, box.y, box.right, box.bottom))
    return Box(left, top, right - left, bottom - top)


def _scaled(box: Box, factor: float) -> Box:
    return Box(box.x * factor, box.y * factor, box.w * factor, box.h * factor)


def _seen(sprite: Sprite, part: Box, scale: float) -> Image.Image:
    """RGBA, what lies on these pixels of the screen."""
    values, width, height = sprite.make()
    picture = Image.fromarray(np.rint(values.reshape(height, width, 4) * 255).astype(np.uint8), "RGBA")
    box, (left, top, right, bottom) = _scaled(sprite.box, scale), sprite.uv

    def across(x: float) -> float:
        return min(max((left + (x - box.x) / box.w * (right - left)) * width, 0.0), float(width))

    def down(y: float) -> float:
        return min(max((top + (y - box.y) / box.h * (bottom - top)) * height, 0.0), float(height))

    edges = across(part.x), down(part.y), across(part.right), down(part.bottom)
    size = round(part.w), round(part.h)
    return picture.transform(size, Image.Transform.EXTENT, edges, Image.Resampling.BILINEAR)
