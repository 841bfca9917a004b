"""The app's icon, drawn: an evidence map over a picture, brightest where the network looked."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from runtime_app.colours import VIRIDIS

_SIDE, _CELLS = 1024, 5  # drawn large, scaled down
_GAP, _MARGIN, _ROUND = 20, 130, 230
_GROUND = (24, 26, 31, 255)
_CENTRE, _WIDTH = (1.4, 2.7), 1.9  # in cells: row and column where the evidence is strongest, how far it reaches


def draw(side: int) -> Image.Image:
    """RGBA, side x side pixels; transparent outside the rounded square."""
    large = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(large)
    pen.rounded_rectangle((16, 16, _SIDE - 17, _SIDE - 17), _ROUND, fill=_GROUND)
    cell = (_SIDE - 2 * _MARGIN - (_CELLS - 1) * _GAP) / _CELLS
    rows, columns = np.mgrid[:_CELLS, :_CELLS]
    distance = (rows - _CENTRE[0]) ** 2 + (columns - _CENTRE[1]) ** 2
    for row, column in np.ndindex(_CELLS, _CELLS):
        x, y = (_MARGIN + place * (cell + _GAP) for place in (column, row))
        colour = VIRIDIS.rgb(float(np.exp(-distance[row, column] / (2 * _WIDTH**2)) ** 1.6))
        pen.rounded_rectangle((x, y, x + cell, y + cell), 30, fill=(*colour, 255))
    return large.resize((side, side), Image.Resampling.LANCZOS)


def write_icons(folder: Path) -> None:
    """evidence.png (256 pixels, Linux), evidence.ico (Windows) and evidence.icns (macOS)."""
    draw(256).save(folder / "evidence.png")
    draw(256).save(folder / "evidence.ico", sizes=[(side, side) for side in (16, 24, 32, 48, 64, 128, 256)])
    draw(1024).save(folder / "evidence.icns")
