"""A folder with one subfolder of pictures per class, decoded exactly as the app will decode them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime_app.errors import UserError
from runtime_app.imaging import PictureError, list_pictures, open_picture, prepare
from trainer.data.arrays import Pictures


@dataclass(frozen=True)
class FolderData:
    """test is None where the folder has no train/ and test/ of its own."""

    classes: tuple[str, ...]
    train: Pictures
    test: Pictures | None


def load_folder(root: Path, image_size: int, *, skip_unreadable: bool) -> FolderData:
    """Decode `root`/CLASS/*, or `root`/train/CLASS/* and `root`/test/CLASS/*, to image_size x image_size.

    Classes are the subfolders' names in alphabetical order. Raises UserError for fewer than two classes, an empty
    class, names that differ by case alone, and, unless `skip_unreadable`, one that lists every unreadable picture.
    """
    if not root.is_dir():
        raise UserError(
            f"There is no data set {root}.", "Use cifar10, digits, or a folder with one subfolder of pictures per class."
        )
    divided = (root / "train").is_dir() and (root / "test").is_dir()
    classes = _class_names(root / "train" if divided else root)
    unreadable: list[str] = []
    train = _decode(root / "train" if divided else root, classes, image_size, unreadable)
    test = None
    if divided:
        _refuse_other_classes(root / "test", classes)
        test = _decode(root / "test", classes, image_size, unreadable)
    if unreadable and not skip_unreadable:
        raise UserError(
            f"{len(unreadable)} pictures in {root} cannot be used:\n  " + "\n  ".join(unreadable) + "\n",
            "Repair or remove them, or pass --skip-unreadable.",
        )
    return FolderData(classes, train, test)


def _class_names(folder: Path) -> tuple[str, ...]:
    names = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(names) < 2:
        raise UserError(
            f"{folder} has {len(names)} subfolders; a classifier needs at least two classes.",
            "Make one subfolder per class and put its pictures inside.",
        )
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        same = ", ".join(name for name in names if name.casefold() == twice[0])
        raise UserError(f"{folder} has classes whose names differ by case alone: {same}.", "Rename or merge them.")
    return tuple(names)


def _refuse_other_classes(folder: Path, classes: tuple[str, ...]) -> None:
    different = sorted(set(_class_names(folder)) ^ set(classes))
    if different:
        raise UserError(
            f"train and test of {folder.parent} have different classes: {', '.join(different)}.",
            "Give both the same subfolders.",
        )


def _decode(folder: Path, classes: tuple[str, ...], image_size: int, unreadable: list[str]) -> Pictures:
    images, labels = [], []
    for label, name in enumerate(classes):
        paths = list_pictures(folder / name)
        before = len(images)
        for path in paths:
            try:
                images.append(prepare(open_picture(path), (image_size, image_size)).image)
                labels.append(label)
            except PictureError as error:
                unreadable.append(error.title)
        if len(images) == before:
            raise UserError(f"The class folder {folder / name} has no usable picture.", "Add pictures or remove the folder.")
    return Pictures(np.stack(images), np.asarray(labels, dtype=np.int64))
