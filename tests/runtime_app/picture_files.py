"""Picture files by Pillow, and those that it does not write, put together byte by byte."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps


def encode(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format=format_, **options)
    return stream.getvalue()


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


def tiff(content: bytes, tags: dict[int, tuple[int, ...]], order: str = "<") -> bytes:
    """One strip or tile of pixels. tags: beside those that say where it lies; order: of bytes, < or >."""
    if 322 in tags:  # the width of a tile
        tags = {324: (8,), 325: (len(content),)} | tags
    else:
        tags = {273: (8,), 278: tags[257], 279: (len(content),)} | tags
    place = 8 + len(content)
    beyond = place + 6 + 12 * len(tags)
    entries, values = b"", b""
    for tag, numbers in sorted(tags.items()):
        kind, letter = (4, "I") if max(numbers) > 65535 else (3, "H")
        raw = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
        if len(raw) > 4:
            raw, values = struct.pack(f"{order}I", beyond + len(values)), values + raw
        entries += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + raw.ljust(4, b"\0")
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, place)
    return head + content + struct.pack(f"{order}H", len(tags)) + entries + bytes(4) + values


def png(rows: bytes, size: tuple[int, int], bits: int, colour: int, clear: bytes) -> bytes:
    """rows: each behind a zero; size: width, height; colour: 0 grey, 2 RGB; clear: the content of tRNS."""
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"tRNS", clear), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def jpeg_of_scans(count: int, side: int = 64) -> bytes:
    """A black progressive JPEG of one scan for the mean of each block and `count` more that say nothing further; side: a
    multiple of 8, at most 1,440."""
    blocks = (side // 8) ** 2
    all_blocks = int("0" + "1" * 14 + "1", 2).to_bytes(2, "big")  # a run of 32,767 blocks without anything
    table = bytes([1, *[0] * 15])
    parts = [
        _segment(0xDB, bytes([0, *[1] * 64])),
        _segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\x00"),
        _segment(0xC4, b"\x00" + table + b"\x00"),
        _segment(0xC4, b"\x10" + table + b"\xe0"),
        _segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes((blocks + 7) // 8),
    ]
    more = _segment(0xDA, b"\x01\x01\x00\x01\x3f\x00") + all_blocks.replace(b"\xff", b"\xff\x00")
    return b"\xff\xd8" + b"".join(parts) + count * more + b"\xff\xd9"


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([255, marker]) + struct.pack(">H", len(content) + 2) + content
