"""Archives that no honest program packs: names that climb out, links, bombs, contradictions."""

import random
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.campaigns.forge import MANIFEST, zipped

Random = random.Random
_ESCAPES = (
    "../escaped.txt", "../../escaped.txt", "report/../../../escaped.txt", "..\\escaped.txt", "C:\\escaped.txt",
    "/escaped.txt", "a:b", "..", "./../escaped.txt", "report/..",
)  # fmt: skip


def _climbing(bundle: Path, archive: Path, rng: Random) -> None:
    """One file more, or the model itself, under a name that leads elsewhere."""
    absolute = str(archive.with_name("escaped.txt"))
    name = rng.choice((*_ESCAPES, absolute))
    zipped(bundle, archive)
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr(name, b"x")


def _climbing_instead(bundle: Path, archive: Path, rng: Random) -> None:
    name = rng.choice(_ESCAPES)
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(bundle.rglob("*")):
            if path.is_file():
                inside = path.relative_to(bundle).as_posix()
                file.write(path, name if inside == "model.onnx" else inside)


def _linked(bundle: Path, archive: Path, rng: Random) -> None:
    """A member whose mode says that it is a link; its content is where it leads."""
    chosen = rng.choice(("model.onnx", "MODEL_CARD.md", MANIFEST))
    target = rng.choice(("/etc/passwd", "../outside", "MODEL_CARD.md"))
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(bundle.rglob("*")):
            inside = path.relative_to(bundle).as_posix()
            if inside == chosen:
                info = zipfile.ZipInfo(inside)
                info.external_attr = 0o120777 << 16
                file.writestr(info, rng.choice((target.encode(), path.read_bytes())))
            elif path.is_file():
                file.write(path, inside)


def _bomb(bundle: Path, archive: Path, rng: Random) -> None:
    method = rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    name = rng.choice(("model.onnx", MANIFEST, "MODEL_CARD.md", "more.bin"))
    with zipfile.ZipFile(archive, "w", method, compresslevel=1) as file:
        for path in sorted(bundle.rglob("*")):
            inside = path.relative_to(bundle).as_posix()
            if path.is_file() and inside != name:
                file.write(path, inside)
        with file.open(name, "w") as member:
            for _ in range(rng.choice((40, 120))):
                member.write(bytes(1_000_000))


def _lying_bomb(bundle: Path, archive: Path, rng: Random) -> None:
    """The directory says that the model has the right size; what unpacks is 100 MB."""
    size = (bundle / "model.onnx").stat().st_size
    (bundle / "model.onnx").write_bytes(bytes(100_000_000))
    zipped(bundle, archive)
    content = bytearray(archive.read_bytes())
    place = content.rfind(b"model.onnx")
    start = content.rfind(b"PK\x01\x02", 0, place)
    struct.pack_into("<I", content, start + 24, size)
    archive.write_bytes(content)


def _overlapping(bundle: Path, archive: Path, rng: Random) -> None:
    """Every member of the directory points at the same bytes (the trick of the smallest bombs)."""
    zipped(bundle, archive)
    content = bytearray(archive.read_bytes())
    place, goal = content.find(b"PK\x01\x02"), rng.randrange(3) * 1000
    while place >= 0:
        struct.pack_into("<I", content, place + 42, goal if goal else 0)
        place = content.find(b"PK\x01\x02", place + 4)
    archive.write_bytes(content)


def _many(bundle: Path, archive: Path, rng: Random) -> None:
    with zipfile.ZipFile(zipped(bundle, archive), "a", zipfile.ZIP_STORED) as file:
        for number in range(rng.choice((101, 2000, 60_000))):
            file.writestr(str(number), b"")


def _twice(bundle: Path, archive: Path, rng: Random) -> None:
    """Two members of one name: which of them counts depends on who unpacks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with zipfile.ZipFile(zipped(bundle, archive), "a") as file:
            name = rng.choice((MANIFEST, "model.onnx", "MODEL_CARD.md"))
            file.writestr(name, rng.choice((b"x", (bundle / name).read_bytes())))


def _in_a_folder(bundle: Path, archive: Path, rng: Random) -> None:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(bundle.rglob("*")):
            file.write(path, f"bundle/{path.relative_to(bundle).as_posix()}")


def _encrypted(bundle: Path, archive: Path, rng: Random) -> None:
    """The bit that says so is set in every header."""
    zipped(bundle, archive)
    content = bytearray(archive.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    archive.write_bytes(content)


def _method(number: int) -> Callable[[Path, Path, Random], None]:
    """Another packing method than was used."""

    def write(bundle: Path, archive: Path, rng: Random) -> None:
        zipped(bundle, archive)
        content = bytearray(archive.read_bytes())
        for mark, offset in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
            place = content.find(mark)
            while place >= 0:
                struct.pack_into("<H", content, place + offset, number)
                place = content.find(mark, place + 4)
        archive.write_bytes(content)

    return write


def _text(bundle: Path, archive: Path, rng: Random) -> None:
    archive.write_bytes(rng.choice((b"", b"PK", b"PK\x05\x06" + bytes(18), b"not an archive", rng.randbytes(70_000))))


def _nested(bundle: Path, archive: Path, rng: Random) -> None:
    """The bundle's own archive, inside an archive."""
    inner = zipped(bundle, archive.with_name("inner.zip"))
    with zipfile.ZipFile(archive, "w") as file:
        file.write(inner, "bundle.zip")
    inner.unlink()


def _odd_name(bundle: Path, archive: Path, rng: Random) -> None:
    name = rng.choice(("a\nb", "\x1b[2J", "e\u0301.txt", "\U0001f642", "x" * 60_000, " ", "\u202etxt.exe", "n\x7f"))
    with zipfile.ZipFile(zipped(bundle, archive), "a") as file:
        file.writestr(name, b"x")


KINDS: list[tuple[str, Callable[[Path, Path, Random], None]]] = [
    ("holds a name that climbs out", _climbing),
    ("holds the model under a name that climbs out", _climbing_instead),
    ("holds a link", _linked),
    ("is a bomb", _bomb),
    ("is a bomb that lies", _lying_bomb),
    ("has members that overlap", _overlapping),
    ("has many members", _many),
    ("has a member twice", _twice),
    ("has everything in a folder", _in_a_folder),
    ("is encrypted", _encrypted),
    ("names LZMA", _method(zipfile.ZIP_LZMA)),
    ("names BZIP2", _method(zipfile.ZIP_BZIP2)),
    ("names an unknown method", _method(99)),
    ("is none", _text),
    ("holds an archive", _nested),
    ("has an odd name", _odd_name),
]
