"""Pictures of every mode, size and orientation become the same upright RGB input."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from runtime_app import imaging
from runtime_app.imaging import PictureError, Region, open_picture, prepare
from tests.runtime_app.picture_files import encode, whole_picture_at_once


def corners(height: int = 40, width: int = 60) -> Image.Image:
    """Red, green, blue and white quarters: any turn or mirror shows."""
    array = np.zeros((height, width, 3), dtype=np.uint8)
    array[: height // 2, : width // 2] = (255, 0, 0)
    array[: height // 2, width // 2 :] = (0, 255, 0)
    array[height // 2 :, : width // 2] = (0, 0, 255)
    array[height // 2 :, width // 2 :] = (255, 255, 255)
    return Image.fromarray(array)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_comes_out_upright(orientation: int) -> None:
    turns = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = corners()
    turn = turns[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_picture(encode(stored, exif=exif))
    np.testing.assert_array_equal(np.asarray(opened), np.asarray(upright))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "beside",
    [
        struct.pack("<HHI4s", 0x011A, 2, 4, b"300\0"),  # a resolution in letters
        struct.pack("<HHI4s", 0x0131, 12, 1, b"\0" * 4),  # a program's name that is a number
        struct.pack("<HHIi", 0x8769, 9, 1, -1),  # further tags before the beginning
    ],
    ids=["letters", "number", "before"],
)
def test_a_turned_picture_with_other_tags_that_make_no_sense_comes_out_upright(format_: str, beside: bytes) -> None:
    turned = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + b"".join(sorted((turned, beside))) + bytes(12)
    stored = corners().transpose(Image.Transpose.ROTATE_90)
    assert open_picture(encode(stored, format_, exif=exif)).size == corners().size


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_picture_whose_exif_is_none_opens_as_it_is_stored(format_: str) -> None:
    assert open_picture(encode(corners(), format_, exif=b"Exif\0\0no tags at all")).size == corners().size


def test_transparency_is_composited_on_white() -> None:
    image = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert open_picture(encode(image)).getpixel((1, 1)) == (255, 255, 255)
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert open_picture(encode(half)).getpixel((1, 1)) == (127, 127, 127)


def test_palette_transparency_is_composited_on_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((0, 0), 1)
    opened = open_picture(encode(image, transparency=0))
    assert opened.getpixel((1, 1)) == (255, 255, 255)
    assert opened.getpixel((0, 0)) == (200, 100, 50)


def test_sixteen_bits_keep_their_brightness() -> None:
    grey = Image.fromarray(np.full((4, 4), 32896, dtype=np.uint16))
    assert open_picture(encode(grey)).getpixel((0, 0)) == (128, 128, 128)
    assert open_picture(encode(grey, "TIFF")).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    format_ = "TIFF" if mode in ("CMYK", "YCbCr", "F") else "PNG"
    image = Image.new(mode, (8, 6)) if mode in ("I;16", "F") else corners().convert(mode)
    opened = open_picture(encode(image, format_))
    assert opened.mode == "RGB"


def test_crop_takes_the_centred_square() -> None:
    prepared = prepare(corners(40, 60), (32, 32))
    assert prepared.region == Region(10, 0, 50, 40)
    assert prepared.image.shape == (32, 32, 3) and prepared.image.dtype == np.uint8


def test_letterbox_shows_everything_between_grey_bars() -> None:
    prepared = prepare(Image.new("RGB", (64, 32), "red"), (32, 32), "letterbox")
    assert prepared.region == Region(0, -16, 64, 48)
    assert tuple(prepared.image[0, 16]) == (128, 128, 128)
    assert tuple(prepared.image[16, 16]) == (255, 0, 0)
    assert tuple(prepared.image[16, 0]) == (255, 0, 0)


def test_stretch_uses_the_whole_picture() -> None:
    assert prepare(corners(40, 60), (32, 32), "stretch").region == Region(0, 0, 60, 40)


def test_a_picture_of_input_size_is_not_touched() -> None:
    array = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for resize in imaging.RESIZES:
        np.testing.assert_array_equal(prepare(Image.fromarray(array), (32, 32), resize).image, array)


def test_shrinking_is_antialiased() -> None:
    stripes = np.zeros((256, 256, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    shrunk = prepare(Image.fromarray(stripes), (32, 32)).image
    assert np.abs(shrunk.astype(int) - 127).max() <= 12


def test_a_chosen_region_overrides_the_rule() -> None:
    blue = prepare(corners(40, 60), (8, 8), region=Region(2, 22, 18, 38)).image
    assert (blue == (0, 0, 255)).all()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.png cannot be read"):
        open_picture(tmp_path / "gone.png")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"not a picture at all", "is not a picture"),
        (encode(corners())[:60], "is damaged|is not a picture"),
        (encode(corners(), "JPEG")[:500], "is damaged"),
    ],
)
def test_an_unusable_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=reason) as refusal:
        open_picture(path)
    assert "broken.png" in refusal.value.title and refusal.value.advice


def test_formats_outside_the_list_stay_closed() -> None:
    with pytest.raises(PictureError, match="is not a picture"):
        open_picture(encode(Image.new("RGB", (8, 8)), "PCX"))


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=1, max_size=64),
    st.integers(0, 4000),
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]),
)
def test_a_mutated_file_gives_a_picture_or_one_sentence(noise: bytes, at: int, format_: str) -> None:
    content = bytearray(encode(corners(), format_))
    at %= len(content)
    content[at : at + len(noise)] = noise
    try:
        opened = open_picture(bytes(content))
    except PictureError as refusal:
        assert refusal.title and refusal.advice
    else:
        assert opened.mode == "RGB"


def test_list_pictures_finds_every_format_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.JPG", "deep/a.png", "deep/er/c.webp", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    names = [path.relative_to(tmp_path).as_posix() for path in imaging.list_pictures(tmp_path)]
    assert names == ["b.JPG", "deep/a.png", "deep/er/c.webp"]


def noise(mode: str, height: int = 23, width: int = 31) -> Image.Image:
    random = np.random.default_rng(0)
    if mode == "I;16":
        return Image.fromarray(random.integers(0, 65536, (height, width), dtype=np.uint16))
    if mode in ("F", "F255"):
        values = random.uniform(-0.1, 1.0 if mode == "F" else 300.0, (height, width)).astype(np.float32)
        values[0, :2] = np.nan, 0.0
        return Image.fromarray(values)
    channels = {"1": 1, "L": 1, "LA": 2, "RGB": 3}.get(mode, 4)
    array = random.integers(0, 256, (height, width, channels), dtype=np.uint8)
    if mode in ("P", "PA"):
        return Image.fromarray(array[..., :3]).quantize(40)
    if mode == "CMYK":
        return Image.fromarray(array, mode="CMYK")
    return Image.fromarray(array[..., 0] if channels == 1 else array).convert(mode)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("transparency", [None, 7])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "F255"])
def test_conversion_in_strips_equals_the_whole_picture_at_once(mode, transparency, orientation, monkeypatch) -> None:
    monkeypatch.setattr("runtime_app.imaging.rgb._STRIP_PIXELS", 100)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"exif": exif}
    if transparency is not None and mode in ("L", "P", "RGB"):
        options["transparency"] = transparency if mode != "RGB" else noise("RGB").getpixel((3, 3))
    data = encode(noise(mode), "TIFF" if mode in ("CMYK", "F", "F255") else "PNG", **options)
    np.testing.assert_array_equal(np.asarray(open_picture(data)), whole_picture_at_once(data))
