"""What a file says of its colours is what its picture shows, also where Pillow would take it otherwise."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app import imaging
from runtime_app.imaging import PictureError, open_picture
from tests.runtime_app.picture_files import encode, png, tiff, whole_picture_at_once


def test_around_a_frame_that_does_not_fill_the_screen_of_a_gif_is_white() -> None:
    frame = Image.new("P", (4, 4), 1)
    frame.putpalette([10, 20, 30, 200, 100, 50])
    whole = encode(frame, "GIF")
    at = whole.index(b",\0\0\0\0\4\0\4\0")
    larger = bytearray(whole)
    larger[6:10] = struct.pack("<HH", 8, 7)
    larger[at + 1 : at + 5] = struct.pack("<HH", 3, 2)
    expected = np.full((7, 8, 3), 255)
    expected[2:6, 3:7] = (200, 100, 50)
    np.testing.assert_array_equal(np.asarray(open_picture(bytes(larger))), expected)
    assert open_picture(whole).getpixel((0, 0)) == (200, 100, 50)


def test_the_transparent_grey_of_a_png_is_white_whatever_its_depth(tmp_path: Path) -> None:
    values = np.array([[0, 10, 200]], dtype=np.uint8).repeat(2, axis=0)
    Image.fromarray(values).save(tmp_path / "8.png", transparency=10)
    Image.fromarray(values.astype(np.uint16) * 257).save(tmp_path / "16.png", transparency=10 * 257)
    with Image.open(tmp_path / "16.png") as wide:
        assert wide.mode.startswith("I") and wide.info["transparency"] == 10 * 257
    for name in ("8.png", "16.png"):
        assert np.asarray(imaging.open_picture(tmp_path / name))[0, :, 0].tolist() == [0, 255, 200]


@pytest.mark.parametrize(("bits", "row"), [(2, b"\x1b"), (4, b"\x01\x23")])
def test_the_transparent_grey_of_a_png_of_few_bits_is_white(bits: int, row: bytes) -> None:
    shown = np.asarray(open_picture(png(b"\0" + row, (4, 1), bits, 0, b"\0\1")))[0, :, 0]
    step = 255 // (2**bits - 1)
    assert shown.tolist() == [0, 255, 2 * step, 3 * step]


def test_the_transparent_colour_of_a_png_of_three_times_16_bits_is_white() -> None:
    pixels = np.array([[1000, 40_000, 65_535], [30_000, 20_000, 10_000]], dtype=">u2")
    shown = np.asarray(open_picture(png(b"\0" + pixels.tobytes(), (2, 1), 16, 2, pixels[0].tobytes())))
    assert shown[0].tolist() == [[255, 255, 255], [117, 78, 39]]


_GREY_16 = {256: (3,), 257: (1,), 258: (16,), 259: (1,), 262: (1,), 277: (1,)}


_FLOATS = _GREY_16 | {258: (32,), 339: (3,)}


_VALUES = np.array([0, 4096, 65535])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("order", "kind", "values", "tags", "shown"),
    [
        pytest.param("<", "u2", _VALUES, _GREY_16, [0, 16, 255], id="grey"),
        pytest.param(">", "u2", _VALUES, _GREY_16, [0, 16, 255], id="grey, big end first"),
        pytest.param("<", "u2", _VALUES, _GREY_16 | {262: (0,)}, [255, 239, 0], id="zero is white"),
        pytest.param("<", "f4", _VALUES / 65535, _FLOATS, [0, 16, 255], id="floats"),
        pytest.param("<", "f4", _VALUES / 65535, _FLOATS | {262: (0,)}, [255, 239, 0], id="floats, zero is white"),
        pytest.param(">", "f4", _VALUES / 65535, _FLOATS, [0, 16, 255], id="floats, big end first"),
        pytest.param(">", "i2", _VALUES // 2, _GREY_16 | {339: (2,)}, [0, 8, 127], id="signed, big end first"),
    ],
)
def test_a_tiff_of_many_bits_keeps_its_brightness(packed, order, kind, values, tags, shown) -> None:
    content = values.astype(order + kind).tobytes()
    tags = tags | {259: (8,)} if packed else tags
    opened = open_picture(tiff(zlib.compress(content) if packed else content, tags, order))
    assert np.asarray(opened)[0, :, 0].tolist() == shown


def test_a_tiff_of_12_bits_keeps_its_brightness() -> None:
    opened = open_picture(tiff(b"\x00\x08\x00\xff\xf0", _GREY_16 | {258: (12,)}))
    assert np.asarray(opened)[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.filterwarnings("error")
def test_numbers_that_are_none_are_black_without_a_word() -> None:
    content = struct.pack("<IIf", 0x7F800001, 0xFFC00000, 1.0)
    assert np.asarray(open_picture(tiff(content, _FLOATS)))[0, :, 0].tolist() == [0, 0, 255]


def test_planes_of_a_tiff_that_would_come_out_as_other_colours_are_refused() -> None:
    tags = {256: (2,), 257: (2,), 262: (2,), 277: (3,), 284: (2,), 278: (2,)}
    planes = np.arange(12, dtype="<u2").reshape(3, 2, 2) * 5000
    reached = {273: (8, 16, 24), 279: (8, 8, 8), 258: (16, 16, 16), 259: (1,)}
    with pytest.raises(PictureError, match="keeps its colours apart"):
        open_picture(tiff(planes.tobytes(), tags | reached))
    packed = [zlib.compress(plane.tobytes()) for plane in planes]
    starts = np.cumsum([8, *map(len, packed)])[:3].tolist()
    reached |= {273: tuple(starts), 279: tuple(map(len, packed)), 259: (8,)}
    opened = open_picture(tiff(b"".join(packed), tags | reached))
    np.testing.assert_array_equal(np.asarray(opened), (planes >> 8).transpose(1, 2, 0))
    eighths = {273: (8, 12, 16), 279: (4, 4, 4), 258: (8, 8, 8), 259: (1,)}
    opened = open_picture(tiff((planes >> 8).astype(np.uint8).tobytes(), tags | eighths))
    np.testing.assert_array_equal(np.asarray(opened), (planes >> 8).transpose(1, 2, 0))


def test_a_floating_point_picture_from_0_to_1_keeps_its_brightness() -> None:
    values = np.array([[0.0, 0.25, 1.0]], dtype=np.float32)
    opened = open_picture(encode(Image.fromarray(values), "TIFF"))
    assert np.asarray(opened)[0, :, 0].tolist() == [0, 64, 255]


@pytest.mark.parametrize("highest", [1, 100, 254, 256, 1023, 65535])
@pytest.mark.parametrize(("kind", "bands"), [(b"P5", 1), (b"P6", 3)])
def test_a_ppm_of_any_highest_number_has_the_pixels_that_pillow_decodes(kind: bytes, bands: int, highest: int) -> None:
    numbers = np.random.default_rng(0).integers(0, 2 * highest, 23 * 31 * bands)  # some lie beyond it
    stored = np.minimum(numbers, 65535 if highest > 255 else 255).astype(">u2" if highest > 255 else "u1")
    content = kind + b" 31 23 %d\n" % highest + stored.tobytes()
    np.testing.assert_array_equal(np.asarray(open_picture(content)), whole_picture_at_once(content))
    with pytest.raises(PictureError, match=r"not enough image data|truncated"):
        open_picture(content[:-1])
