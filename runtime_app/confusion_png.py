"""The confusion matrix as a PNG: true classes (rows) by predicted classes (columns), shares of each row."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from runtime_app.colours import BLACK, VIRIDIS, WHITE, ink_on
from runtime_app.png_file import save_png
from runtime_app.typeface import MEDIUM, load, shorten, text_width

_CELL, _PAD, _BODY, _SMALL = 44, 24, 14, 12


def write_confusion(path: Path, counts: NDArray[np.int64], classes: tuple[str, ...]) -> None:
    """counts: int64 [K, K], rows true, columns predicted. Raises OSError when the file cannot be written."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    margin = int(min(200, max(text_width(name, _BODY) for name in classes))) + 16
    side = _CELL * len(classes)
    left, top = _PAD + margin, _PAD + 40
    image = Image.new("RGB", (left + side + _PAD, top + side + margin + 24 + _PAD), WHITE)
    draw = ImageDraw.Draw(image)
    title = f"{int(counts.sum()):,} pictures: true class (rows), predicted (columns), percent of each row"
    draw.text((_PAD, _PAD), shorten(title, _BODY, image.width - 2 * _PAD, MEDIUM), BLACK, load(_BODY, MEDIUM))
    for index, name in enumerate(classes):
        fitted = shorten(name, _BODY, margin - 12)
        middle = (index + 0.5) * _CELL
        draw.text((left - 12, top + middle), fitted, BLACK, load(_BODY), anchor="rm")
        image.paste(_upright(fitted, margin), (int(left + middle - 10), top + side + 8))
    for (row, column), share in np.ndenumerate(shares):
        x, y = left + column * _CELL, top + row * _CELL
        colour = VIRIDIS.rgb(float(share))
        draw.rectangle((x, y, x + _CELL - 2, y + _CELL - 2), fill=colour)
        if counts[row, column]:
            text = f"{100 * share:.0f}"
            draw.text((x + _CELL / 2 - 1, y + _CELL / 2), text, ink_on(colour), load(_SMALL), anchor="mm")
    save_png(path, image)


def _upright(text: str, length: int) -> Image.Image:
    """The text reading upwards, its end at the top, so that long class names fit under narrow columns."""
    label = Image.new("RGB", (length, 20), WHITE)
    ImageDraw.Draw(label).text((length - 1, 10), text, BLACK, load(_BODY), anchor="rm")
    return label.rotate(90, expand=True)
