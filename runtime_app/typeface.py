"""The one family of type of window and pictures: Roboto (Latin, Greek, Cyrillic), whose digits share one width."""

from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

from runtime_app.errors import one_line

_FOLDER = Path(__file__).parent / "view" / "fonts"
REGULAR = _FOLDER / "Roboto-Regular.ttf"
MEDIUM = _FOLDER / "Roboto-Medium.ttf"
ELLIPSIS = "\u2026"
_UNITS = 1000  # widths are measured once at this size and scaled, so that they do not depend on rounding at small sizes


@cache
def load(size: int, weight: Path = REGULAR) -> ImageFont.FreeTypeFont:
    """The font for drawing with Pillow at `size` pixels per em."""
    return ImageFont.truetype(weight, size)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Path = REGULAR) -> float:
    """Width in pixels of one line of text at `size` pixels per em."""
    return load(_UNITS, weight).getlength(one_line(text)) * size / _UNITS


def shorten(text: str, size: float, width: float, weight: Path = REGULAR) -> str:
    """The text itself when it fits into `width` pixels, otherwise its beginning and its end around an ellipsis.

    The end of a file name (its number, its suffix) tells files apart, so it is kept.
    """
    text = one_line(text)
    if text_width(text, size, weight) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        kept = (low + high + 1) // 2
        low, high = (kept, high) if text_width(_around(text, kept), size, weight) <= width else (low, kept - 1)
    return _around(text, low)


def _around(text: str, kept: int) -> str:
    end = kept * 2 // 5
    return text[: kept - end] + ELLIPSIS + (text[-end:] if end else "")
