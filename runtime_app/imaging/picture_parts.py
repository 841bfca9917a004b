"""The parts of a picture's file around its pixels, counted before a decoder goes through them: of a flood of them, which no
program writes, a small file makes minutes and gigabytes."""

import re

# Encoders write about ten; every scan goes over the whole picture again. The limit of libjpeg-turbo's own fuzzers.
MAX_SCANS = 500
MAX_JPEG_BYTES, MAX_JPEG_PARTS = 25_000_000, 2_000  # a segment holds 64 KB at most; Pillow copies what it has with each
MAX_PARTS = 100_000
MAX_TEXT_BYTES, MAX_COMMENTS = 30_000_000, 1_000  # of a PPM whose numbers are written out: ten seconds
_END, _SCAN, _PROGRESSIVE, _ALONE = 0xD9, 0xDA, (0xC2, 0xC6, 0xCA, 0xCE), (0x01, 0xD8)
_SCANS = bytes([255, _SCAN])
# Zeros behind 255 belong to the pixels, as do restart marks.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_GIF_PART = re.compile(rb"[!,;]")  # Pillow passes over all other bytes


def find_flood(content: bytes) -> str | None:
    """What this file has far too much of, as the end of a sentence; None for all that programs write. content: the whole
    file, of any format, damaged or not."""
    if content.startswith(b"\xff\xd8"):
        return _jpeg_flood(content)
    if content.startswith(b"\x89PNG"):
        return _several(_png_parts(content))
    if content.startswith(b"GIF8"):
        return _several(_gif_parts(content))
    if content.startswith((b"P1", b"P2", b"P3")):
        return _text_flood(content)
    return None


def _several(parts: int) -> str | None:
    return f"has more than {MAX_PARTS:,} parts that are no pixels" if parts > MAX_PARTS else None


def _jpeg_flood(content: bytes) -> str | None:
    """Up to the first scan, and through all of them only where they are many by design."""
    place, parts, scans, progressive = 2, 0, 0, False
    while (found := _MARKER.search(content, place)) is not None and (marker := found[1][0]) != _END:
        place = found.end()
        if marker not in _ALONE:
            place += int.from_bytes(content[place : place + 2], "big")
        parts, scans = parts + 1, scans + (marker == _SCAN)
        progressive = progressive or marker in _PROGRESSIVE
        if not scans and (parts > MAX_JPEG_PARTS or place > MAX_JPEG_BYTES):
            return (
                f"has more than {MAX_JPEG_PARTS:,} parts, or {MAX_JPEG_BYTES // 1_000_000} megabytes, before its pixels"
            )
        if scans > MAX_SCANS:
            return f"has more than {MAX_SCANS} scans"
        if scans and (not progressive or content.count(_SCANS) <= MAX_SCANS):
            return None
    return None


def _png_parts(content: bytes) -> int:
    place, parts = 8, 0
    while (kind := content[place + 4 : place + 8]) not in (b"", b"IEND") and parts <= MAX_PARTS:
        parts += kind not in (b"IDAT", b"fdAT")  # pixels, of animations too
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    return parts


def _gif_parts(content: bytes) -> int:
    """The extensions before the first frame, and their blocks."""
    size, parts = 2 << (content[10] & 7) if len(content) > 10 and content[10] & 128 else 0, 0
    place = 13 + 3 * size
    while (found := _GIF_PART.search(content, place)) is not None and found[0] == b"!" and parts <= MAX_PARTS:
        place, parts = found.end() + 1, parts + 1
        while place < len(content) and content[place] and parts <= MAX_PARTS:
            place, parts = place + 1 + content[place], parts + 1
        place += 1
    return parts


def _text_flood(content: bytes) -> str | None:
    if len(content) > MAX_TEXT_BYTES:
        return f"has more than {MAX_TEXT_BYTES // 1_000_000} megabytes of numbers written out"
    return f"has more than {MAX_COMMENTS:,} comments" if content.count(b"#") > MAX_COMMENTS else None
