"""Colour maps and the heatmap PNG: fixed scale, readable numbers, whole files only."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.colours import DIVERGING, SEQUENTIAL, VIRIDIS, ColourMap, Scale, contrast, ink_on, luminance
from runtime_app.confusion_png import write_confusion
from runtime_app.errors import UserError
from runtime_app.heatmap_png import MAX_ROWS, cell_text, draw_heatmap, write_heatmap
from runtime_app.imaging import Region
from runtime_app.pipeline import Result
from runtime_app.typeface import shorten, text_width

CLASSES = ("cat", "dog")


def result(*probabilities: float, name: str = "a.png") -> Result:
    values = np.array(probabilities, dtype=np.float32)
    empty = np.zeros((0,), dtype=np.float32)
    image = np.full((32, 32, 3), 200, dtype=np.uint8)
    best = int(values.argmax())
    region = Region(0, 0, 32, 32)
    return Result(Path(name), str(best), float(values[best]), "sure", values, empty, empty, image, region)


def colours_of(picture: Image.Image) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in np.unique(np.asarray(picture).reshape(-1, 3), axis=0).tolist()}


def test_scale_is_fixed_from_0_to_1_whatever_the_pictures() -> None:
    picture = draw_heatmap([result(0.5, 0.5)], CLASSES)
    without_scale = picture.crop((0, 0, picture.width - 112, picture.height))
    shown = colours_of(without_scale)
    assert VIRIDIS.rgb(0.5) in shown
    assert VIRIDIS.rgb(1.0) not in shown and VIRIDIS.rgb(0.0) not in shown


@pytest.mark.parametrize("name", sorted(SEQUENTIAL))
def test_sequential_maps_grow_lighter_all_the_way(name: str) -> None:
    steps = [luminance(SEQUENTIAL[name].rgb(share)) for share in np.linspace(0, 1, 101)]
    assert all(after > before for before, after in itertools.pairwise(steps))


def test_diverging_map_is_neutral_in_the_middle_and_as_light_on_both_sides() -> None:
    red, green, blue = DIVERGING.rgb(0.5)
    assert max(red, green, blue) - min(red, green, blue) < 12
    for share in (0.1, 0.2, 0.3, 0.4):
        assert luminance(DIVERGING.rgb(0.5 - share)) == pytest.approx(luminance(DIVERGING.rgb(0.5 + share)), abs=0.16)


@pytest.mark.parametrize("colours", [*SEQUENTIAL.values(), DIVERGING], ids=lambda colours: colours.name)
def test_maps_pass_through_their_own_colours_and_lie_between_them_elsewhere(colours: ColourMap) -> None:
    steps = np.linspace(0, 1, len(colours.table))
    np.testing.assert_array_equal(colours(steps), colours.table)
    at = np.random.default_rng(0).random((50, 7))
    exact = np.stack([np.interp(at, steps, colours.table[:, channel]) for channel in range(3)], axis=-1)
    assert np.abs(colours(at) - exact).max() < 1


def test_positions_beyond_the_ends_and_no_numbers_have_colours_too() -> None:
    np.testing.assert_array_equal(VIRIDIS(np.array([-np.inf, -3, np.nan, 7])), VIRIDIS(np.array([0, 0, 0, 1])))


def test_numbers_are_readable_on_every_colour() -> None:
    for share in np.linspace(0, 1, 256):
        ground = VIRIDIS.rgb(share)
        assert contrast(ink_on(ground), ground) >= 4.5


@pytest.mark.parametrize(
    ("probability", "text"), [(0.0, ".00"), (0.934, ".93"), (0.997, ".99"), (0.9999, "1.00"), (1.0, "1.00")]
)
def test_cell_numbers(probability: float, text: str) -> None:
    assert cell_text(probability) == text


def test_png_is_written_whole_and_into_a_new_folder(tmp_path: Path) -> None:
    target = tmp_path / "new" / "heat.png"
    write_heatmap(target, [result(0.9, 0.1), result(0.2, 0.8, name="x" * 250 + ".png")], CLASSES)
    with Image.open(target) as picture:
        picture.load()
        assert picture.format == "PNG"
    assert [path.name for path in target.parent.iterdir()] == ["heat.png"]


def test_no_result_and_too_many_results(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        write_heatmap(tmp_path / "heat.png", [], CLASSES)
    assert not list(tmp_path.iterdir())
    write_heatmap(tmp_path / "heat.png", [result(0.9, 0.1)] * (MAX_ROWS + 5), CLASSES)
    with Image.open(tmp_path / "heat.png") as picture:
        assert picture.height < 33_000


def test_long_names_keep_their_end() -> None:
    short = shorten("a" * 200 + "_0231.jpg", 14, 120)
    assert short.endswith(".jpg") and text_width(short, 14) <= 120
    assert shorten("bad\nname\udcff.png", 14, 500).isprintable()


def test_of_more_classes_than_fit_those_are_drawn_that_a_picture_may_show() -> None:
    classes = tuple(f"class {number}" for number in range(1000))
    first, second = np.full(1000, 0.0001), np.full(1000, 0.0001)
    first[7], second[993] = 0.6, 0.7
    both = [result(*first), result(*second)]
    picture = draw_heatmap(both, classes)
    assert picture.width < 100 * 120 + 500
    assert {VIRIDIS.rgb(np.float32(0.6)), VIRIDIS.rgb(np.float32(0.7))} <= colours_of(
        picture.crop((300, 0, picture.width - 112, 200))
    )


@pytest.mark.parametrize("count", [3, 40, 150, 1500])
def test_confusion_matrix_of_many_classes_stays_a_picture_that_opens(tmp_path: Path, count: int) -> None:
    counts = np.eye(count, dtype=np.int64)
    write_confusion(tmp_path / "confusion.png", counts, tuple(f"class {number}" for number in range(count)))
    with Image.open(tmp_path / "confusion.png") as picture:
        assert max(picture.size) < 4500
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24) or []}
        assert {VIRIDIS.rgb(0.0), VIRIDIS.rgb(1.0)} <= colours


def test_scale_beside_the_heatmap_has_certainty_at_its_top() -> None:
    from PIL import ImageDraw

    from runtime_app.typeface import load

    pixels = np.asarray(draw_heatmap([result(0.5, 0.5)], CLASSES))
    ramp = pixels[:, -84]
    ramp = ramp[(ramp != 255).any(axis=1)]
    assert (tuple(ramp[0]), tuple(ramp[-1])) == (VIRIDIS.rgb(1.0), VIRIDIS.rgb(0.0))
    label = Image.new("RGB", (50, 20), "white")
    ImageDraw.Draw(label).text((0, 10), "1.00", (92, 98, 108), load(12), anchor="lm")
    np.testing.assert_array_equal(pixels[70:90, -62:-12], np.asarray(label))


def test_logarithmic_scale_goes_from_a_ten_thousandth_to_one_as_its_ticks_say() -> None:
    scale = Scale(log=True)
    np.testing.assert_allclose(
        scale.position(np.array([0, 1e-4, 1e-3, 0.01, 0.1, 1])), [0, 0, 0.25, 0.5, 0.75, 1], atol=1e-9
    )
    for at, text in scale.ticks:
        assert scale.position(np.array(float(text))) == pytest.approx(at)
