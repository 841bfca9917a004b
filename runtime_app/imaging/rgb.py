"""Decoded pixels of any kind -> 8-bit RGB: transparency on white, 16 bits and floats to 8, palette, CMYK and grey converted."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from runtime_app.imaging.as_stored import black_and_white

# Conversions that need copies of a picture, or wide numbers, work on this many pixels at a time.
_STRIP_PIXELS = 1 << 20


def to_rgb(image: ImageFile.ImageFile) -> Image.Image:
    """`image` itself where it is RGB already: a copy of a large picture would double the memory."""
    wide = image.mode.startswith("I") or image.mode == "F"
    if not wide and not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    ends = _ends(image) if wide else (0.0, 0.0)
    rgb = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        rgb.paste(_composited(_to_8_bit(strip, *ends) if wide else strip), (0, top))
    return rgb


def on_white(rgb: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    canvas = Image.new("RGB", rgb.size, "white")
    canvas.paste(rgb.crop(frame), frame[:2])
    return canvas


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """(first row, rows from there on), from top to bottom."""
    rows = max(1, _STRIP_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _composited(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _ends(image: ImageFile.ImageFile) -> tuple[float, float]:
    """What counts as black and as white; floating point pictures are taken as 0..1 unless they reach beyond."""
    black, white = black_and_white(image)
    if image.mode.startswith("I"):
        return black, white
    highest = max((_finite(strip).max(initial=0.0) for _, strip in _strips(image)), default=0.0)
    full = 1.0 if highest <= 1.0 else 255.0
    return (full, 0.0) if black > white else (0.0, full)


def _to_8_bit(image: Image.Image, black: float, white: float) -> Image.Image:
    values = _finite(image)
    levels = np.clip((values - black) / (white - black), 0, 1)
    reduced = Image.fromarray(np.rint(levels * 255).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):  # PNG's one grey that is transparent, in the file's own range
        reduced.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return reduced


def _finite(image: Image.Image) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # numbers that are none, in the file
        return np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
