"""Letters that file names are written in have glyphs of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime_app.typeface import MEDIUM, REGULAR, cjk_font, line_per_em, load, round_advances, runs, shorten, text_width


def glyph(character: str, face: Path) -> bytes:
    mask = load(40, face).getmask(character)
    return bytes(mask) + repr(mask.size).encode()


@pytest.mark.parametrize("weight", [REGULAR, MEDIUM])
def test_latin_greek_and_cyrillic_letters_are_drawn(weight: Path) -> None:
    missing = glyph("\uffff", weight)
    letters = "Az\u00e9\u00df\u0141\u0151\u015f\u03a9\u03b1\u03ce\u0416\u044f\u0491\u0457"
    assert all(glyph(letter, weight) != missing for letter in letters)
    assert runs(letters, weight) == [(letters, weight)]


@pytest.mark.skipif(cjk_font() is None, reason="no font with Chinese, Japanese and Korean characters is installed")
def test_chinese_japanese_and_korean_names_are_drawn_in_a_font_of_the_system() -> None:
    for name in ("\u732b.png", "\u306d\u3053.png"):
        (foreign, face), latin = runs(name)
        assert face == cjk_font() and all(glyph(letter, face) != glyph("\uffff", face) for letter in foreign)
        assert latin == (".png", REGULAR)


@pytest.fixture
def whole_pixels() -> Iterator[None]:
    """As Dear PyGui's build for Windows draws."""
    round_advances(1.0)
    yield
    round_advances(None)


@pytest.mark.usefixtures("whole_pixels")
@pytest.mark.parametrize(
    ("pixels", "scale", "text", "width"),
    [  # as that build measured them; 16.4 pixels are 16 stretched
        (16, 1.0, "cifarnet-cifar10", 103), (14, 1.0, "cifarnet-cifar10", 93), (16, 1.0, "ffff", 24),
        (16.4, 1.0, "ffff", 24.6), (20, 1.0, "mmmm", 56), (33, 1.0, "rrrr", 44), (16, 2.0, "cifarnet-cifar10", 100),
    ],
)  # fmt: skip
def test_type_is_as_wide_as_windows_draws_it(pixels: float, scale: float, text: str, width: float) -> None:
    round_advances(scale)
    assert text_width(text, pixels / line_per_em(MEDIUM), MEDIUM) == pytest.approx(width, abs=0.75)


def test_rounding_of_windows_comes_and_goes_with_no_trace() -> None:
    before = text_width("cifarnet-cifar10", 14, MEDIUM)
    round_advances(1.0)
    assert text_width("cifarnet-cifar10", 14, MEDIUM) > before + 3
    assert text_width(shorten("a long name of a picture.png", 14, 80), 14) <= 80
    round_advances(None)
    assert text_width("cifarnet-cifar10", 14, MEDIUM) == before
