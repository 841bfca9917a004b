"""What the gate shows to both networks: everything that was held out, files as cameras and tools write them, edge cases."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from exporter import pictures
from exporter.pictures import edge_cases, gather, written_by_tools
from trainer.data import Splits

ORIENTATION = 0x0112


def test_all_held_out_pictures_are_in_and_enough_others(splits: Splits) -> None:
    found = gather(splits)
    parts = dict(found.parts)
    assert (parts["validation"], parts["test"]) == (len(splits.validation), len(splits.test)) == (144, 360)
    assert parts["generated"] >= 500 and len(found) >= 2000
    for part in ("validation", "test"):
        np.testing.assert_array_equal(found.images[found.positions(part)], getattr(splits, part).images)


def test_generated_pictures_are_files_of_other_sizes_and_modes(splits: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: Counter[str] = Counter()
    sizes, turns = set(), set()
    decode = pictures.open_picture

    def seen(file: bytes) -> Image.Image:
        with Image.open(io.BytesIO(file)) as image:
            turned = image.getexif().get(ORIENTATION, 1)
            kinds[f"{image.format} {image.mode}{' turned' if turned > 1 else ''}"] += 1
            sizes.add(image.size)
            turns.add(turned)
        return decode(file)

    monkeypatch.setattr(pictures, "open_picture", seen)
    made = written_by_tools(splits.test.images, 500)
    assert made.shape == (500, *splits.test.images.shape[1:])
    assert kinds == dict.fromkeys(("JPEG RGB", "JPEG RGB turned", "PNG L", "PNG RGBA", "PNG I;16"), 100)
    assert turns == set(range(1, 9)) and len(sizes) > 50


def test_edge_cases_are_flat_checkered_and_noisy() -> None:
    made = edge_cases(16, 16)
    assert (made == 0).all((1, 2, 3)).any() and (made == 255).all((1, 2, 3)).any()
    for cell in (1, 2, 4):
        board = np.kron(np.indices((16 // cell, 16 // cell)).sum(0) % 2, np.ones((cell, cell))) * 255
        assert (made == board[:, :, None]).all((1, 2, 3)).any()
    assert sum(len(np.unique(picture)) > 200 for picture in made) == 4, "noise"
