"""Bundles that must be refused: damaged in ways that files are damaged, or forged with digests that fit again."""

import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns import bad_manifests, bad_models, bad_zips
from tests.campaigns.bad_bytes import CHANGES
from tests.campaigns.common import TINY
from tests.campaigns.forge import MANIFEST, relist, zipped

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
    how, change = rng.choice(CHANGES)
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
    how, change = rng.choice(CHANGES)
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


# ---- models and archives ---------------------------------------------------------------------------------------------


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
    *4 * [("folder or zip", bad_manifests.forged)],
    *2 * [("folder or zip", bad_manifests.outside_path)],
    ("folder or zip", bad_manifests.unsigned),
    ("folder or zip", bad_manifests.raw_manifest),
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
