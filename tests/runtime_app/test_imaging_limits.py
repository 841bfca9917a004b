"""No file takes minutes or gigabytes, however small it is and whatever it claims."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from runtime_app import imaging
from runtime_app.imaging import PictureError, open_picture, prepare
from tests.runtime_app.picture_files import encode, jpeg_of_scans, tiff


def test_more_than_a_hundred_megapixels_are_refused_before_decoding() -> None:
    huge = bytearray(encode(Image.new("L", (16, 16))))
    huge[16:24] = (30_000).to_bytes(4, "big") * 2
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    with pytest.raises(PictureError, match="more than 100 megapixels"):
        open_picture(bytes(huge))


@pytest.mark.parametrize(("format_", "bytes_per_pixel"), [("PNG", 12), ("JPEG", 12), ("WEBP", 16)])
def test_what_decoding_may_need_is_told_before(format_: str, bytes_per_pixel: int) -> None:
    told: list[int] = []
    open_picture(encode(Image.new("RGB", (60, 40)), format_), before_decoding=told.append)
    assert told == [40 * 60 * bytes_per_pixel]


def test_letterbox_of_a_long_panorama_needs_no_square_of_its_length(monkeypatch) -> None:
    monkeypatch.setattr("runtime_app.imaging.preparing.MAX_PIXELS", 10_000)
    wide = Image.new("RGB", (400, 40), (200, 10, 30))
    image = prepare(wide, (32, 32), "letterbox").image
    np.testing.assert_array_equal(np.unique(image.reshape(-1, 3), axis=0), [[128, 128, 128], [200, 10, 30]])
    assert (image[:, 0] == (200, 10, 30)).all(axis=1).nonzero()[0].tolist() == [14, 15, 16]
    tall = prepare(wide.transpose(Image.Transpose.ROTATE_90), (32, 32), "letterbox").image
    np.testing.assert_array_equal(tall, image.transpose(1, 0, 2))


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


@pytest.mark.parametrize("content", [b"P2 4 4 9 " + b"0 " * 15_100_000, b"P3 4 4 9 " + b"#\n" * 1001])
def test_numbers_written_out_by_the_million_and_comments_by_the_thousand_are_refused(content: bytes) -> None:
    with pytest.raises(PictureError, match="has more than"):
        open_picture(content)
