"""Bundles that must be refused: damaged in ways that files are damaged, or forged with digests that fit again."""

import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaigns import bad_models, bad_zips
from tests.campaigns.common import TINY
from tests.campaigns.forge import MANIFEST, edit, relist, zipped

Random = random.Random
_Damage = Callable[[Path, Random], str]


@dataclass(frozen=True)
class BadBundle:
    """path: a folder or a .zip; what: what was done to it."""

    path: Path
    what: str


def make(index: int, seed: int, folder: Path) -> BadBundle:
    """Write one bundle that is not whole into `folder`, an empty one. The same index and seed give the same bundle."""
    rng = Random(f"{seed}.{index}")
    bundle = Path(shutil.copytree(TINY, folder / "bundle"))
    kind, damage = rng.choice(_KINDS)
    what = damage(bundle, rng)
    if kind == "archive":
        return BadBundle(folder / "bundle.zip", what)
    # Links and pipes stay as they are: a zip made from them would hold ordinary files.
    if kind == "folder or zip" and rng.random() < 0.4:
        zipped(bundle, folder / "bundle.zip", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
        shutil.rmtree(bundle)
        return BadBundle(folder / "bundle.zip", f"{what}, zipped")
    return BadBundle(bundle, what)


def _files(bundle: Path) -> list[Path]:
    return sorted(path for path in bundle.rglob("*") if path.is_file())


def _listed(bundle: Path) -> list[Path]:
    return [path for path in _files(bundle) if path.name != MANIFEST]


# ---- bytes ---------------------------------------------------------------------------------------------------------


def _altered_file(bundle: Path, rng: Random) -> str:
    """Drawn again where nothing was said differently: blank space between the manifest's words carries nothing."""
    path = rng.choice(_files(bundle))
    whole = path.read_bytes()
    how, change = rng.choice(BYTES)
    content = change(whole, rng)
    while content == whole or (path.name == MANIFEST and _same_json(content, whole)):
        content = change(whole, rng)
    path.write_bytes(content)
    return f"{path.name} {how}"


def _same_json(first: bytes, second: bytes) -> bool:
    try:
        return bool(json.loads(first) == json.loads(second))
    except (ValueError, RecursionError):
        return False


def _altered_archive(bundle: Path, rng: Random) -> str:
    """Drawn again as long as unpacking gives the same files: a date or a comment in the archive carries nothing."""
    archive = zipped(bundle, bundle.with_name("bundle.zip"), rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    whole = archive.read_bytes()
    original = _unpacked(archive)
    how, change = rng.choice(BYTES)
    while True:
        archive.write_bytes(change(whole, rng))
        if _unpacked(archive) != original:
            return f"archive {how}"


def _unpacked(archive: Path) -> dict[str, bytes] | None:
    """What unpacking gives; None when it gives nothing whole."""
    try:
        with zipfile.ZipFile(archive) as file:
            return {info.filename: file.read(info) for info in file.infolist()}
    except Exception:  # zipfile raises nearly anything on damaged archives
        return None


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


BYTES: list[tuple[str, Callable[[bytes, Random], bytes]]] = [
    ("flipped", _flipped),
    ("flipped", _flipped),
    ("patched", _patched),
    ("truncated", lambda content, rng: content[: rng.randrange(len(content))]),
    ("one byte short", lambda content, rng: content[:-1]),
    ("emptied", lambda content, rng: b""),
]


# ---- files ---------------------------------------------------------------------------------------------------------


def _missing(bundle: Path, rng: Random) -> str:
    path = rng.choice(_files(bundle))
    path.unlink()
    return f"{path.name} missing"


def _unlisted(bundle: Path, rng: Random) -> str:
    name = rng.choice(("extra.txt", "report/more.json", ".hidden", "a\nb", "model.onnx.data", "\U0001f642.txt"))
    (bundle / name).write_bytes(rng.choice((b"", b"x")))
    return f"{name!r} unlisted"


def _swapped(bundle: Path, rng: Random) -> str:
    first, second = rng.sample(_files(bundle), 2)
    content = first.read_bytes(), second.read_bytes()
    first.write_bytes(content[1])
    second.write_bytes(content[0])
    return f"{first.name} and {second.name} swapped"


def _renamed(bundle: Path, rng: Random) -> str:
    path = rng.choice(_files(bundle))
    path.rename(path.with_name(rng.choice((path.name.upper() + "X", path.name + " ", "." + path.name))))
    return f"{path.name} renamed"


def _foldered(bundle: Path, rng: Random) -> str:
    """A folder where a file should be."""
    path = rng.choice(_files(bundle))
    path.unlink()
    path.mkdir()
    if rng.random() < 0.5:
        (path / "inside").write_bytes(b"x")
    return f"{path.name} is a folder"


def _many_files(bundle: Path, rng: Random) -> str:
    (bundle / "heap").mkdir()
    for number in range(300):
        (bundle / "heap" / str(number)).touch()
    return "300 more files"


def _link(bundle: Path, rng: Random) -> str:
    path = rng.choice(_files(bundle))
    outside = bundle.parent / "outside"
    shutil.copy(path, outside)
    other = bundle / "copy"
    targets = {
        "out of the folder": Path("..") / "outside" if path.parent == bundle else Path("../..") / "outside",
        "to an absolute path": outside,
        "to nothing": Path("nowhere"),
        "to itself": Path(path.name),
        "to endless zeros": Path("/dev/zero"),
        "within the folder": other,
    }
    where, target = rng.choice(list(targets.items()))
    if target == other:
        shutil.copy(path, other)
    path.unlink()
    path.symlink_to(target)
    return f"{path.name} is a link {where}"


def _linked_folder(bundle: Path, rng: Random) -> str:
    outside = bundle.parent / "outside"
    (bundle / "report").rename(outside)
    (bundle / "report").symlink_to(outside)
    return "report is a link to a folder"


def _pipe(bundle: Path, rng: Random) -> str:
    """Whoever opens it to read waits for a writer that never comes."""
    path = rng.choice(_files(bundle))
    path.unlink()
    os.mkfifo(path)
    return f"{path.name} is a pipe"


# ---- manifests -----------------------------------------------------------------------------------------------------


def _unsigned(bundle: Path, rng: Random) -> str:
    """A figure is made nicer without a digest that fits."""
    how, change = rng.choice((
        ("accuracy", lambda content: content["metrics"]["test"].update(accuracy=rng.random())),
        ("name", lambda content: content.update(name=f"better {rng.randrange(999)}")),
        ("digest", lambda content: content.update(digest=f"{rng.getrandbits(256):064x}")),
        ("no digest", lambda content: content.pop("digest")),
        ("start", lambda content: content["provenance"].update(run_started="2099-01-01T00:00:00Z")),
        ("class order", lambda content: rng.shuffle(content["classes"]) or content["classes"].append("x")),
    ))  # fmt: skip
    edit(bundle, change, sign=False)
    return f"manifest altered without a fitting digest ({how})"


_OUTSIDE = (
    "../outside", "/etc/hostname", "a/../../outside", "C:\\windows", "..\\outside", "", ".", "/", "..", "a\x00b",
    "x" * 5000, "report/../../bundle/MODEL_CARD.md", "./MODEL_CARD.md", "report//metrics.json", "\ud83d\ude42", "con:",
)  # fmt: skip


def _outside_path(bundle: Path, rng: Random) -> str:
    name = rng.choice(_OUTSIDE)
    (bundle.parent / "outside").write_bytes(b"x")
    entry = {"path": name, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", "bytes": 1}

    def change(content: dict[str, Any]) -> None:
        if rng.random() < 0.5:
            content["files"].append(entry)
        else:
            content["files"][0]["path"] = name

    edit(bundle, change)
    return f"manifest names {name[:40]!r}"


def _forged(bundle: Path, rng: Random) -> str:
    """A value that no exporter writes, under a digest that fits."""
    where, value = rng.choice(_FORGERIES)

    def change(content: dict[str, Any]) -> None:
        *parents, last = where.split(".")
        place: Any = content
        for step in parents:
            place = place[int(step) if isinstance(place, list) else step]
        if value is _GONE:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = value

    edit(bundle, change)
    return f"manifest says {where} = {'nothing' if value is _GONE else repr(value)[:40]}"


_GONE = object()
_FORGERIES: list[tuple[str, Any]] = [
    *(("schema_version", value) for value in (2, 99, 2**62, 0, -1, "1", None, 1.5, _GONE)),
    *(("name", value) for value in ("", "a\nb", "\x1b[2J", "x" * 100_000, 7, None)),
    *(("classes", value) for value in ([], ["one"], ["a"] * 10, [""] * 10, list("abcdefghijk"), [str(k) for k in range(200_000)])),
    *(("classes.3", value) for value in ("", "a\nb", "2", 3, "x" * 100_000)),
    *(("input.height", value) for value in (0, -32, 33, 10**9, 2**70, "32", None)),
    *(("input.width", value) for value in (0, 16, 10**9)),
    ("input.resize", "squeeze"),
    *(("variants", value) for value in ([], {}, None)),
    *(("variants.0.file", value) for value in ("golden.npz", "nothing.onnx", "../model.onnx", "")),
    *(("variants.0.precision", value) for value in ("fp64", "", None)),
    *(("variants.0.tolerance", value) for value in ({}, {"probabilities": 1e-4}, {"probabilities": -1, "logits": 1, "evidence": 1}, [])),
    *(("variants.0.bytes", value) for value in (-1, 0, 2**62, 1.5)),
    *(("variants.0.sha256", value) for value in ("", "0" * 64, None)),
    *(("variants.0.test_accuracy", value) for value in (-0.1, 1.7, "good")),
    *(("calibration.temperature", value) for value in (0, -1, 0.0, "1", None)),
    *(("calibration.ece_after", value) for value in (-1, 2)),
    *(("verdict.score", value) for value in ("entropy", None)),
    *(("verdict.none_below", value) for value in (None, "0.5")),
    *(("metrics.test.n", value) for value in (-1, 0, 1.5, None)),
    *(("metrics.test.accuracy", value) for value in (-1, 2, "high")),
    *(("provenance.run_started", value) for value in ("", "tomorrow", "9999", 7, "2026-13-45T99:99:99Z", "x" * 100_000)),
    ("provenance", _GONE), ("files", []), ("files", _GONE), ("unknown", 1), ("input.unknown", 1),
    *(("files.0.bytes", value) for value in (-1, 0, 2**62)),
    *(("files.0.sha256", value) for value in ("", "z" * 64)),
    ("files.1.path", "MODEL_CARD.md"), ("files.1.path", "bundle.json"),
]  # fmt: skip


def _raw_manifest(bundle: Path, rng: Random) -> str:
    """Bytes that are no manifest at all, up to 100 MB of them."""
    whole = (bundle / MANIFEST).read_bytes()
    what, content = rng.choice((
        ("100 MB of spaces", lambda: whole + b" " * 100_000_000),
        ("100 MB of zeros", lambda: bytes(100_000_000)),
        ("100 MB of list", lambda: b"[" + b"1," * 50_000_000 + b"1]"),
        ("3.9 MB of brackets", lambda: b'{"a":' + b"[" * 3_900_000),
        ("a deep nest", lambda: b'{"a":' * 500_000 + b"1" + b"}" * 500_000),
        ("a nest in a field", lambda: whole.replace(b'"licence"', b'"l":' + b"[" * 50_000 + b"]" * 50_000 + b',"licence"')),
        ("a long number", lambda: b'{"schema_version": ' + b"9" * 3_000_000 + b"}"),
        ("UTF-16", lambda: whole.decode().encode("utf-16")),
        ("a BOM", lambda: b"\xef\xbb\xbf" + whole),
        ("half a character", lambda: whole.replace(b'"name"', b'"na\xffme"')),
        ("NaN", lambda: whole.replace(b'"temperature": ', b'"temperature": NaN, "x": ')),
        ("infinity", lambda: whole.replace(b'"temperature": ', b'"temperature": 1e999, "x": ')),
        ("a list", lambda: b"[" + whole + b"]"),
        ("null", lambda: b"null"),
        ("two of them", lambda: whole + whole),
        ("a lone surrogate", lambda: b'{"schema_version": 1, "name": "\\ud800"}'),
    ))  # fmt: skip
    (bundle / MANIFEST).write_bytes(content())
    return f"manifest is {what}"


def _bad_model(bundle: Path, rng: Random) -> str:
    how, change = rng.choice(bad_models.KINDS)
    path = bundle / "model.onnx"
    path.write_bytes(change(path.read_bytes(), rng))
    relist(bundle, "model.onnx")
    return f"model {how}"


def _bad_archive(bundle: Path, rng: Random) -> str:
    how, write = rng.choice(bad_zips.KINDS)
    write(bundle, bundle.with_name("bundle.zip"), rng)
    return f"archive {how}"


_KINDS: list[tuple[str, _Damage]] = [
    *4 * [("folder or zip", _altered_file)],
    *4 * [("archive", _altered_archive)],
    *4 * [("archive", _bad_archive)],
    *4 * [("folder or zip", _bad_model)],
    *4 * [("folder or zip", _forged)],
    *2 * [("folder or zip", _outside_path)],
    ("folder or zip", _unsigned),
    ("folder or zip", _raw_manifest),
    ("folder or zip", _missing),
    ("folder or zip", _unlisted),
    ("folder or zip", _swapped),
    ("folder or zip", _renamed),
    ("folder or zip", _foldered),
    ("folder or zip", _many_files),
    *2 * [("folder", _link)],
    ("folder", _linked_folder),
    ("folder", _pipe),
]
