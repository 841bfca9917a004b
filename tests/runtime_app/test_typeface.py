"""Letters that file names are written in have glyphs of their own."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from runtime_app.typeface import MEDIUM, REGULAR, cjk_fonts, draw_name, load, runs
from runtime_app.view.type_on_screen import drawn_character


def glyph(character: str, face: Path) -> bytes:
    mask = load(40, face).getmask(character)
    return bytes(mask) + repr(mask.size).encode()


@pytest.mark.parametrize("weight", [REGULAR, MEDIUM])
def test_latin_greek_and_cyrillic_letters_are_drawn(weight: Path) -> None:
    missing = glyph("\uffff", weight)
    letters = "Az\u00e9\u00df\u0141\u0151\u015f\u03a9\u03b1\u03ce\u0416\u044f\u0491\u0457"
    assert all(glyph(letter, weight) != missing for letter in letters)
    assert runs(letters, weight) == [(letters, weight)]


@pytest.mark.skipif(not cjk_fonts(), reason="no font with Chinese, Japanese and Korean characters is installed")
def test_chinese_japanese_and_korean_names_are_drawn_in_a_font_of_the_system() -> None:
    for name in ("\u732b.png", "\u306d\u3053.png"):
        (foreign, face), latin = runs(name)
        assert face in cjk_fonts() and all(glyph(letter, face) != glyph("\uffff", face) for letter in foreign)
        assert latin == (".png", REGULAR)


def test_what_no_font_has_is_a_sign_and_not_a_gap() -> None:
    for text in ("\U0001f431", "\ud55c\uad6d", "\u732b\U0001f525"):
        for part, face in runs(text, MEDIUM):
            drawn = [drawn_character(character, face) for character in part]
            assert all(sign.strip() and load(40, face).getmask(sign).getbbox() for sign in drawn), text


@pytest.mark.skipif(not cjk_fonts(), reason="no font with Chinese, Japanese and Korean characters is installed")
@pytest.mark.parametrize("anchor", ["lm", "mm", "rm", "ms"])
def test_pictures_draw_names_of_every_script_where_they_belong(anchor: str) -> None:
    def drawn(text: str) -> Image.Image:
        image = Image.new("RGB", (400, 40), "white")
        draw_name(ImageDraw.Draw(image), (200, 20), text, (0, 0, 0), 14, anchor)
        return image

    first, other = drawn("a \u732b b"), drawn("a \u72d7 b")
    assert first.tobytes() != other.tobytes(), "boxes are all alike"
    left, _, right, _ = ImageChops.invert(first).getbbox() or (0, 0, 0, 0)
    start = {"l": 200, "m": 200 - (right - left) / 2, "r": 200 - (right - left)}[anchor[0]]
    assert abs(left - start) < 3
