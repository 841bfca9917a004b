"""The one family of type of window and pictures: Roboto (Latin, Greek, Cyrillic), whose digits share one width."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

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


@cache
def load(size: int, weight: Path = REGULAR) -> ImageFont.FreeTypeFont:
    """The font for drawing with Pillow at `size` pixels per em."""
    return ImageFont.truetype(weight, size)


@cache
def cjk_fonts() -> tuple[Path, ...]:
    """Fonts of this system with Chinese, Japanese or Korean characters, for file names; one need not have all of them."""
    return tuple(Path(name) for name in _CJK_FONTS if Path(name).is_file())


def runs(text: str, weight: Path = REGULAR) -> list[tuple[str, Path]]:
    """Parts of the text, each with the font that it is drawn in: a font for Chinese need not have Latin letters."""
    if max(text, default="") < _CJK_FROM:
        return [(text, weight)]
    return [("".join(part), face) for face, part in groupby(text, lambda character: _face_of(character, weight))]


@lru_cache(maxsize=4096)
def _face_of(character: str, weight: Path) -> Path:
    """What no font has (emoji) is left to `weight`, which shows a sign for it where others would show nothing."""
    foreign = cjk_fonts() if character >= _CJK_FROM else ()
    return next((face for face in foreign if not lacks(character, face)), weight)


@lru_cache(maxsize=4096)
def lacks(character: str, face: Path) -> bool:
    """Whether the face has no glyph of its own for it."""
    font = load(100, face)
    glyph, missing = font.getmask(character), font.getmask("\uffff")
    return glyph.size == missing.size and bytes(glyph) == bytes(missing)


def draw_name(
    draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, ink: tuple[int, int, int], size: int, anchor: str
) -> None:
    """One line with Pillow, each part in a font that has its characters. anchor: Pillow's, horizontal and vertical."""
    parts = [(part, load(size, face)) for part, face in runs(text)]
    if len(parts) == 1:
        draw.text(place, text, ink, parts[0][1], anchor=anchor)
        return
    x = place[0] - sum(font.getlength(part) for part, font in parts) * {"l": 0, "m": 0.5, "r": 1}[anchor[0]]
    for part, font in parts:
        draw.text((x, place[1]), part, ink, font, anchor=f"l{anchor[1]}")
        x += font.getlength(part)


@cache
def line_per_em(face: Path) -> float:
    """Ascent and descent together, in em: the measure by which Dear ImGui sizes type."""
    return sum(load(_UNITS, face).getmetrics()) / _UNITS


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: Path = REGULAR) -> float:
    """Width in pixels of one line of text at `size` pixels per em, without kerning."""
    return sum(advance(character, face) for part, face in runs(one_line(text), weight) for character in part) * size


@lru_cache(maxsize=4096)
def advance(character: str, face: Path) -> float:
    """Width in em, by character: asking for whole texts takes most of a frame that shows many new ones."""
    return load(_UNITS, face).getlength(character) / _UNITS


def shorten(
    text: str,
    size: float,
    width: float,
    weight: Path = REGULAR,
    measure: Callable[[str, float, Path], float] = text_width,
) -> str:
    """The text itself when it fits into `width` pixels, otherwise its beginning and its end around an ellipsis.

    The end of a file name (its number, its suffix) tells files apart, so it is kept. measure: another text_width.
    """
    text = one_line(text)
    if measure(text, size, weight) <= width:
        return text
    return _around(text, _longest(0, len(text), lambda kept: measure(_around(text, kept), size, weight) <= width))


def shorten_apart(
    names: Sequence[str],
    size: float,
    width: float,
    numbers: Sequence[int] | None = None,
    weight: Path = REGULAR,
    measure: Callable[[str, float, Path], float] = text_width,
) -> list[str]:
    """Each name as `shorten` gives it; of those that would look alike, what they share is left out instead, or else
    their number leads. numbers: of the names, otherwise their places from 0. Equal names stay equal."""

    def fits(text: str, share: float = 1.0) -> bool:
        return measure(text, size, weight) <= width * share

    lines = [one_line(name) for name in names]
    fitted = [shorten(line, size, width, weight, measure) for line in lines]
    for numbered in (False, True):
        alike: dict[str, list[int]] = {}
        for index, text in enumerate(fitted):
            alike.setdefault(text, []).append(index)
        for indices in alike.values():
            different = {lines[index] for index in indices}
            if len(different) == 1:
                continue
            letters = list(zip(*different, strict=False))
            shared = next((place for place, found in enumerate(letters) if len(set(found)) > 1), len(letters))
            for index in indices:
                if numbered:
                    led = f"{numbers[index] if numbers else index}: {lines[index]}"
                    fitted[index] = shorten(led, size, width, weight, measure)
                elif not fits(lines[index]):
                    fitted[index] = _from_the_difference(lines[index], shared, fits)
    return fitted


def _from_the_difference(text: str, shared: int, fits: Callable[[str, float], bool]) -> str:
    """A third of the width for what the text shares with others, the rest from where it differs. fits: asked with a text
    and a share of the width."""
    start = _longest(0, shared, lambda end: fits(text[:end] + ELLIPSIS, 1 / 3))
    return _parts(
        text, start, shared, _longest(shared, len(text), lambda end: fits(_parts(text, start, shared, end), 1))
    )


def _longest(least: int, most: int, holds: Callable[[int], bool]) -> int:
    """The largest of these lengths for which it holds, at least `least`."""
    while least < most:
        tried = (least + most + 1) // 2
        least, most = (tried, most) if holds(tried) else (least, tried - 1)
    return least


def _parts(text: str, start: int, shared: int, kept: int) -> str:
    return text[:start] + ELLIPSIS + text[shared:kept] + (ELLIPSIS if kept < len(text) else "")


def _around(text: str, kept: int) -> str:
    end = kept * 2 // 5
    return text[: kept - end] + ELLIPSIS + (text[-end:] if end else "")
