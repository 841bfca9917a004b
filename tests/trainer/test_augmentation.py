import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.augment import Augmentation, Variation, apply_variation, cut_out, draw_corners, draw_variation, normalise


def pictures(count: int = 4, side: int = 8) -> torch.Tensor:
    return torch.randint(1, 256, (count, side, side, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def crop_by_hand(picture: np.ndarray, down: int, right: int, mirrored: bool, mode: str) -> np.ndarray:
    """The textbook way: pad, cut a window, then mirror it."""
    height, width, _ = picture.shape
    padded = np.pad(picture, ((8, 8), (8, 8), (0, 0)), mode="reflect" if mode == "reflect" else "constant")
    window = padded[8 + down : 8 + down + height, 8 + right : 8 + right + width]
    return window[:, ::-1] if mirrored else window


@given(
    down=st.integers(-4, 4),
    right=st.integers(-4, 4),
    mirrored=st.booleans(),
    padding=st.sampled_from(["zero", "reflect"]),
)
@settings(max_examples=60, deadline=None)
def test_augmented_picture_is_the_padded_crop_of_its_own_picture(down, right, mirrored, padding):
    images = pictures(3, 10)
    variation = Variation(
        torch.tensor([0, down, 0]), torch.tensor([0, right, 0]), torch.tensor([False, mirrored, False])
    )
    varied = apply_variation(images, variation, padding)
    assert varied.dtype == torch.uint8
    expected = crop_by_hand(images[1].numpy(), down, right, mirrored, padding)
    np.testing.assert_array_equal(varied[1].numpy(), expected)
    assert torch.equal(varied[0], images[0])
    assert torch.equal(varied[2], images[2])


def test_the_stored_pictures_are_never_changed():
    images = pictures()
    before = images.clone()
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        apply_variation(images, draw_variation(4, Augmentation(), generator), "zero")
    assert torch.equal(images, before)


@pytest.mark.parametrize("shift", [0, 3, 4])
def test_all_shifts_within_the_range_are_drawn_and_none_beyond(shift):
    variation = draw_variation(4000, Augmentation(shift=shift), torch.Generator().manual_seed(0))
    for drawn in (variation.down, variation.right):
        assert sorted(drawn.unique().tolist()) == list(range(-shift, shift + 1))


def test_random_flip_mirrors_half_and_none_mirrors_nothing():
    generator = torch.Generator().manual_seed(0)
    assert 0.45 < draw_variation(4000, Augmentation(flip="random"), generator).mirrored.float().mean() < 0.55
    assert not draw_variation(4000, Augmentation(flip="none"), generator).mirrored.any()


def test_normalise_equals_the_formula():
    images = pictures()
    mean, std = torch.tensor([0.4914, 0.4822, 0.4465]), torch.tensor([0.2470, 0.2435, 0.2616])
    expected = (images.double().permute(0, 3, 1, 2) / 255 - mean[:, None, None]) / std[:, None, None]
    normalised = normalise(images, mean, std)
    assert normalised.dtype == torch.float32
    assert normalised.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(normalised.double(), expected, rtol=0, atol=1e-5)


def test_cutout_hides_one_square_of_each_picture_anywhere_inside_and_nothing_else():
    normalised = torch.rand(4000, 3, 8, 10) + 1
    before = normalised.clone()
    corners = draw_corners(4000, 3, 8, 10, torch.Generator().manual_seed(0))
    hidden = cut_out(normalised, corners, 3)
    assert torch.equal(normalised, before)
    assert sorted(corners[:, 0].unique().tolist()) == list(range(6))
    assert sorted(corners[:, 1].unique().tolist()) == list(range(8))
    for picture, shown, (row, column) in zip(hidden[:50], before, corners.tolist(), strict=False):
        expected = shown.clone()
        expected[:, row : row + 3, column : column + 3] = 0
        assert torch.equal(picture, expected)
    assert ((hidden == 0).sum((1, 2, 3)) == 3 * 3 * 3).all()
