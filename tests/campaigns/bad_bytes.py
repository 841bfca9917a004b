"""Changes of bytes as bad disks and cables make them."""

import random
from collections.abc import Callable

Random = random.Random


def _flipped(content: bytes, rng: Random) -> bytes:
    data = bytearray(content)
    # The directory at an archive's end and the header at a file's beginning deserve as many flips as the body.
    start, end = rng.choice(((0, len(data)), (0, min(300, len(data))), (max(0, len(data) - 900), len(data))))
    for _ in range(rng.choice((1, 1, 1, 2, 16))):
        data[rng.randrange(start, end)] ^= 1 << rng.randrange(8)
    return bytes(data)


def _patched(content: bytes, rng: Random) -> bytes:
    start = rng.randrange(len(content))
    length = rng.randint(1, max(1, min(2000, len(content) - start)))
    filling = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length), b"", content[:length]))
    return content[:start] + filling + content[start + length :]


CHANGES: list[tuple[str, Callable[[bytes, Random], bytes]]] = [
    ("flipped", _flipped),
    ("flipped", _flipped),
    ("patched", _patched),
    ("truncated", lambda content, rng: content[: rng.randrange(len(content))]),
    ("one byte short", lambda content, rng: content[:-1]),
    ("emptied", lambda content, rng: b""),
]
