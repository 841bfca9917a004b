"""Load and verify a deployment bundle: a folder, or the same files at the root of one .zip.

A hash beside a file proves that it is whole, not who made it.
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import msgspec

from runtime_app.errors import UserError, one_line
from runtime_app.manifest import OUTPUTS, SCHEMA_VERSION, Manifest, digest_of

MANIFEST, MODEL_CARD = "bundle.json", "MODEL_CARD.md"
MAX_MANIFEST_BYTES = 4_000_000
MAX_CARD_BYTES = 100_000  # of a longer card the beginning is shown
MAX_FILE_BYTES = 1_000_000_000
MAX_FILES = 100
MAX_ZIP_RATIO = 200
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others ask for as much memory as the archive likes


class BundleError(UserError):
    """A bundle that is refused; the title names the bundle and the reason."""

    def __init__(self, path: Path, reason: str, advice: str = "Get the bundle again, or export it again.") -> None:
        super().__init__(f"{path} is refused: {reason}.", advice)


@dataclass(frozen=True)
class Bundle:
    """A verified bundle. `read` gives the bytes of a listed file, checked again at every read."""

    path: Path
    manifest: Manifest

    def read_card(self) -> str:
        """The model card as it may stand on a terminal or in a window: a stranger wrote it. Raises BundleError like `read`."""
        text = self.read(MODEL_CARD)[:MAX_CARD_BYTES].decode("utf-8", errors="replace")
        return "\n".join(one_line(line.expandtabs()) for line in text.splitlines())

    def read(self, name: str) -> bytes:
        """The content of one listed file. Raises BundleError when it is gone or altered since the bundle was opened."""
        entry = next((entry for entry in self.manifest.files if entry.path == name), None)
        if entry is None:
            raise BundleError(self.path, f"{name} is not in its manifest")
        with _open_store(self.path) as store:
            content = store.read(name, entry.bytes)
        _check_content(self.path, name, content, entry.sha256, entry.bytes)
        return content


def open_bundle(path: Path) -> Bundle:
    """Read the manifest, then check every file against it. Raises BundleError with the first thing that is wrong."""
    manifest = read_manifest(path)
    with _open_store(path) as store:
        listed = {entry.path for entry in manifest.files}
        present = store.names() - {MANIFEST}
        for name in sorted(listed - present):
            raise BundleError(path, f"{_shown(name)} is missing")
        for name in sorted(present - listed):
            raise BundleError(
                path, f"{_shown(name)} is not listed in {MANIFEST}", "Remove that file, or export the bundle again."
            )
        for entry in manifest.files:
            content = store.read(entry.path, entry.bytes)
            _check_content(path, entry.path, content, entry.sha256, entry.bytes)
    return Bundle(path, manifest)


def read_manifest(path: Path) -> Manifest:
    """Parse and check bundle.json alone: enough for a list of bundles. Raises BundleError."""
    with _open_store(path) as store:
        raw = store.read(MANIFEST, MAX_MANIFEST_BYTES)
    try:
        content = msgspec.json.decode(raw, type=dict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(path, f"{MANIFEST} is not readable JSON ({_brief(error)})") from error
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise BundleError(
            path,
            f"its schema version is {version}, this app reads up to {SCHEMA_VERSION}",
            "Install a newer version of the app.",
        )
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BundleError(path, f"{MANIFEST} does not follow the schema ({_brief(error)})") from error
    if manifest.digest != digest_of(raw):
        raise BundleError(path, f"the digest of {MANIFEST} is wrong, so it was altered")
    _check_consistent(path, manifest)
    return manifest


def is_bundle(path: Path) -> bool:
    """Whether the path looks like a bundle: a folder with bundle.json, or a .zip."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    return path.suffix.lower() == ".zip" and path.is_file()


def _check_consistent(path: Path, manifest: Manifest) -> None:
    files = {entry.path: entry for entry in manifest.files}
    if len(manifest.files) > MAX_FILES:
        raise BundleError(path, f"it lists {len(manifest.files):,} files, more than {MAX_FILES}")
    if len(files) < len(manifest.files):
        raise BundleError(path, "it lists a file twice")
    for name in files:
        if not _stays_inside(name):
            raise BundleError(path, f"it names a file outside its folder ({_shown(name)})")
    if len(set(manifest.classes)) != len(manifest.classes):
        raise BundleError(path, "its classes are not distinct")
    if any(name != one_line(name) for name in (manifest.name, *manifest.classes)):
        raise BundleError(path, "its name or a class is not one line of text")
    try:
        datetime.fromisoformat(manifest.provenance.run_started)
    except ValueError as error:
        raise BundleError(path, "the start of its training run is not a date") from error
    if len({variant.precision for variant in manifest.variants}) != len(manifest.variants):
        raise BundleError(path, "it has two models of one precision")
    for variant in manifest.variants:
        if set(variant.tolerance) != set(OUTPUTS):
            raise BundleError(path, f"the tolerances of {_shown(variant.file)} do not name the network's outputs")
        entry = files.get(variant.file)
        if entry is None or (entry.sha256, entry.bytes) != (variant.sha256, variant.bytes):
            raise BundleError(path, f"the entries for {_shown(variant.file)} contradict each other")


def _check_content(path: Path, name: str, content: bytes, sha256: str, size: int) -> None:
    if len(content) != size:
        raise BundleError(path, f"{name} has {len(content)} bytes instead of {size}")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BundleError(path, f"{name} was altered (its SHA-256 differs from the manifest's)")


def _stays_inside(name: str) -> bool:
    """Whether a name is one that every platform takes for a file below the folder, spelled in the one plain way."""
    parts = PurePosixPath(name).parts
    plain = "/".join(parts) == name and "\\" not in name and ":" not in name and "\0" not in name
    return bool(parts) and plain and not name.startswith("/") and ".." not in parts


def _shown(name: str) -> str:
    """A file's name as it may stand in a sentence; a stranger chose it."""
    return one_line(name if len(name) <= 80 else f"{name[:80]}\u2026")


@dataclass(frozen=True)
class _Store:
    """The files of a folder or an archive. read(name, limit) raises BundleError beyond `limit` bytes."""

    names: Callable[[], set[str]]
    read: Callable[[str, int], bytes]
    close: Callable[[], None]

    def __enter__(self) -> "_Store":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _open_store(path: Path) -> _Store:
    if path.is_dir():
        return _folder_store(path)
    if path.is_file():
        return _zip_store(path)
    raise BundleError(path, "there is no such file or folder", "Check the path.")


def _folder_store(folder: Path) -> _Store:
    def names() -> set[str]:
        found: set[str] = set()
        for parent, folders, files in os.walk(folder):
            links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
            found |= {Path(parent, name).relative_to(folder).as_posix() for name in (*files, *links)}
            if len(found) > MAX_FILES + 1:
                raise BundleError(folder, f"it holds more than {MAX_FILES} files", "Choose a bundle's own folder.")
        return found

    def read(name: str, limit: int) -> bytes:
        target = folder / name
        try:
            _refuse_odd_file(folder, name)
            with open(target, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                return _read_limited(folder, name, lambda most: file.read(min(most, size)), limit)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BundleError(folder, f"{_shown(name)} is missing") from error
        except OSError as error:
            raise BundleError(folder, f"{_shown(name)} cannot be read ({error.strerror})") from error

    return _Store(names, read, lambda: None)


def _refuse_odd_file(folder: Path, name: str) -> None:
    """Links lead elsewhere, a pipe never answers, a device never ends. Raises OSError when there is no such file."""
    place = folder
    for part in PurePosixPath(name).parts:
        place = place / part
        if place.is_symlink():
            raise BundleError(folder, f"{_shown(name)} is a link, which may lead outside its folder")
    if not stat.S_ISREG(place.stat().st_mode):
        raise BundleError(folder, f"{_shown(name)} is not an ordinary file")
    if not place.resolve().is_relative_to(folder.resolve()):  # a junction of Windows
        raise BundleError(folder, f"{_shown(name)} leads outside its folder")


def _zip_store(path: Path) -> _Store:
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # zipfile raises nearly anything on damaged archives
        raise BundleError(path, f"it is neither a folder nor a readable .zip ({_brief(error)})") from error
    members = [info for info in archive.infolist() if not info.is_dir()]
    try:
        check_members(path, archive.infolist())
    except BundleError:
        archive.close()
        raise

    def read(name: str, limit: int) -> bytes:
        try:
            with archive.open(name) as file:
                return _read_limited(path, name, file.read, limit)
        except KeyError as error:
            raise BundleError(path, f"{_shown(name)} is missing") from error
        except UserError:
            raise
        except Exception as error:  # zipfile and zlib raise nearly anything on damaged data
            raise BundleError(path, f"{_shown(name)} cannot be unpacked ({_brief(error)})") from error

    return _Store(lambda: {info.filename for info in members}, read, archive.close)


def check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Raises BundleError for what no honest program packs. path: of the bundle."""
    if len(members) > MAX_FILES + 1:
        raise BundleError(path, f"it holds {len(members):,} files, more than {MAX_FILES}")
    if len({info.filename for info in members}) != len(members):
        raise BundleError(path, "it holds two files of the same name")
    for info in members:
        name = _shown(info.filename)
        if not _stays_inside(info.filename.removesuffix("/")) or stat.S_ISLNK(info.external_attr >> 16):
            raise BundleError(path, f"{name} leads outside the archive")
        if info.file_size > MAX_FILE_BYTES or info.file_size > MAX_ZIP_RATIO * max(info.compress_size, 1000):
            raise BundleError(path, f"{name} unpacks to an unreasonable size")
        if info.compress_type not in _PACKINGS:
            raise BundleError(path, f"{name} is packed in an unusual way", "Pack it as an ordinary .zip.")


def _brief(error: Exception) -> str:
    """What a library said, without the member names of any length that it repeats."""
    words = str(error) or type(error).__name__
    return words if len(words) <= 200 else f"{words[:200]}\u2026"


def _read_limited(path: Path, name: str, read: Callable[[int], bytes], limit: int) -> bytes:
    limit = min(limit, MAX_FILE_BYTES)
    content = read(limit + 1)
    if len(content) > limit:
        raise BundleError(path, f"{_shown(name)} is larger than it should be")
    return content
