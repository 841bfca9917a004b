"""Decoded pictures as a memory-mapped file in the user's cache: a data set larger than memory costs no memory."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from runtime_app.errors import UserError
from runtime_app.terminal import APP_NAME
from trainer.files import leftovers

_IMAGES, _LABELS, _DESCRIPTION = "images.u8", "labels.npy", "description.json"
_ORIGIN = "origin.txt"
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True)
class Decoded:
    """images: uint8 [N, size, size, 3], mapped from the file; labels: int64 [N]; unreadable: one sentence a file."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    unreadable: list[str]


class DecodedWriter:
    """Appends pictures to a cache entry that is being made."""

    def __init__(self, folder: Path, image_size: int) -> None:
        self._folder, self._image_size = folder, image_size
        self._labels: list[int] = []
        self._unreadable: list[str] = []
        # Plain writes, not a mapping: where the disk is full they raise, while a mapping kills the process.
        self._file = open(folder / _IMAGES, "wb")  # noqa: SIM115 - closed by close()

    def add(self, image: NDArray[np.uint8], label: int) -> None:
        self._file.write(image.tobytes())
        self._labels.append(label)

    def refuse(self, reason: str) -> None:
        self._unreadable.append(reason)

    def close(self) -> None:
        self._file.close()
        np.save(self._folder / _LABELS, np.asarray(self._labels, dtype=np.int64))
        description = {"count": len(self._labels), "image_size": self._image_size, "unreadable": self._unreadable}
        (self._folder / _DESCRIPTION).write_text(json.dumps(description))


def decoded(origin: Path, source: str, state: str, image_size: int, decode: Callable[[DecodedWriter], None]) -> Decoded:
    """The entry of `source` in that state; `decode` fills a new one when there is none. Earlier states are removed, and
    all entries of folders that are gone.

    origin: the folder that the pictures lie in; source, state: hexadecimal hashes of it and their size, and of what they
    are. An entry is made beside its place and renamed into it, so that a killed process leaves none, and two that make the
    same one do not disturb each other. Raises UserError where there is no place for it, OSError when the disk is full.
    """
    folder = cache_folder() / source
    entry = folder / state
    if not _whole(entry):
        for unfinished in leftovers(cache_folder(), f"*/{_UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        _prepare(folder, origin)
        try:
            _make(folder, entry, image_size, decode)
        except OSError as error:
            error.filename = error.filename or str(folder)  # a failed write does not know its file
            raise
        _remove_others(folder, entry)
    return _open(entry)


def _prepare(folder: Path, origin: Path) -> None:
    """Raises UserError where nothing can be written: the place is one that nobody named."""
    try:
        _remove_without_origin()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _ORIGIN).write_bytes(os.fsencode(origin))
    except OSError as error:
        raise UserError(
            f"The decoded pictures cannot be kept in {cache_folder()} ({error.strerror}).",
            "Make sure that it can be written and is not full, or set XDG_CACHE_HOME to another folder.",
            exit_status=1,
        ) from error


def cache_folder() -> Path:
    return platformdirs.user_cache_path(APP_NAME, appauthor=False) / "decoded"


def _make(folder: Path, entry: Path, image_size: int, decode: Callable[[DecodedWriter], None]) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    try:
        writer = DecodedWriter(unfinished, image_size)
        try:
            decode(writer)
        finally:
            writer.close()
        shutil.rmtree(entry, ignore_errors=True)  # a damaged one may lie there
        unfinished.rename(entry)
    except OSError:
        if not _whole(entry):  # otherwise another process was quicker with the same entry
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _whole(entry: Path) -> bool:
    try:
        description = json.loads((entry / _DESCRIPTION).read_text())
        size = (entry / _IMAGES).stat().st_size
    except (OSError, ValueError):
        return False
    return size == description["count"] * description["image_size"] ** 2 * 3


def _remove_others(folder: Path, entry: Path) -> None:
    for other in folder.iterdir():
        if other != entry and other.is_dir() and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)


def _remove_without_origin() -> None:
    """Before room is needed for another one. A folder that was only moved is decoded again where it is now."""
    for note in cache_folder().glob(f"*/{_ORIGIN}"):
        if not os.path.lexists(os.fsdecode(note.read_bytes())):
            shutil.rmtree(note.parent, ignore_errors=True)


def _open(entry: Path) -> Decoded:
    description = json.loads((entry / _DESCRIPTION).read_text())
    labels = np.load(entry / _LABELS)
    shape = (description["count"], description["image_size"], description["image_size"], 3)
    if description["count"] == 0:
        return Decoded(np.zeros(shape, dtype=np.uint8), labels, description["unreadable"])
    # "c": pages are read when touched and can be dropped again; torch wants writable memory, and nothing writes.
    images = np.memmap(entry / _IMAGES, dtype=np.uint8, mode="c", shape=shape)
    return Decoded(images, labels, description["unreadable"])
