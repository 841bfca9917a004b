"""How large type is on the screen: lines are whole pixels high, so that no character is stretched, and each platform's
build of Dear PyGui has advances of its own."""

import sys
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

from runtime_app import typeface
from runtime_app.errors import one_line
from runtime_app.typeface import REGULAR, line_per_em

_scale: float | None = None
_hinted = False


def set_screen(scale: float | None, hinted: bool = sys.platform == "win32") -> None:
    """From now on widths are those on a screen of `scale` pixels per point; None: without rounding to pixels.

    hinted: Dear PyGui's build for Windows sets type with FreeType, whose hinting makes each advance a whole number of
    pixels (a name can be a tenth wider); its other builds use stb_truetype, which does not.
    """
    global _scale, _hinted
    if (scale, hinted) != (_scale, _hinted):
        _scale, _hinted = scale, hinted
        text_width.cache_clear()
        _shorten_apart.cache_clear()


def line_pixels(size: float, face: Path, scale: float) -> int:
    """The height of a line in pixels by which Dear ImGui is told the size: `size` points per em."""
    return max(1, round(size * line_per_em(face) * scale))


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Path = REGULAR) -> float:
    """Width in points of one line of text at `size` points per em, without kerning: Dear ImGui has none either."""
    if _scale is None:
        return typeface.text_width(text, size, weight)
    pixels = 0.0
    for part, face in typeface.runs(one_line(text), weight):
        line = line_pixels(size, face, _scale)
        if _hinted:
            pixels += sum(_hinted_advance(character, face, line) for character in part)
        else:
            pixels += (
                sum(typeface.advance(drawn_character(character, face), face) for character in part)
                * line
                / line_per_em(face)
            )
    return pixels / _scale


@lru_cache(maxsize=4096)
def drawn_character(character: str, face: Path) -> str:
    """What Dear ImGui draws for it: a sign for what is missing where the face has no such character."""
    if character < "\u0370" or not typeface.lacks(character, face):
        return character
    return next((sign for sign in ("\ufffd", "?") if not typeface.lacks(sign, face)), " ")


def shorten(text: str, size: float, width: float, weight: Path = REGULAR) -> str:
    """typeface.shorten to `width` points of the screen."""
    return typeface.shorten(text, size, width, weight, text_width)


def shorten_apart(
    names: Sequence[str], size: float, width: float, numbers: Sequence[int], weight: Path = REGULAR
) -> tuple[str, ...]:
    """typeface.shorten_apart to `width` points of the screen."""
    return _shorten_apart(tuple(names), size, width, tuple(numbers), weight)


@lru_cache(maxsize=64)  # most frames ask for what the frame before asked for
def _shorten_apart(
    names: tuple[str, ...], size: float, width: float, numbers: tuple[int, ...], weight: Path
) -> tuple[str, ...]:
    return tuple(typeface.shorten_apart(names, size, width, numbers, weight, text_width))


@lru_cache(maxsize=4096)
def _hinted_advance(character: str, face: Path, line: int) -> float:
    return _face_of_line(face, line).getlength(drawn_character(character, face))


@cache
def _face_of_line(face: Path, line: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face, line / line_per_em(face), layout_engine=ImageFont.Layout.BASIC)
