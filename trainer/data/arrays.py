"""Pictures as one uint8 array with labels; stratified splits; statistics."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from runtime_app.errors import UserError
from trainer.data.outliers import Outliers

VALIDATION_FRACTION = 0.1
_CHUNK = 1024


@dataclass(frozen=True)
class Pictures:
    """Some pictures of an array that all splits of a data set share, so that splitting copies no picture.

    store: uint8 [M, H, W, 3], RGB, perhaps a memory-mapped file; labels: int64 [N], positions in the list of classes;
    positions: int64 [N], where in `store` the pictures lie; None stands for all of it in order.
    """

    store: NDArray[np.uint8]
    labels: NDArray[np.int64]
    positions: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def rows(self) -> NDArray[np.int64]:
        return np.arange(len(self.store)) if self.positions is None else self.positions

    @property
    def images(self) -> NDArray[np.uint8]:
        """uint8 [N, H, W, 3]; a copy unless these are all pictures of the store."""
        return self.store if self.positions is None else self.store[self.positions]

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, H, W, 3), without touching a picture."""
        return (len(self), *self.store.shape[1:])

    def take(self, chosen: NDArray[np.int64]) -> "Pictures":
        return Pictures(self.store, self.labels[chosen], self.rows[chosen])

    def chunks(self) -> Iterator[NDArray[np.uint8]]:
        """All pictures in order, a thousand at a time: what is larger than memory is never there as a whole."""
        for start in range(0, len(self), _CHUNK):
            part = slice(start, start + _CHUNK)
            yield self.store[part] if self.positions is None else self.store[self.positions[part]]


@dataclass(frozen=True)
class Splits:
    """What a run trains on, chooses its best epoch on, and looks at once at the end.

    name: what the data set is called in file names; classes: in label order; sha256: of all images and labels, before
    the split; about: licence or source in one sentence; outliers: pictures of none of the classes, for training alone.
    """

    name: str
    classes: tuple[str, ...]
    train: Pictures
    validation: Pictures
    test: Pictures
    sha256: str
    about: str
    outliers: Outliers | None = None


def split_off_validation(
    pictures: Pictures, seed: int, names: Sequence[str] | None = None, *, copies_together: bool = False
) -> tuple[Pictures, Pictures]:
    """(train, validation): a stratified tenth, the same for the same seed. Raises UserError for a class too small, which
    is called by its name among `names`."""
    return split_stratified(pictures, VALIDATION_FRACTION, seed, names, copies_together=copies_together)


def split_stratified(
    pictures: Pictures, fraction: float, seed: int, names: Sequence[str] | None = None, *, copies_together: bool = False
) -> tuple[Pictures, Pictures]:
    """(rest, part) with the classes in proportion; both keep the original order. Raises UserError for too few pictures.

    copies_together: of pictures that are the same in every pixel either all come into the rest, or one into the part and
    the others into none: what is held out has then not been seen, and counts once.
    """
    if copies_together:
        firsts = first_copies(pictures)
        if len(distinct := np.unique(firsts)) < len(pictures):
            try:
                _, part = split_stratified(pictures.take(distinct), fraction, seed, names)
            except UserError as error:
                raise UserError(error.title, f"{error.advice} Copies of a picture count once.") from error
            rest = pictures.take(np.flatnonzero(~np.isin(pictures.rows[firsts], part.rows)))
            _refuse_copied_class(pictures, rest, names)
            return rest, part
    classes, counts = np.unique(pictures.labels, return_counts=True)
    refuse_too_few(pictures, fraction)
    if counts.min() < 2:
        name = "one class" if names is None else f"class {names[classes[counts.argmin()]]}"
        raise UserError(
            f"Too few pictures show {name}: one must be left to learn from when others are held out.",
            "Add pictures of it, or take the class away.",
        )
    try:
        rest, part = train_test_split(
            np.arange(len(pictures)), test_size=fraction, random_state=seed, stratify=pictures.labels
        )
    except ValueError as error:
        raise UserError(
            f"The data set is too small to hold out a part of every class ({error}).", "Add pictures."
        ) from error
    return pictures.take(np.sort(rest)), pictures.take(np.sort(part))


def refuse_too_few(pictures: Pictures, *fractions: float) -> None:
    """Raises UserError when these fractions, each of what the one before has left, cannot hold some of every class."""
    classes, least = len(np.unique(pictures.labels)), 0
    for fraction in reversed(fractions):
        held_out = math.floor((classes - 1) / fraction + 1e-9) + 1
        left = math.floor(least / (1 - fraction) + 1e-9)
        while left - math.ceil(left * fraction) < least:
            left += 1
        least = max(held_out, left)
    if len(pictures) < least:
        raise UserError(
            f"{len(pictures):,} pictures of {classes} classes are too few to hold out some of every class: at least "
            f"{least:,} are needed here.",
            "Add pictures.",
        )


def _refuse_copied_class(pictures: Pictures, rest: Pictures, names: Sequence[str] | None) -> None:
    lost = np.setdiff1d(pictures.labels, rest.labels)
    if len(lost):
        name = "one class" if names is None else f"class {names[lost[0]]}"
        raise UserError(
            f"No picture of {name} is left to learn from: they are copies of each other or of other classes' pictures.",
            "Add pictures of it, or take the class away.",
        )


def first_copies(pictures: Pictures) -> NDArray[np.int64]:
    """int64 [N]: of each picture, the position of the first that is the same in every pixel; mostly its own."""
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(key, place) for place, key in enumerate(_keys(pictures))], dtype=np.int64)


def count_copies(pictures: Pictures, *others: Pictures) -> int:
    """How many of the pictures are, in every pixel, also among the others."""
    known = {key for other in others for key in _keys(other)}
    return sum(key in known for key in _keys(pictures))


def _keys(pictures: Pictures) -> Iterator[bytes]:
    for chunk in pictures.chunks():
        for picture in chunk:
            yield hashlib.blake2b(np.ascontiguousarray(picture).data, digest_size=16).digest()


def channel_statistics(pictures: Pictures) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, std) per channel over all pixels, in units of full scale (0..1), from exact counts of the 256 values."""
    values = np.arange(256) / 255
    counts = np.zeros((3, 256))
    for chunk in pictures.chunks():
        pixels = chunk.reshape(-1, 3)
        counts += np.stack([np.bincount(pixels[:, channel], minlength=256) for channel in range(3)])
    weights = counts / counts.sum(axis=1, keepdims=True)
    mean = weights @ values
    variance = weights @ values**2 - mean**2
    # A channel that never varies would divide by zero; one grey level is the least that can differ.
    std = np.maximum(np.sqrt(np.maximum(variance, 0)), 1 / 255)
    return tuple(mean.round(6).tolist()), tuple(std.round(6).tolist())


def digest(*parts: Pictures) -> str:
    """SHA-256 over images and labels of all parts, in order."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(repr(part.shape).encode())
        for chunk in part.chunks():
            sha.update(np.ascontiguousarray(chunk).data)
        sha.update(part.labels.astype("<i8").tobytes())
    return sha.hexdigest()


def check_labels(pictures: Pictures, classes: int) -> None:
    """Raises UserError when a label is outside 0 .. classes - 1."""
    wrong = np.flatnonzero((pictures.labels < 0) | (pictures.labels >= classes))
    if len(wrong):
        raise UserError(
            f"Picture {wrong[0]} has label {pictures.labels[wrong[0]]}, but the {classes} classes are 0 to {classes - 1}.",
            "Repair the labels of the data set.",
        )
