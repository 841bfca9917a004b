"""Picture files as no camera would write them: odd shapes and modes, then damaged in ways that files are damaged."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif", "BMP": ".bmp", "TIFF": ".tif"}
ORIENTATION = 0x0112  # the EXIF tag


@dataclass(frozen=True)
class BadPicture:
    """name: file name, which says what was done; content: the file's bytes."""

    name: str
    content: bytes


def make(index: int, seed: int) -> BadPicture:
    """The same index and seed give the same file."""
    rng = random.Random(f"{seed}.{index}")
    kind = rng.choice(list(SUFFIXES))
    what, content = _WHOLE[kind](rng)
    how, damage = rng.choice(_DAMAGE)
    content = damage(content, kind, rng)
    suffix = SUFFIXES[kind]
    if how == "renamed":
        suffix = rng.choice([other for other in SUFFIXES.values() if other != suffix])
    return BadPicture(f"{index:06}-{kind.lower()}-{what}-{how}{suffix}", content)


# ---- whole files ---------------------------------------------------------------------------------------------------


def _size(rng: random.Random) -> tuple[int, int]:
    side = rng.choice((1, 2, 7, 31, 32, 33, 97, 200, 320))
    return rng.choice([(side, side), (side, rng.randint(1, 300)), (1, 1), (1, 20_000), (20_000, 1)])


def _noise(rng: random.Random, size: tuple[int, int], mode: str) -> Image.Image:
    """A picture of any mode; noise that is smooth for photographs' sake."""
    width, height = size
    random_state = np.random.default_rng(rng.getrandbits(32))
    if mode in ("I;16", "I;16B"):
        kind = "<u2" if mode == "I;16" else ">u2"
        return Image.frombytes(mode, size, random_state.integers(0, 65536, (height, width)).astype(kind).tobytes())
    if mode in ("F", "I"):
        values = random_state.standard_normal((height, width)) * 100
        values.flat[0] = np.nan if mode == "F" else 0
        return Image.fromarray(values.astype(np.float32 if mode == "F" else np.int32))
    small = random_state.integers(0, 256, (max(1, height // 8), max(1, width // 8), 4), dtype=np.uint8)
    picture = Image.fromarray(small, "RGBA").resize(size, Image.Resampling.BILINEAR)
    if mode in ("RGBA", "LA"):
        return picture if mode == "RGBA" else picture.convert("LA")
    if mode == "P":
        return picture.convert("RGB").quantize(rng.choice((2, 16, 200)))
    return picture.convert("RGB").convert(mode)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _exif(rng: random.Random, *, odd: bool = True) -> Image.Exif:
    """Every orientation, and some that do not exist (which libtiff refuses to write)."""
    exif = Image.Exif()
    exif[ORIENTATION] = rng.choice((1, 2, 3, 4, 5, 6, 7, 8, *((0, 9, 65535) if odd else ())))
    return exif


def _frames(rng: random.Random, mode: str) -> list[Image.Image]:
    size = (rng.randint(1, 80), rng.randint(1, 80))
    return [_noise(rng, size, mode) for _ in range(rng.randint(2, 6))]


def _png(rng: random.Random) -> tuple[str, bytes]:
    mode = rng.choice(("RGB", "RGBA", "L", "LA", "P", "1", "I;16", "palette-alpha", "animated", "orientation"))
    if mode == "palette-alpha":
        alphas = bytes(rng.randrange(256) for _ in range(200))
        return mode, _saved(_noise(rng, _size(rng), "P"), "PNG", transparency=alphas)
    if mode == "animated":
        first, *others = _frames(rng, rng.choice(("RGB", "RGBA", "P")))
        return mode, _saved(first, "PNG", save_all=True, append_images=others, duration=10)
    if mode == "orientation":
        return mode, _saved(_noise(rng, _size(rng), "RGB"), "PNG", exif=_exif(rng))
    return mode.replace(";", ""), _saved(_noise(rng, _size(rng), mode), "PNG")


def _jpeg(rng: random.Random) -> tuple[str, bytes]:
    mode = rng.choice(("RGB", "L", "CMYK"))
    return f"{mode}-orientation", _saved(
        _noise(rng, _size(rng), mode),
        "JPEG",
        exif=_exif(rng),
        progressive=rng.random() < 0.5,
        quality=rng.randint(1, 95),
    )


def _webp(rng: random.Random) -> tuple[str, bytes]:
    mode = rng.choice(("RGB", "RGBA", "animated"))
    if mode == "animated":
        first, *others = _frames(rng, "RGBA")
        return mode, _saved(first, "WEBP", save_all=True, append_images=others, duration=10)
    size = tuple(min(side, 16_383) for side in _size(rng))  # the format's own limit
    return mode, _saved(_noise(rng, size, mode), "WEBP", lossless=rng.random() < 0.3, exif=_exif(rng), method=0)


def _gif(rng: random.Random) -> tuple[str, bytes]:
    if rng.random() < 0.5:
        first, *others = _frames(rng, "P")
        return "animated", _saved(first, "GIF", save_all=True, append_images=others, duration=10, transparency=0)
    return "still", _saved(_noise(rng, _size(rng), "P"), "GIF", transparency=rng.randrange(2))


def _bmp(rng: random.Random) -> tuple[str, bytes]:
    mode = rng.choice(("RGB", "L", "P", "1", "RGBA"))
    return mode, _saved(_noise(rng, _size(rng), mode), "BMP")


def _tiff(rng: random.Random) -> tuple[str, bytes]:
    mode = rng.choice(("RGB", "RGBA", "CMYK", "I;16", "I;16B", "F", "I", "L", "1", "P", "pages"))
    if mode == "pages":
        first, *others = _frames(rng, "RGB")
        return mode, _saved(first, "TIFF", save_all=True, append_images=others)
    packed = rng.choice(("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"))
    return mode.replace(";", ""), _saved(
        _noise(rng, _size(rng), mode), "TIFF", compression=packed, exif=_exif(rng, odd=False)
    )


_WHOLE: dict[str, Callable[[random.Random], tuple[str, bytes]]] = {
    "PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "GIF": _gif, "BMP": _bmp, "TIFF": _tiff,
}  # fmt: skip


# ---- damage --------------------------------------------------------------------------------------------------------


def _truncated(content: bytes, kind: str, rng: random.Random) -> bytes:
    return content[: rng.choice((rng.randrange(len(content)), rng.randrange(min(64, len(content))), len(content) - 1))]


def _flipped(content: bytes, kind: str, rng: random.Random) -> bytes:
    data = bytearray(content)
    last = len(data) if rng.random() < 0.5 else min(200, len(data))  # headers deserve as many flips as bodies
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        data[rng.randrange(last)] ^= 1 << rng.randrange(8)
    return bytes(data)


def _patched(content: bytes, kind: str, rng: random.Random) -> bytes:
    """A run of bytes becomes zeros, ones, noise, a copy of another place, or is cut out."""
    start = rng.randrange(len(content))
    length = rng.randint(1, max(1, min(400, len(content) - start)))
    other = rng.randrange(len(content))
    filling = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length), content[other : other + length], b""))
    return content[:start] + filling + content[start + length :]


def _glued(content: bytes, kind: str, rng: random.Random) -> bytes:
    """The beginning of one format, the end of another."""
    _, other = _WHOLE[rng.choice(list(_WHOLE))](rng)
    return content[: rng.randrange(len(content))] + other[rng.randrange(len(other)) :]


def _claims(width: int, height: int) -> Callable[[bytes, str, random.Random], bytes]:
    """A header that promises this many pixels, over the few that are there."""

    def damage(content: bytes, kind: str, rng: random.Random) -> bytes:
        return _CLAIM[kind](bytearray(content), width, height)

    return damage


def _claim_png(data: bytearray, width: int, height: int) -> bytes:
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def _claim_jpeg(data: bytearray, width: int, height: int) -> bytes:
    place = 2
    while data[place] == 0xFF and data[place + 1] not in (0xC0, 0xC1, 0xC2):
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    data[place + 5 : place + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def _claim_gif(data: bytearray, width: int, height: int) -> bytes:
    data[6:10] = struct.pack("<HH", width, height)
    place = data.find(b",", 13 + 3 * 2 ** ((data[10] & 7) + 1))
    if place >= 0:
        data[place + 5 : place + 9] = struct.pack("<HH", width, height)
    return bytes(data)


def _claim_bmp(data: bytearray, width: int, height: int) -> bytes:
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def _claim_webp(data: bytearray, width: int, height: int) -> bytes:
    width, height = min(width, 16_383), min(height, 16_383)
    if data[12:16] == b"VP8X":
        data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    place = data.find(b"VP8 ")
    if place > 0:
        data[place + 14 : place + 18] = struct.pack("<HH", width, height)
    place = data.find(b"VP8L")
    if place > 0:
        data[place + 9 : place + 13] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    return bytes(data)


def _claim_tiff(data: bytearray, width: int, height: int) -> bytes:
    order = "<" if data[:2] == b"II" else ">"
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, place)
    for entry in range(place + 2, place + 2 + 12 * entries, 12):
        (tag,) = struct.unpack_from(f"{order}H", data, entry)
        if tag in (256, 257):  # ImageWidth, ImageLength, as 32-bit numbers
            struct.pack_into(f"{order}HII", data, entry + 2, 4, 1, width if tag == 256 else height)
    return bytes(data)


_CLAIM = {
    "PNG": _claim_png, "JPEG": _claim_jpeg, "GIF": _claim_gif, "BMP": _claim_bmp, "WEBP": _claim_webp,
    "TIFF": _claim_tiff,
}  # fmt: skip


def _empty_pixels(content: bytes, kind: str, rng: random.Random) -> bytes:
    """Few bytes, many pixels, and all of it true: what fits just below the limit must still be held in memory."""
    mode = rng.choice(("RGB", "RGBA", "L", "P", "I;16"))
    return _saved(Image.new(mode, (9_000, 9_000)), "PNG", compress_level=1) if rng.random() < 0.05 else content


_DAMAGE: list[tuple[str, Callable[[bytes, str, random.Random], bytes]]] = [
    ("whole", lambda content, kind, rng: content),
    ("renamed", lambda content, kind, rng: content),
    ("truncated", _truncated),
    ("truncated", _truncated),
    ("flipped", _flipped),
    ("flipped", _flipped),
    ("flipped", _flipped),
    ("patched", _patched),
    ("patched", _patched),
    ("glued", _glued),
    ("claims-30000x30000", _claims(30_000, 30_000)),
    ("claims-9900x9900", _claims(9_900, 9_900)),
    ("81-megapixels-or-whole", _empty_pixels),
]
