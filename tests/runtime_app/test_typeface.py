"""Letters that file names are written in have glyphs of their own."""

from pathlib import Path

import pytest

from runtime_app.typeface import MEDIUM, REGULAR, cjk_font, load, runs


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
