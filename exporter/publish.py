"""A bundle appears whole or not at all: written beside its place, opened as the app would, then renamed."""

import ctypes
import hashlib
import os
import sys
import tempfile
import zipfile
from pathlib import Path

from exporter.workspace import discard, remove_leftovers
from runtime_app.bundle import MANIFEST, BundleError, open_bundle, read_manifest
from runtime_app.errors import UserError
from runtime_app.manifest import FileEntry, Manifest
from trainer.files import failures_named, write_bytes_atomically

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def entries(contents: dict[str, bytes]) -> tuple[FileEntry, ...]:
    """The manifest's list of files, in name order."""
    return tuple(FileEntry(path, sha256_of(contents[path]), len(contents[path])) for path in sorted(contents))


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def refuse_early(destination: Path, checkpoint_sha256: str, *, overwrite: bool) -> None:
    """Say at the start what would be refused at the end: another checkpoint's bundle, or a stranger, has that name."""
    if overwrite or not destination.exists():
        return
    try:
        if read_manifest(destination).provenance.checkpoint_sha256 == checkpoint_sha256:
            return
    except BundleError:
        pass
    raise _refused(destination)


def publish(destination: Path, contents: dict[str, bytes], manifest: bytes, *, overwrite: bool) -> bool:
    """Write the folder; False when an identical bundle is there already. Raises UserError when a different one is.

    contents: path inside the bundle -> bytes, without bundle.json; manifest: the bytes of that. bundle.json is written
    last, when every other file is complete on the disk, so a process killed at any moment leaves nothing that the app
    would take for a bundle and that is not whole.
    """
    if destination.exists() and _is_identical(destination, manifest):
        return False
    if destination.exists() and not overwrite:
        raise _refused(destination)
    with failures_named(destination):
        destination.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(destination.parent, _staging_prefix(destination))
        staging = Path(tempfile.mkdtemp(prefix=_staging_prefix(destination), dir=destination.parent))
        try:
            _write_all(staging, contents, manifest)
            open_bundle(staging)
            os.chmod(staging, 0o755)
            _put_in_place(staging, destination)
        finally:
            discard(staging)
    return True


def zip_bundle(folder: Path, archive: Path, *, overwrite: bool) -> bool:
    """Write a bundle folder as one .zip, the same bytes for the same bundle; False when it is there already."""
    content = _zipped(folder)
    if archive.exists():
        if archive.read_bytes() == content:
            return False
        if not overwrite:
            raise _refused(archive)
    write_bytes_atomically(archive, content)
    open_bundle(archive)
    return True


def _write_all(staging: Path, contents: dict[str, bytes], manifest: bytes) -> None:
    for path, content in contents.items():
        target = staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    write_bytes_atomically(staging / MANIFEST, manifest)


def _put_in_place(staging: Path, destination: Path) -> None:
    """Afterwards `staging` holds what was replaced, if anything was."""
    if not destination.exists():
        os.rename(staging, destination)
    elif not _exchange(staging, destination):
        # Where two folders cannot change places in one step, the old one keeps a name that the app still finds.
        aside = Path(tempfile.mkdtemp(prefix=_staging_prefix(destination), dir=destination.parent))
        os.rename(destination, aside / destination.name)
        os.rename(staging, destination)
        discard(aside / destination.name)
        discard(aside)


def _exchange(first: Path, second: Path) -> bool:
    """Let two folders change places in one step (Linux: renameat2); False where that is not possible."""
    if sys.platform != "linux":
        return False
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        done: int = libc.renameat2(_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second), _RENAME_EXCHANGE)
    except (OSError, AttributeError):
        return False
    return done == 0


def _is_identical(destination: Path, manifest: bytes) -> bool:
    """The same manifest, which holds every file's hash, and files that are what it says."""
    try:
        bundle: Manifest = open_bundle(destination).manifest
        return (destination / MANIFEST).read_bytes() == manifest and bool(bundle.digest)
    except (BundleError, OSError):
        return False


def _staging_prefix(destination: Path) -> str:
    return f".{destination.name}-unfinished-"


def _zipped(folder: Path) -> bytes:
    """Files in name order with a fixed date and no compression: weights hardly shrink, and zlib's bytes vary."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = 0o644 << 16
                entry.create_system = 3
                archive.writestr(entry, path.read_bytes())
        file.seek(0)
        return file.read()


def _refused(destination: Path) -> UserError:
    return UserError(
        f"There is already another bundle {destination}.", "Pass --overwrite, or another --name or --bundles."
    )
