"""The confusion matrix as a PNG: true classes (rows) by predicted classes (columns), shares of each row."""

from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from runtime_app.colours import BLACK, VIRIDIS, WHITE, Rgb, ink_on
from runtime_app.png_file import save_png
from runtime_app.typeface import MEDIUM, draw_name, load, shorten_apart, text_width

_PAD, _BODY, _SMALL = 24, 14, 12
_AXIS = 24  # for the name of an axis
_GREY: Rgb = (92, 98, 108)
# Cells of many classes are smaller, and where they have no room for numbers or names they go without.
_LONGEST_SIDE, _LARGEST_CELL, _CELL_OF_NUMBERS, _CELL_OF_NAMES, _CELL_WITH_GAP = 4000, 44, 28, 20, 6


def write_confusion(path: Path, counts: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    """counts: int64 [K, K], rows true, columns predicted. Raises OSError when the file cannot be written."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cell = min(_LARGEST_CELL, max(1, _LONGEST_SIDE // len(classes)))
    named = cell >= _CELL_OF_NAMES
    margin = int(min(200, max(text_width(name, _BODY) for name in classes))) + 16 if named else 0
    side = cell * len(classes)
    left, top = _PAD + _AXIS + margin, _PAD + 40
    scale = "percent of each row" if cell >= _CELL_OF_NUMBERS else "share of each row, 0 dark to 1 bright"
    title = f"{int(counts.sum()):,} pictures: {scale}"
    wide = max(left + side, _PAD + ceil(text_width(title, _BODY, MEDIUM)))
    image = Image.new("RGB", (wide + _PAD, top + side + margin + _AXIS + _PAD), WHITE)
    draw = ImageDraw.Draw(image)
    draw.text((_PAD, _PAD), title, BLACK, load(_BODY, MEDIUM))
    draw.text((left + side / 2, image.height - _PAD), "predicted", _GREY, load(_BODY), anchor="ms")
    image.paste(_upright("true", side, _GREY, "mm"), (_PAD - 4, top))
    image.paste(_cells(shares, cell), (left, top))
    for index, fitted in enumerate(shorten_apart(classes, _BODY, margin - 12) if named else ()):
        middle = (index + 0.5) * cell
        draw_name(draw, (left - 12, top + middle), fitted, BLACK, _BODY, "rm")
        image.paste(_upright(fitted, margin), (int(left + middle - 10), top + side + 8))
    for row, column in zip(*counts.nonzero(), strict=True) if cell >= _CELL_OF_NUMBERS else ():
        place = left + (column + 0.5) * cell - 1, top + (row + 0.5) * cell
        share = float(shares[row, column])
        draw.text(place, f"{100 * share:.0f}", ink_on(VIRIDIS.rgb(share)), load(_SMALL), anchor="mm")
    save_png(path, image)


def _cells(shares: NDArray[np.float64], cell: int) -> Image.Image:
    grid = VIRIDIS(shares).repeat(cell, axis=0).repeat(cell, axis=1)
    if cell >= _CELL_WITH_GAP:
        grid[cell - 1 :: cell] = grid[:, cell - 1 :: cell] = WHITE
    return Image.fromarray(grid)


def _upright(text: str, length: int, ink: Rgb = BLACK, anchor: str = "rm") -> Image.Image:
    """The text reading upwards, its end at the top, so that long class names fit under narrow columns."""
    label = Image.new("RGB", (length, 20), WHITE)
    draw_name(ImageDraw.Draw(label), (length / 2 if anchor == "mm" else length - 1, 10), text, ink, _BODY, anchor)
    return label.rotate(90, expand=True)
