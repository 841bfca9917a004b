"""Pictures that show none of the classes, for a network that should know when it does not know.

Outlier exposure (Hendrycks et al., arXiv 1812.04606): beside each batch the network sees some of them and learns to give
every class the same probability there.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime_app.errors import UserError
from runtime_app.imaging import PictureError, Region, list_pictures, open_picture, prepare
from trainer.data.unreadable import refuse_unreadable

SQUARES = 16
"""Of each picture: its centre, as the app would cut it, and random ones, because few pictures must stand for all."""
_LEAST_SIDE = 0.3
_SEED = 5


@dataclass(frozen=True)
class Outliers:
    """images: uint8 [pictures * SQUARES, size, size, 3], RGB; pictures: files that they were cut from; sha256: of images."""

    images: NDArray[np.uint8]
    pictures: int
    sha256: str


def load_outliers(folder: Path, size: int, *, skip_unreadable: bool) -> Outliers:
    """All pictures below `folder`; the same pictures give the same squares.

    Raises UserError when there is none, or, unless `skip_unreadable`, one that lists every unreadable picture.
    """
    paths = list_pictures(folder)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda number: _squares(number, paths[number], size), range(len(paths))))
    unreadable = [part.title for part in found if isinstance(part, PictureError)]
    refuse_unreadable(folder, unreadable, skip=skip_unreadable)
    squares = [part for part in found if not isinstance(part, PictureError)]
    if not squares:
        raise UserError(
            f"There is no picture in {folder}.",
            "Name a folder of pictures that show none of the classes, or leave it out.",
        )
    images = np.concatenate(squares)
    return Outliers(images, len(squares), hashlib.sha256(images.data).hexdigest())


def _squares(number: int, path: Path, size: int) -> NDArray[np.uint8] | PictureError:
    random = np.random.default_rng((_SEED, number))
    try:
        picture = open_picture(path)
    except PictureError as error:
        return error
    centre = prepare(picture, (size, size)).image
    return np.stack([centre, *(random_square(picture, size, random, _LEAST_SIDE) for _ in range(SQUARES - 1))])


def random_square(picture: Image.Image, size: int, random: np.random.Generator, least: float) -> NDArray[np.uint8]:
    """uint8 [size, size, 3]: a square of an RGB picture at a random place, its side between the share `least` and all of
    the picture's shorter side."""
    side = random.uniform(least, 1.0) * min(picture.size)
    left, top = random.uniform(0, picture.width - side), random.uniform(0, picture.height - side)
    return prepare(picture, (size, size), region=Region(left, top, left + side, top + side)).image
