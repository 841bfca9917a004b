"""python -m tests.runtime_app.drawn_twice: draw canvases that differ in a few shapes one after the other, to and fro, and each
of them again from nothing; say where the screen is not the same. Needs DISPLAY."""

import os
import random
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageGrab

from runtime_app.view import drawing
from runtime_app.view.canvas import Box, Canvas, Label, Pixels, Polygon, Rectangle, Shape, Sprite
from runtime_app.view.palette import PALETTES
from runtime_app.view.surface import Surface

SIZE = (640, 400)


def shape(rng: random.Random) -> Shape:
    x, y, colour = rng.uniform(0, 560), rng.uniform(0, 360), (rng.randrange(256), rng.randrange(256), 200)
    box = Box(x, y, rng.uniform(10, 80), rng.uniform(10, 40))
    made: list[Shape] = [
        Rectangle(box, colour, None, 4.0, 1.0),
        Label(
            np.float64(x),
            y,
            f"{rng.randrange(10**6)} \u4e2d"[: rng.choice((6, 8))],
            16.0,
            colour,
            rng.random() < 0.5,
            "l",
        ),
        Polygon(((x, y), (x + 30, y), (x, y + 30)), colour, None, 1.0, True),
        Sprite(box, number := rng.randrange(5), lambda: pixels(number)),
    ]
    return rng.choice(made)


def pixels(number: int) -> Pixels:
    return np.random.default_rng(number).random(8 * 8 * 4, dtype=np.float32), 8, 8


def broken() -> Pixels:
    raise ZeroDivisionError


def change(shapes: list[Shape], rng: random.Random) -> list[Shape]:
    """Another list: shapes altered, taken out or put in anywhere."""
    changed = list(shapes)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(changed) + 1)
        changed[place : place + rng.randrange(3)] = [shape(rng) for _ in range(rng.randrange(3))]
    return changed


def seen(surface: Surface) -> NDArray[np.uint8]:
    for _ in range(3):
        surface.frame()
    return np.asarray(ImageGrab.grab(xdisplay=os.environ["DISPLAY"]))


def main() -> None:
    drawing._TEXTURES_KEPT = 3  # some are let go while parts that show them are hidden
    rng, surface = random.Random(0), Surface(Path(__file__).stem, *SIZE, 1.0)
    shapes = [shape(rng) for _ in range(70)]
    for step in range(12):
        if step == 6:
            surface.scale = 1.25
        canvases = [shapes, change(shapes, rng), change(shapes, rng)[: rng.randrange(30, 70)]]
        drawn = []
        for place in (0, 1, 0, 2, 1, 1, 0, 2):
            wanted = canvases[place]
            if rng.random() < 0.2:  # a picture that cannot be made, then what is wanted
                failing = [*wanted[:20], Sprite(Box(0, 0, 9, 9), ("broken", len(drawn)), broken), *wanted[21:]]
                try:
                    surface.draw(Canvas(PALETTES["dark"], shapes=failing))
                    print(f"step {step}: nothing was raised")
                except ZeroDivisionError:
                    pass
            surface.draw(Canvas(PALETTES["dark"], shapes=wanted))
            drawn.append((place, seen(surface)))
        for place, here in drawn:
            surface.forget_pictures()
            surface.draw(Canvas(PALETTES["dark"], shapes=canvases[place]))
            if (seen(surface) != here).any():
                print(f"step {step}: something else is on the screen")
        shapes = change(canvases[1], rng)
    print("done")


if __name__ == "__main__":
    main()
