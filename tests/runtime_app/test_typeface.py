"""Letters that file names are written in have glyphs of their own."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from runtime_app.typeface import MEDIUM, REGULAR, cjk_font, draw_name, load, runs


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


@pytest.mark.skipif(cjk_font() is None, reason="no font with Chinese, Japanese and Korean characters is installed")
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
