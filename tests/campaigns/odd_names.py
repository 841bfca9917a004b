"""File names as a hostile archive, another language or a broken program leaves them."""

import os
from pathlib import Path

NAMES: tuple[bytes, ...] = (
    b"new\nline",
    b"tab\tand\rreturn",
    b"\x1b[31mred\x1b[2J",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467".encode(),
    b"a" * 251,  # 255 bytes with the suffix, the most that a file system takes
    "\u00e9".encode() * 125 + b"x",
    b"no\xff\xfetext",
    "\u202egnp".encode(),  # turns the direction of what follows
    "\u4e2d\u6587 \u0395\u03bb \u0420\u0443".encode(),
    b"--help",
    b" ",
    b"%s{}[bold]",
    b'"quote,comma"',
)


def write(folder: Path, content: bytes) -> int:
    """One file of this content under every name, and one that is no picture; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        for start, written in ((b"", content), (b"z", b"no picture")):
            path = os.path.join(os.fsencode(folder), start + name[: 251 - len(start)] + b".png")
            Path(os.fsdecode(path)).write_bytes(written)
    return 2 * len(NAMES)
