"""Colour maps and the heatmap PNG: fixed scale, readable numbers, whole files only."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from runtime_app.colours import DIVERGING, SEQUENTIAL, VIRIDIS, ColourMap, Scale, contrast, ink_on, luminance
from runtime_app.confusion_png import write_confusion
from runtime_app.errors import UserError
from runtime_app.heatmap_png import MAX_ROWS, cell_text, draw_heatmap, told_apart, write_heatmap
from runtime_app.imaging import Region
from runtime_app.pipeline import Result
from runtime_app.typeface import shorten, shorten_apart, text_width

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


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float, int]]:
    """What is drawn: text, its right end where it is written from the left, width of the picture."""
    seen: list[tuple[str, float, int]] = []
    text = ImageDraw.ImageDraw.text

    def recorded(self, at, what, fill, font, anchor="la"):  # type: ignore[no-untyped-def]
        seen.append((what, at[0] + font.getlength(what) if anchor[0] == "l" else at[0], self.im.size[0]))
        return text(self, at, what, fill, font, anchor=anchor)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", recorded)
    return seen


@pytest.mark.parametrize("count", [1, 2, 4, 40, 160, 300])
def test_title_and_axes_of_the_confusion_matrix_are_said_whole(
    tmp_path: Path, texts: list[tuple[str, float, int]], count: int
) -> None:
    counts = np.full((count, count), 1_000_000 // count**2, dtype=np.int64)
    write_confusion(tmp_path / "confusion.png", counts, tuple(f"c{number}" for number in range(count)))
    title, right, width = texts[0]
    assert " pictures: " in title and " of each row" in title and "\u2026" not in title
    assert right <= width
    assert {"true", "predicted"} <= {text for text, _, _ in texts}


LONG = "a very long beginning that all the classes share "
ALIKE = (
    f"{LONG}cat",
    f"{LONG}dog",
    f"{LONG}A and an end as long as this",
    f"{LONG}B and an end as long as this",
    "fox",
)


def test_long_names_that_begin_and_end_alike_are_told_apart() -> None:
    shown = shorten_apart(ALIKE, 12, 100)
    assert len(set(shown)) == 5 and all(text_width(text, 12) <= 100 for text in shown)
    assert [shown[index] for index in (0, 1, 4)] == [shorten(ALIKE[index], 12, 100) for index in (0, 1, 4)]
    assert "\u2026A and" in shown[2] and "\u2026B and" in shown[3]
    assert shorten_apart(["x.png", "x.png"], 12, 100) == ["x.png", "x.png"]


def test_long_names_that_differ_too_little_are_numbered() -> None:
    names = [f"{LONG}cat 1, a long middle, {letter}, and an end as long as this" for letter in "AB"]
    names.append(f"{LONG}dog 1, a long middle, and an end as long as this")
    first, second, third = shorten_apart(names, 12, 100, [17, 23, 90])
    assert first.startswith("17: ") and second.startswith("23: ") and "dog" in third


def test_both_pictures_tell_classes_apart(tmp_path: Path, texts: list[tuple[str, float, int]]) -> None:
    write_confusion(tmp_path / "confusion.png", np.eye(5, dtype=np.int64), ALIKE)
    rows = [text for text, _, _ in texts if text not in ("true", "predicted") and not text.isdigit()][1:]
    assert len(set(rows)) == 5
    texts.clear()
    draw_heatmap([result(0.2, 0.2, 0.2, 0.2, 0.2)], ALIKE)
    assert len({text for text, _, _ in texts[1:6]}) == 5


def test_files_of_one_name_are_shown_with_the_folders_that_tell_them_apart(
    texts: list[tuple[str, float, int]],
) -> None:
    paths = [Path(name) for name in ("cats/img 003.jpg", "dogs/img 003.jpg", "cats/4.jpg", "a/x/1.jpg", "b/x/1.jpg")]
    shown = ["cats/img 003.jpg", "dogs/img 003.jpg", "4.jpg", "a/x/1.jpg", "b/x/1.jpg"]
    assert told_apart(paths) == shown
    assert told_apart([paths[0], paths[0]]) == ["img 003.jpg", "img 003.jpg"]
    draw_heatmap([result(0.5, 0.5, name=str(path)) for path in paths], CLASSES)
    assert set(shown) <= {text for text, _, _ in texts}


def test_pictures_of_the_same_figures_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_confusion(tmp_path / name, np.eye(5, dtype=np.int64), ALIKE)
        write_heatmap(tmp_path / f"{name} heat", [result(0.2, 0.2, 0.2, 0.2, 0.2)] * 2, ALIKE)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert (tmp_path / "first heat").read_bytes() == (tmp_path / "second heat").read_bytes()
