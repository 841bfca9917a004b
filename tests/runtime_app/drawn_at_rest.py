"""python -m tests.runtime_app.drawn_at_rest: draw a picture with a map over it as while something moves and as at rest; print how
far the screens are apart, in levels of 255: the most and the mean; and how far the colours of one spread. Needs DISPLAY."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageGrab

from runtime_app.view.canvas import Box, Canvas, Pixels, Rectangle, Shape, Sprite
from runtime_app.view.palette import PALETTES
from runtime_app.view.still import at_rest
from runtime_app.view.surface import Surface

PICTURE, MAP = Box(20.3, 15.6, 380.2, 251.7), Box(60.4, 40.2, 220.7, 220.7)


def texture(seed: int, size: tuple[int, int], *, opaque: bool) -> Callable[[], Pixels]:
    """Soft blobs of colour."""
    few = np.random.default_rng(seed).integers(0, 256, (6, 8, 4), dtype=np.uint8)
    few[..., 3] |= 255 * opaque
    rgba = np.asarray(Image.fromarray(few, "RGBA").resize(size, Image.Resampling.BICUBIC), dtype=np.float32) / 255
    return lambda: (rgba.ravel(), *size)


def edges(box: Box, scale: float, screen: tuple[int, int]) -> NDArray[np.bool_]:
    """A point to both sides: at rest they are rounded to whole pixels."""
    found = np.zeros(screen, dtype=bool)
    for by, value in ((-1, True), (1, False)):
        left, top = round((box.x + by) * scale), round((box.y + by) * scale)
        found[top : round((box.bottom - by) * scale), left : round((box.right - by) * scale)] = value
    return found


def main(scale: float) -> None:
    surface = Surface(Path(__file__).stem, 640, 400, scale)
    shapes: list[Shape] = [
        Rectangle(Box(0, 0, 100, 60), (200, 60, 60)),
        Sprite(PICTURE, "picture", texture(0, (190, 120), opaque=True), uv=(0.1, 0.2, 0.93, 1.0)),
        Sprite(MAP, "map", texture(1, (128, 128), opaque=False), uv=(0.2, 0.0, 1.0, 0.8), alpha=0.6),
        Rectangle(Box(200, 100, 90, 60), None, border=(255, 255, 255, 255)),
    ]
    assert sum(isinstance(shape, Sprite) for shape in at_rest(shapes, scale)) == 1
    screens = []
    for still in (False, True):
        surface.draw(Canvas(PALETTES["dark"], shapes=shapes), still=still)
        for _ in range(3):
            surface.frame()
        screens.append(np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]), dtype=np.int16))
    apart = np.abs(screens[0] - screens[1])
    for box in (PICTURE, MAP):
        apart[edges(box, scale, apart.shape[:2])] = 0
    print(apart.max(), round(float(apart.mean()), 2), int(screens[0].std()))


if __name__ == "__main__":
    main(float(sys.argv[1]))
