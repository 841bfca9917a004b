"""Pictures that show none of the classes, to choose and report the "none of these" threshold by: made here, or shipped
with scikit-learn. None of them is a picture that the network is trained or judged on."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

from exporter.calibrate import PHOTOGRAPHS
from trainer.data.outliers import random_square
from trainer.data.sources import enlarge_digit

PER_SET = 200
_SEED = 7

Pictures = NDArray[np.uint8]


def out_of_class_sets(size: int, data: str, *, per_set: int = PER_SET) -> dict[str, Pictures]:
    """Name of a set -> uint8 [per_set, size, size, 3].

    photographs: crops of scikit-learn's two sample pictures (a temple, a flower), each a part that fills the input;
    digits: scikit-learn's handwritten digits, unless they are what the network knows; textures and noise: made here.
    """
    random = np.random.default_rng(_SEED)
    sets = {
        PHOTOGRAPHS: _photographs(size, per_set, random),
        "textures": np.stack([_texture(size, random) for _ in range(per_set)]),
        "noise": np.stack([_noise(size, random) for _ in range(per_set)]),
    }
    if data != "digits":
        sets["digits"] = np.stack([enlarge_digit(image, size) for image in load_digits().images[:per_set]])
    return sets


def _photographs(size: int, count: int, random: Generator) -> Pictures:
    pictures = [Image.fromarray(image) for image in load_sample_images().images]
    return random_crops(pictures, count, size, random, least=0.2)


def random_crops(pictures: list[Image.Image], count: int, size: int, random: Generator, *, least: float) -> Pictures:
    """uint8 [count, size, size, 3]: squares of the pictures in turn, at random places, their sides between the share
    `least` and all of a picture's shorter side."""
    return np.stack([random_square(pictures[index % len(pictures)], size, random, least) for index in range(count)])


def _texture(size: int, random: Generator) -> Pictures:
    """Two waves of random direction and length between two random colours, blocky or smooth."""
    rows, columns = np.indices((size, size)) / size
    waves = np.zeros((size, size))
    for _ in range(2):
        angle, frequency, phase = random.uniform(0, np.pi), random.uniform(1, 10), random.uniform(0, 2 * np.pi)
        waves += np.sin(2 * np.pi * frequency * (np.cos(angle) * rows + np.sin(angle) * columns) + phase)
    share = np.clip(waves / 4 + 0.5, 0, 1)
    if random.random() < 0.5:
        share = (share > 0.5).astype(float)
    first, second = random.integers(0, 256, (2, 3))
    return np.rint(first + (second - first) * share[:, :, None]).astype(np.uint8)


def _noise(size: int, random: Generator) -> Pictures:
    """White noise at a random coarseness: cells of 1 to 8 pixels."""
    cells = max(1, size // int(random.choice([1, 2, 4, 8])))
    picture = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
    smooth = random.random() < 0.5
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.NEAREST
    return np.asarray(picture.resize((size, size), method))
