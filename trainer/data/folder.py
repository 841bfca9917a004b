"""A folder with one subfolder of pictures per class, decoded exactly as the app will decode them."""

import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import PIL
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from runtime_app import imaging
from runtime_app.errors import UserError
from runtime_app.imaging import PictureError, list_by_subfolder, open_picture, prepare
from trainer.data.arrays import Pictures
from trainer.data.cache import Decoded, DecodedWriter, decoded
from trainer.data.names import why_refused
from trainer.data.unreadable import refuse_unreadable

_AT_ONCE = 256
_PARTS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing"})


@dataclass(frozen=True)
class FolderData:
    """test is None where the folder has no train/ and test/ of its own."""

    classes: tuple[str, ...]
    train: Pictures
    test: Pictures | None


def load_folder(root: Path, image_size: int, *, skip_unreadable: bool) -> FolderData:
    """`root`/CLASS/*, or `root`/train/CLASS/* and `root`/test/CLASS/*, decoded to image_size x image_size.

    Classes are the subfolders' names in alphabetical order. The pictures come memory-mapped from a cache file that is
    made when the folder is seen first and made again when a picture changes. Raises UserError for fewer than two
    classes, an empty class, names that differ by case alone or that no bundle can carry, and, unless
    `skip_unreadable`, one that lists every unreadable picture.
    """
    if not root.is_dir():
        raise UserError(
            f"There is no data set {root}.",
            "Use cifar10, digits, or a folder with one subfolder of pictures per class.",
        )
    _refuse_name(root.resolve())  # runs and bundles are named after it
    divided = (root / "train").is_dir() and (root / "test").is_dir()
    folders = [root / "train", root / "test"] if divided else [root]
    if not divided:
        _refuse_other_parts(root)
    classes = _class_names(folders[0])
    if divided:
        _refuse_other_classes(folders[1], classes)
        _say_what_is_left_aside(root)
    parts = [_decoded_folder(folder, classes, image_size) for folder in folders]
    refuse_unreadable(root, [reason for part in parts for reason in part.unreadable], skip=skip_unreadable)
    for folder, part in zip(folders, parts, strict=True):
        _refuse_empty_class(folder, classes, part)
    train, test = Pictures(parts[0].images, parts[0].labels), None
    if divided:
        test = Pictures(parts[1].images, parts[1].labels)
    return FolderData(classes, train, test)


def _refuse_other_parts(root: Path) -> None:
    """`root`/train beside `root`/val, say, would be taken for two classes."""
    names = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    parts = {name.casefold() for name in names}
    if parts & {"train", "training"} and parts <= _PARTS and any(_has_subfolders(root / name) for name in names):
        raise UserError(
            f"The folders in {root} ({', '.join(names)}) are parts of a data set, not classes.",
            "Call the part that is to be held out for the end test, the other one train; or pass the folder that holds the "
            "classes.",
        )


def _say_what_is_left_aside(root: Path) -> None:
    for path in sorted(root.iterdir()):
        if path.name not in ("train", "test") and path.name.casefold() in _PARTS and _has_subfolders(path):
            click.echo(f"{path} is left aside: a tenth of train is held out for validation.", err=True)


def _has_subfolders(folder: Path) -> bool:
    return folder.is_dir() and any(path.is_dir() for path in folder.iterdir())


def _class_names(folder: Path) -> tuple[str, ...]:
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(names) < 2:
        raise UserError(
            f"{folder} has {len(names)} class folder{'' if len(names) == 1 else 's'}; a classifier needs at least two.",
            "Make one subfolder per class and put its pictures inside.",
        )
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        same = ", ".join(name for name in names if name.casefold() == twice[0])
        raise UserError(f"{folder} has classes whose names differ by case alone: {same}.", "Rename or merge them.")
    for name in names:
        _refuse_name(folder / name)
    return tuple(names)


def _refuse_name(folder: Path) -> None:
    fault = why_refused(folder.name)
    if fault is not None:
        raise UserError(f"The name of the folder {folder} cannot be used: {fault}.", "Rename the folder.")


def _refuse_other_classes(folder: Path, classes: tuple[str, ...]) -> None:
    different = sorted(set(_class_names(folder)) ^ set(classes))
    if different:
        raise UserError(
            f"train and test of {folder.parent} have different classes: {', '.join(different)}.",
            "Give both the same subfolders.",
        )


def _refuse_empty_class(folder: Path, classes: tuple[str, ...], part: Decoded) -> None:
    counts = np.bincount(part.labels, minlength=len(classes))
    empty = [str(folder / name) for name, count in zip(classes, counts, strict=True) if count == 0]
    if empty:
        raise UserError(
            f"The class folder {', '.join(empty)} has no usable picture.", "Add pictures or remove the folder."
        )


def _decoded_folder(folder: Path, classes: tuple[str, ...], image_size: int) -> Decoded:
    source = hashlib.sha256(os.fsencode(folder.resolve()) + f" {image_size}".encode()).hexdigest()[:24]
    count, state = _state(folder, classes)

    def decode(writer: DecodedWriter) -> None:
        _decode(folder, classes, image_size, count, writer)

    return decoded(folder.resolve(), source, state, image_size, decode)


def _state(folder: Path, classes: tuple[str, ...]) -> tuple[int, str]:
    """(how many pictures, hash of the classes, of every picture's name, size and times, and of the code that decodes)."""
    sha = hashlib.sha256(repr(classes).encode() + PIL.__version__.encode())
    for code in sorted(Path(imaging.__file__).parent.glob("*.py")):
        sha.update(code.read_bytes())
    count = 0
    found = list_by_subfolder(folder)
    for name in classes:
        for path in found[name]:
            seen = path.stat(follow_symlinks=path.exists())  # decoding says what is wrong with a link to nothing
            sha.update(os.fsencode(path.relative_to(folder)))
            sha.update(f"\0{seen.st_size} {seen.st_mtime_ns} {seen.st_ctime_ns}\n".encode())
            count += 1
    return count, sha.hexdigest()[:24]


def _decode(folder: Path, classes: tuple[str, ...], image_size: int, count: int, writer: DecodedWriter) -> None:
    """Append every picture in the order of classes and names; threads help, as Pillow decodes without Python's lock."""
    console = Console(stderr=True)
    bar = iter(track(range(count), "decoding", console=console, transient=True, disable=not console.is_terminal))

    def one(path: Path) -> NDArray[np.uint8] | PictureError:
        try:
            return prepare(open_picture(path), (image_size, image_size)).image
        except PictureError as error:
            return error

    found = list_by_subfolder(folder)
    with ThreadPoolExecutor() as pool:
        for label, name in enumerate(classes):
            paths = found[name]
            for start in range(0, len(paths), _AT_ONCE):
                for result in pool.map(one, paths[start : start + _AT_ONCE]):
                    if isinstance(result, PictureError):
                        writer.refuse(result.title)
                    else:
                        writer.add(result, label)
                    next(bar, None)
