"""Pictures that benchmarks/app.py opens, made on the spot."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

DISTINCT = 100
"""Files among the 100,000 that are files of their own; the others are further names of these."""


def photograph(path: Path, seed: int = 0) -> Path:
    """12 megapixels with the detail of a photograph: smooth noise at several sizes."""
    random = np.random.default_rng(seed)
    total = np.zeros((3024, 4032, 3), dtype=np.float32)
    for cells in (8, 32, 128, 512):
        small = random.integers(0, 256, (cells * 3 // 4, cells, 3), dtype=np.uint8)
        total += np.asarray(Image.fromarray(small).resize((4032, 3024), Image.Resampling.BICUBIC), dtype=np.float32) / 4
    Image.fromarray(total.astype(np.uint8)).save(path, quality=88)
    return path


def noise(folder: Path, count: int) -> Path:
    """PNG files of 32x32."""
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    for index, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"{index:05}.png")
    return folder


def hundred_thousand(folder: Path) -> Path:
    """1,000 names for each of DISTINCT files, all in one folder."""
    noise(folder, DISTINCT)
    for index in range(DISTINCT):
        first = folder / f"{index:05}.png"
        for number in range(1, 1000):
            os.link(first, folder / f"{index:05}-{number:03}.png")
    return folder
