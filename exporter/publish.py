"""A bundle appears whole or not at all: written beside its place, opened as the app would, then renamed."""

import contextlib
import ctypes
import errno
import hashlib
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from exporter.place import found_archive, found_folder
from exporter.workspace import discard, remove_leftovers
from runtime_app.bundle import MANIFEST, Bundle, open_bundle
from runtime_app.manifest import FileEntry
from trainer.files import failures_named

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


def entries(contents: dict[str, bytes]) -> tuple[FileEntry, ...]:
    """The manifest's list of files, in name order."""
    return tuple(FileEntry(path, sha256_of(contents[path]), len(contents[path])) for path in sorted(contents))


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def publish(
    destination: Path,
    contents: dict[str, bytes],
    manifest: bytes,
    *,
    overwrite: bool,
    archive: Path | None = None,
    examine: Callable[[Bundle], None] = lambda bundle: None,
) -> bool:
    """Write the folder and, where `archive` names one, the .zip; False when an identical folder is there already.

    contents: path inside the bundle -> bytes, without bundle.json; manifest: the bytes of that; examine: raises what keeps
    the finished folder from its place. Raises UserError, and changes neither, when the folder or the .zip may not have its
    place. Both are complete on the disk before either gets it, so a process killed at any moment leaves nothing that the
    app would take for a bundle and that is not whole.
    Who may read them is left to the umask, for all files alike: another user sees a whole bundle or none.
    """
    zipped = b"" if archive is None else _zipped({**contents, MANIFEST: manifest})
    due = found_folder(destination, manifest, overwrite=overwrite) != "the same"
    if archive is not None and found_archive(archive, zipped, overwrite=overwrite) == "the same":
        archive = None
    if not due and archive is None:
        return False
    with failures_named(destination), _staging(destination) as staging:
        if due:
            _write_all(staging / "bundle", contents, manifest)
            examine(open_bundle(staging / "bundle"))
        if archive is not None:
            _write(staging / "archive", zipped)
            open_bundle(staging / "archive")
        created = due and _place_folder(staging / "bundle", destination, manifest, overwrite=overwrite)
        if archive is not None:
            with failures_named(archive):
                _place_archive(staging / "archive", archive, zipped, overwrite=overwrite)
    return created


@contextmanager
def _staging(destination: Path) -> Iterator[Path]:
    """A folder beside the place, for what is not finished; its name starts with a dot, so the app does not look into it."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{destination.name}-unfinished-"
    remove_leftovers(destination.parent, prefix)
    staging = Path(tempfile.mkdtemp(prefix=prefix, dir=destination.parent))
    try:
        yield staging
    finally:
        discard(staging)


def _write_all(folder: Path, contents: dict[str, bytes], manifest: bytes) -> None:
    folder.mkdir()
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        _write(folder / path, content)
    _write(folder / f"{MANIFEST}.part", manifest)  # last, and never half there: it is what makes a folder a bundle
    os.rename(folder / f"{MANIFEST}.part", folder / MANIFEST)


def _write(path: Path, content: bytes) -> None:
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _place_folder(staged: Path, destination: Path, manifest: bytes, *, overwrite: bool) -> bool:
    """False when another export has put the same bundle there meanwhile; a different one is refused or replaced."""
    while (found := found_folder(destination, manifest, overwrite=overwrite)) != "the same":
        try:
            _put_in_place(staged, destination, replaces=found == "another")
            return True
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    return False


def _place_archive(staged: Path, archive: Path, content: bytes, *, overwrite: bool) -> None:
    if found_archive(archive, content, overwrite=overwrite) != "the same":
        os.replace(staged, archive)


def _put_in_place(staged: Path, destination: Path, *, replaces: bool) -> None:
    """replaces: whether a bundle there may go; otherwise one that came meanwhile makes this fail (ENOTEMPTY, EEXIST)."""
    if not replaces:
        with contextlib.suppress(FileNotFoundError):
            destination.rmdir()  # an empty folder is as good as none
        os.rename(staged, destination)
    elif not _exchange(staged, destination):
        _replace_in_two_steps(staged, destination)


def _replace_in_two_steps(staged: Path, destination: Path) -> None:
    """Where two folders cannot change places in one step: the old one comes back unless the new one has its place."""
    aside = staged.with_name("replaced")
    try:
        os.rename(destination, aside)
        os.rename(staged, destination)
    finally:
        if destination.exists():
            discard(aside)
        elif aside.exists():
            os.rename(aside, destination)


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


def _zipped(files: dict[str, bytes]) -> bytes:
    """Files in name order with a fixed date and no compression: weights hardly shrink, and zlib's bytes vary."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[path])
    return buffer.getvalue()
