"""Load and verify a deployment bundle: a folder, or the same files at the root of one .zip.

A hash beside a file proves that it is whole, not who made it.
"""

import hashlib
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import msgspec

from runtime_app.errors import UserError
from runtime_app.manifest import SCHEMA_VERSION, Manifest, digest_of

MANIFEST = "bundle.json"
MAX_MANIFEST_BYTES = 4_000_000
MAX_FILE_BYTES = 1_000_000_000
MAX_FILES = 100
MAX_ZIP_RATIO = 200


class BundleError(UserError):
    """A bundle that is refused; the title names the bundle and the reason."""

    def __init__(self, path: Path, reason: str, advice: str = "Get the bundle again, or export it again.") -> None:
        super().__init__(f"{path} is refused: {reason}.", advice)


@dataclass(frozen=True)
class Bundle:
    """A verified bundle. `read` gives the bytes of a listed file, checked again at every read."""

    path: Path
    manifest: Manifest

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
            raise BundleError(path, f"{name} is missing")
        for name in sorted(present - listed):
            raise BundleError(
                path, f"{name} is not listed in {MANIFEST}", "Remove that file, or export the bundle again."
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
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BundleError(path, f"{MANIFEST} is not readable JSON ({error})") from error
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
        raise BundleError(path, f"{MANIFEST} does not follow the schema ({error})") from error
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
    if len(files) > MAX_FILES:
        raise BundleError(path, f"it lists {len(files)} files, more than {MAX_FILES}")
    for name in files:
        if not _stays_inside(name):
            raise BundleError(path, f"it names a file outside its folder ({name})")
    if len(manifest.classes) < 2 or len(set(manifest.classes)) != len(manifest.classes):
        raise BundleError(path, "its classes are fewer than two or not distinct")
    if not manifest.variants:
        raise BundleError(path, "it has no model")
    for variant in manifest.variants:
        entry = files.get(variant.file)
        if entry is None or (entry.sha256, entry.bytes) != (variant.sha256, variant.bytes):
            raise BundleError(path, f"the entries for {variant.file} contradict each other")


def _check_content(path: Path, name: str, content: bytes, sha256: str, size: int) -> None:
    if len(content) != size:
        raise BundleError(path, f"{name} has {len(content)} bytes instead of {size}")
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BundleError(path, f"{name} was altered (its SHA-256 differs from the manifest's)")


def _stays_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\\" not in name and ":" not in name


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
        return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir() or p.is_symlink()}

    def read(name: str, limit: int) -> bytes:
        target = folder / name
        try:
            if not target.resolve().is_relative_to(folder.resolve()):
                raise BundleError(folder, f"{name} leads outside its folder")
            with open(target, "rb") as file:
                return _read_limited(folder, name, file.read, limit)
        except FileNotFoundError as error:
            raise BundleError(folder, f"{name} is missing") from error
        except OSError as error:
            raise BundleError(folder, f"{name} cannot be read ({error.strerror})") from error

    return _Store(names, read, lambda: None)


def _zip_store(path: Path) -> _Store:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BundleError(path, f"it is neither a folder nor a readable .zip ({error})") from error
    members = [info for info in archive.infolist() if not info.is_dir()]
    try:
        _check_members(path, members)
    except BundleError:
        archive.close()
        raise

    def read(name: str, limit: int) -> bytes:
        try:
            with archive.open(name) as file:
                return _read_limited(path, name, file.read, limit)
        except KeyError as error:
            raise BundleError(path, f"{name} is missing") from error
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
            raise BundleError(path, f"{name} cannot be unpacked ({error})") from error
        except Exception as error:  # zlib and lzma raise types of their own on damaged data
            if isinstance(error, UserError):
                raise
            raise BundleError(path, f"{name} is damaged ({error})") from error

    return _Store(lambda: {info.filename for info in members}, read, archive.close)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_FILES + 1:
        raise BundleError(path, f"it holds {len(members)} files, more than {MAX_FILES}")
    if len({info.filename for info in members}) != len(members):
        raise BundleError(path, "it holds two files of the same name")
    for info in members:
        if not _stays_inside(info.filename) or stat.S_ISLNK(info.external_attr >> 16):
            raise BundleError(path, f"{info.filename} leads outside the archive")
        if info.file_size > MAX_FILE_BYTES or info.file_size > MAX_ZIP_RATIO * max(info.compress_size, 1000):
            raise BundleError(path, f"{info.filename} unpacks to an unreasonable size")


def _read_limited(path: Path, name: str, read: Callable[[int], bytes], limit: int) -> bytes:
    limit = min(limit, MAX_FILE_BYTES)
    content = read(limit + 1)
    if len(content) > limit:
        raise BundleError(path, f"{name} is larger than it should be")
    return content
