"""The one family of type of window and pictures: Roboto (Latin, Greek, Cyrillic), whose digits share one width."""

from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageFont

from runtime_app.errors import one_line

_FOLDER = Path(__file__).parent / "view" / "fonts"
REGULAR = _FOLDER / "Roboto-Regular.ttf"
MEDIUM = _FOLDER / "Roboto-Medium.ttf"
ELLIPSIS = "\u2026"
_CJK_FROM = "\u2e80"  # the first character of the blocks for Chinese, Japanese and Korean
_CJK_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/YuGothR.ttc",
    "C:/Windows/Fonts/malgun.ttf",
)
_UNITS = 1000  # widths are measured once at this size and scaled, so that they do not depend on rounding at small sizes
_rounded_at: float | None = None


@cache
def load(size: int, weight: Path = REGULAR) -> ImageFont.FreeTypeFont:
    """The font for drawing with Pillow at `size` pixels per em."""
    return ImageFont.truetype(weight, size)


@cache
def cjk_font() -> Path | None:
    """A font of this system with Chinese, Japanese and Korean characters, for file names; None where none is installed."""
    return next((Path(name) for name in _CJK_FONTS if Path(name).is_file()), None)


def runs(text: str, weight: Path = REGULAR) -> list[tuple[str, Path]]:
    """Parts of the text, each with the font that it is drawn in: a font for Chinese need not have Latin letters."""
    if max(text, default="") < _CJK_FROM:
        return [(text, weight)]
    parts = groupby(text, lambda character: character >= _CJK_FROM)
    return [("".join(part), (cjk_font() or weight) if foreign else weight) for foreign, part in parts]


@cache
def line_per_em(face: Path) -> float:
    """Ascent and descent together, in em: the measure by which Dear ImGui sizes type."""
    return sum(load(_UNITS, face).getmetrics()) / _UNITS


def round_advances(scale: float | None) -> None:
    """From now on characters are as wide as FreeType's hinting makes them on a screen of `scale` pixels per point.

    Dear PyGui's build for Windows draws so, where each advance is a whole number of pixels (a name can be a tenth wider);
    its other builds draw with stb_truetype, which rounds nothing (None).
    """
    global _rounded_at
    if scale != _rounded_at:
        _rounded_at = scale
        text_width.cache_clear()


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Path = REGULAR) -> float:
    """Width in pixels of one line of text at `size` pixels per em, without kerning: Dear ImGui has none either."""
    width = 0.0
    for part, face in runs(one_line(text), weight):
        if _rounded_at is None:
            width += sum(_advance(character, face) for character in part) * size / _UNITS
        else:
            line = size * line_per_em(face) * _rounded_at
            drawn = max(1, round(line))  # Dear ImGui makes characters for whole pixels and stretches them
            width += sum(_rounded_advance(character, face, drawn) for character in part) * line / drawn / _rounded_at
    return width


@lru_cache(maxsize=4096)
def _advance(character: str, face: Path) -> float:
    """By character: asking for whole texts takes most of a frame that shows many new ones."""
    return load(_UNITS, face).getlength(character)


@lru_cache(maxsize=4096)
def _rounded_advance(character: str, face: Path, line: int) -> float:
    return _hinted(face, line).getlength(character)


@cache
def _hinted(face: Path, line: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face, line / line_per_em(face), layout_engine=ImageFont.Layout.BASIC)


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
