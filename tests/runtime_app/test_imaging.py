"""Pictures of every mode, size and orientation become the same upright RGB input."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from runtime_app import imaging
from runtime_app.imaging import PictureError, Region, open_picture, prepare
from tests.runtime_app.picture_files import jpeg_of_scans, png, tiff


def encode(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format=format_, **options)
    return stream.getvalue()


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


def test_more_than_a_hundred_megapixels_are_refused_before_decoding() -> None:
    huge = bytearray(encode(Image.new("L", (16, 16))))
    huge[16:24] = (30_000).to_bytes(4, "big") * 2
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    with pytest.raises(PictureError, match="more than 100 megapixels"):
        open_picture(bytes(huge))


@pytest.mark.parametrize(("format_", "bytes_per_pixel"), [("PNG", 12), ("JPEG", 12), ("WEBP", 16)])
def test_what_decoding_may_need_is_told_before(format_: str, bytes_per_pixel: int) -> None:
    told: list[int] = []
    open_picture(encode(corners(40, 60), format_), before_decoding=told.append)
    assert told == [40 * 60 * bytes_per_pixel]


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


def whole_picture_at_once(data: bytes) -> np.ndarray:
    """The plain way, with copies of the whole picture: what conversion in strips must equal, bit for bit."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode.startswith("I") or image.mode == "F":
        values = np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        full_scale = 65535.0 if image.mode.startswith("I") else (1.0 if values.max() <= 1.0 else 255.0)
        image = Image.fromarray(np.rint(np.clip(values / full_scale, 0, 1) * 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB"))


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


def test_letterbox_of_a_long_panorama_needs_no_square_of_its_length(monkeypatch) -> None:
    monkeypatch.setattr("runtime_app.imaging.preparing.MAX_PIXELS", 10_000)
    wide = Image.new("RGB", (400, 40), (200, 10, 30))
    image = prepare(wide, (32, 32), "letterbox").image
    np.testing.assert_array_equal(np.unique(image.reshape(-1, 3), axis=0), [[128, 128, 128], [200, 10, 30]])
    assert (image[:, 0] == (200, 10, 30)).all(axis=1).nonzero()[0].tolist() == [14, 15, 16]
    tall = prepare(wide.transpose(Image.Transpose.ROTATE_90), (32, 32), "letterbox").image
    np.testing.assert_array_equal(tall, image.transpose(1, 0, 2))


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


def test_a_tile_of_a_tiff_counts_as_a_whole_however_small_the_picture_in_it() -> None:
    def tiled(side: int) -> bytes:
        tags = {256: (16,), 257: (16,), 258: (8,), 259: (8,), 262: (1,), 277: (1,), 322: (side,), 323: (side,)}
        return tiff(zlib.compress(bytes(256 * 256)), tags)

    told: list[int] = []
    assert open_picture(tiled(256), before_decoding=told.append).size == (16, 16)
    assert told == [256 * 256 * imaging.BYTES_PER_PIXEL]
    with pytest.raises(PictureError, match="more than 100 megapixels"):
        open_picture(tiled(16_000))


def test_a_progressive_jpeg_of_more_scans_than_any_program_writes_is_refused() -> None:
    assert open_picture(jpeg_of_scans(100)).size == (64, 64)
    with pytest.raises(PictureError, match="has more than 500 scans"):
        open_picture(jpeg_of_scans(501))


_UNKNOWN_CHUNK = b"\0\0\0\0prVt" + struct.pack(">I", zlib.crc32(b"prVt"))


def test_an_animation_of_many_parts_opens() -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 255)]
    picture = encode(frames[0], "PNG", save_all=True, append_images=frames[1:])
    at = picture.index(b"fdAT") - 4
    end = at + 12 + int.from_bytes(picture[at : at + 4], "big")
    assert open_picture(picture[:at] + 100_001 * picture[at:end] + picture[end:]).size == (8, 8)


@pytest.mark.parametrize(
    ("format_", "mark", "back", "part"),
    [
        pytest.param("JPEG", b"\xff\xdb", 0, b"\xff\xe1\x00\x09Exif\0\0a", id="exif"),
        pytest.param("JPEG", b"\xff\xdb", 0, b"\xff\xe5\x00\x02", id="segments"),
        pytest.param("PNG", b"IDAT", 4, _UNKNOWN_CHUNK, id="chunks"),
        pytest.param("PNG", b"IEND", 4, _UNKNOWN_CHUNK, id="last chunks"),
        pytest.param("GIF", b",\0\0\0\0\x08", 0, b"!\xfe" + 8 * b"\x01a" + b"\0", id="comment"),
        pytest.param("GIF", b",\0\0\0\0\x08", 0, b"!\xfe\0", id="extensions"),
        pytest.param("GIF", b",\0\0\0\0\x08", 0, b"x!\xfe\x01a\0", id="comments behind other bytes"),
    ],
)
def test_a_flood_of_parts_without_pixels_is_refused_before_it_takes_minutes(
    format_: str, mark: bytes, back: int, part: bytes
) -> None:
    picture = encode(Image.new("L", (8, 8)), format_)
    at = picture.index(mark) - back
    assert open_picture(picture[:at] + 1000 * part + picture[at:] + 110_000 * part).size == (8, 8)
    with pytest.raises(PictureError, match=r"has more than .* parts"):
        open_picture(picture[:at] + 110_000 * part + picture[at:])


@pytest.mark.timeout(20)
def test_a_photograph_as_a_ppm_of_16_bits_takes_no_minute() -> None:
    pixels = np.linspace(0, 65535, 4000 * 2000 * 3).astype(">u2")
    shown = np.asarray(open_picture(b"P6 4000 2000 65535\n" + pixels.tobytes()))
    np.testing.assert_array_equal(shown.ravel()[::1000], np.rint(pixels[::1000] / 65535 * 255))


@pytest.mark.parametrize("highest", [1, 100, 254, 256, 1023, 65535])
@pytest.mark.parametrize(("kind", "bands"), [(b"P5", 1), (b"P6", 3)])
def test_a_ppm_of_any_highest_number_has_the_pixels_that_pillow_decodes(kind: bytes, bands: int, highest: int) -> None:
    numbers = np.random.default_rng(0).integers(0, 2 * highest, 23 * 31 * bands)  # some lie beyond it
    stored = np.minimum(numbers, 65535 if highest > 255 else 255).astype(">u2" if highest > 255 else "u1")
    content = kind + b" 31 23 %d\n" % highest + stored.tobytes()
    np.testing.assert_array_equal(np.asarray(open_picture(content)), whole_picture_at_once(content))
    with pytest.raises(PictureError, match=r"not enough image data|truncated"):
        open_picture(content[:-1])


@pytest.mark.parametrize("content", [b"P2 4 4 9 " + b"0 " * 15_100_000, b"P3 4 4 9 " + b"#\n" * 1001])
def test_numbers_written_out_by_the_million_and_comments_by_the_thousand_are_refused(content: bytes) -> None:
    with pytest.raises(PictureError, match="has more than"):
        open_picture(content)
