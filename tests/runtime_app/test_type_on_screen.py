"""Layout believes that type is as wide as Dear PyGui draws it."""

from collections.abc import Iterator

import pytest

from runtime_app import typeface
from runtime_app.typeface import MEDIUM, line_per_em
from runtime_app.view.type_on_screen import drawn_character, line_pixels, set_screen, shorten, text_width
from runtime_app.view.widgets import wrap


@pytest.fixture(autouse=True)
def no_screen_afterwards() -> Iterator[None]:
    yield
    set_screen(None)


@pytest.mark.parametrize(
    ("pixels", "text", "width"),
    [("16", "cifarnet-cifar10", 103), ("14", "cifarnet-cifar10", 93), ("16", "ffff", 24), ("20", "mmmm", 56)],
)
def test_type_is_as_wide_as_the_build_for_windows_measured_it(pixels: str, text: str, width: int) -> None:
    set_screen(1.0, hinted=True)
    size = int(pixels) / line_per_em(MEDIUM)
    assert line_pixels(size, MEDIUM, 1.0) == int(pixels)
    assert text_width(text, size, MEDIUM) == width
    set_screen(2.0, hinted=True)
    assert text_width(text, size / 2, MEDIUM) == width / 2


@pytest.mark.parametrize(("size", "scale"), [(14, 1.0), (12, 1.0), (14, 1.5), (13, 2.0)])
def test_lines_are_whole_pixels_high_and_widths_follow(size: int, scale: float) -> None:
    set_screen(scale, hinted=False)
    drawn = line_pixels(size, MEDIUM, scale) / (size * line_per_em(MEDIUM) * scale)
    assert abs(drawn - 1) < 0.04
    whole = typeface.text_width("cifarnet-cifar10", size, MEDIUM)
    assert text_width("cifarnet-cifar10", size, MEDIUM) == pytest.approx(whole * drawn)


def test_screens_come_and_go_with_no_trace() -> None:
    before = text_width("cifarnet-cifar10", 14, MEDIUM)
    set_screen(1.0, hinted=True)
    assert text_width("cifarnet-cifar10", 14, MEDIUM) > before + 3
    name = shorten("a long name of a picture.png", 14, 80)
    assert name.endswith(".png") and 60 < text_width(name, 14) <= 80
    set_screen(None)
    assert text_width("cifarnet-cifar10", 14, MEDIUM) == before


def test_a_character_that_the_type_lacks_is_as_wide_as_the_sign_for_it() -> None:
    """Arabic, Hebrew, Hindi: Dear ImGui draws its replacement for each."""
    set_screen(1.0, hinted=False)
    for character in "\u0639\u05d0\u0939":
        assert drawn_character(character, MEDIUM) in ("\ufffd", "?")
        sign = typeface.load(1000, MEDIUM).getlength(drawn_character(character, MEDIUM)) / 1000
        sign *= line_pixels(14, MEDIUM, 1.0) / line_per_em(MEDIUM)
        assert text_width(character, 14, MEDIUM) == pytest.approx(sign)
    assert all(drawn_character(letter, MEDIUM) == letter for letter in "A\u03a9\u0416")


@pytest.mark.timeout(20)
def test_a_word_of_a_megabyte_is_broken_into_lines_that_fit() -> None:
    word = "".join(chr(97 + number % 26) for number in range(1_000_000))
    lines = wrap(f"Licence: {word}", 13, 600)
    assert lines[0] == "Licence:" and "".join(lines[1:]) == word
    assert all(550 < text_width(line, 13) <= 600 for line in lines[1:-1])


def test_words_are_broken_at_spaces_and_narrow_letters_fill_the_line() -> None:
    assert wrap("one two  three\n  four", 13, 60) == ["one two ", "three", "  four"]
    first, *_ = wrap(500 * "i", 13, 600)
    assert 597 < text_width(first, 13) <= 600
