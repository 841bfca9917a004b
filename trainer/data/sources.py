"""The data sets that `--data` names: CIFAR-10, scikit-learn's digits, or a folder of your own."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime_app.errors import UserError
from runtime_app.imaging import prepare
from trainer.config import TrainConfig
from trainer.data.arrays import (
    VALIDATION_FRACTION,
    Pictures,
    Splits,
    check_labels,
    count_copies,
    digest,
    refuse_too_few,
    split_off_validation,
    split_stratified,
)
from trainer.data.folder import load_folder
from trainer.data.outliers import load_outliers

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

TEST_FRACTION = 0.2
# The test part must not move with the run's seed: runs would be judged on different pictures.
_TEST_SPLIT_SEED = 0


def load_splits(config: TrainConfig) -> Splits:
    """Read what `config.data` names and split it, and the outliers where there are some.

    Raises UserError when something is missing, damaged or unusable.
    """
    splits = _splits(config)
    if config.outliers is None:
        return splits
    outliers = load_outliers(Path(config.outliers), config.image_size, skip_unreadable=config.skip_unreadable)
    return replace(splits, outliers=outliers)


def is_folder(data: str) -> bool:
    """Whether this value of `config.data` names a folder."""
    return data not in ("cifar10", "digits")


def _splits(config: TrainConfig) -> Splits:
    if is_folder(config.data):
        return _folder(config)
    return _cifar10(config) if config.data == "cifar10" else _digits(config)


def _cifar10(config: TrainConfig) -> Splits:
    from torchvision.datasets import CIFAR10

    _refuse_other_size(config, 32)
    root = Path(config.data_root)
    _refuse_corrupted(root / CIFAR10.base_folder, [*CIFAR10.train_list, *CIFAR10.test_list])
    try:
        train = CIFAR10(root, train=True, download=True)
        test = CIFAR10(root, train=False, download=True)
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"CIFAR-10 is not in {root} and could not be downloaded ({error}).",
            "Connect to the internet, or pass --data-root with a folder that holds cifar-10-batches-py.",
        ) from error
    return _assemble(
        "cifar10",
        tuple(train.classes),
        _pictures(train),
        _pictures(test),
        config.seed,
        "CIFAR-10 (Alex Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009)",
    )


def _pictures(part: "CIFAR10") -> Pictures:
    """torchvision's array is a view with the channels outermost; the one copy made here puts each picture together."""
    return Pictures(np.ascontiguousarray(part.data), np.asarray(part.targets, dtype=np.int64))


def _refuse_corrupted(folder: Path, published: list[list[str]]) -> None:
    """torchvision would only say "corrupted" and then download all again; name the file and its checksum instead."""
    for name, md5 in published:
        path = folder / name
        if not path.is_file():
            continue
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        if found != md5:
            raise UserError(
                f"{path} is damaged: its MD5 is {found}, the published file's is {md5}.",
                "Delete it; the next run downloads it again.",
            )


def _digits(config: TrainConfig) -> Splits:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.stack([enlarge_digit(image, config.image_size) for image in digits.images])
    rest, test = split_stratified(Pictures(images, digits.target.astype(np.int64)), TEST_FRACTION, _TEST_SPLIT_SEED)
    return _assemble(
        "digits",
        tuple(str(name) for name in digits.target_names),
        rest,
        test,
        config.seed,
        "Optical Recognition of Handwritten Digits (UCI, CC BY 4.0), as embedded in scikit-learn",
    )


def enlarge_digit(image: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """[8, 8] with values 0..16 -> uint8 [size, size, 3], the way the app would enlarge a file of it."""
    grey = np.rint(image * (255 / 16)).astype(np.uint8)
    return prepare(Image.fromarray(grey).convert("RGB"), (size, size)).image


def _folder(config: TrainConfig) -> Splits:
    root = Path(config.data)
    found = load_folder(root, config.image_size, skip_unreadable=config.skip_unreadable)
    rest, test = found.train, found.test
    if test is None:
        refuse_too_few(rest, TEST_FRACTION, VALIDATION_FRACTION)
        rest, test = split_stratified(rest, TEST_FRACTION, _TEST_SPLIT_SEED, found.classes, copies_together=True)
    elif copies := count_copies(test, rest):
        click.echo(
            f"{copies:,} of the {len(test):,} pictures in {root / 'test'} also lie in {root / 'train'}: the accuracy on "
            f"them says nothing about new pictures.",
            err=True,
        )
    name = root.resolve().name
    return _assemble(name, found.classes, rest, test, config.seed, f"the folder {name}", copies_together=True)


def _assemble(
    name: str,
    classes: tuple[str, ...],
    rest: Pictures,
    test: Pictures,
    seed: int,
    about: str,
    *,
    copies_together: bool = False,
) -> Splits:
    check_labels(rest, len(classes))
    check_labels(test, len(classes))
    train, validation = split_off_validation(rest, seed, classes, copies_together=copies_together)
    return Splits(name, classes, train, validation, test, digest(rest, test), about)


def _refuse_other_size(config: TrainConfig, size: int) -> None:
    if config.image_size != size:
        raise UserError(
            f"CIFAR-10's pictures are {size}x{size}, so --image-size {config.image_size} does not fit.",
            "Leave the option out.",
        )
