"""Batched crop, flip and normalisation on the device. Everything is one gather, so nothing is copied twice."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class Augmentation:
    """How a training picture is varied.

    shift: largest translation in pixels, each way; padding: what comes in from outside, black ("zero", as in the
    classic padded random crop) or the mirrored picture; flip: "random" mirrors by a coin flip each time, "alternating"
    mirrors every second epoch, each picture starting on a random side (airbench, arXiv 2404.00498, section 3.6: two
    epochs in a row never show the same side twice); "none" for data where left and right differ.
    """

    shift: int = 4
    padding: Literal["zero", "reflect"] = "zero"
    flip: Literal["random", "alternating", "none"] = "random"


def augment(
    images: Tensor, augmentation: Augmentation, generator: Generator, flip_now: Tensor | None = None
) -> Tensor:
    """uint8 [N, H, W, 3] -> uint8 [N, H, W, 3], every picture shifted and perhaps mirrored on its own.

    flip_now: bool [N], which pictures to mirror; needed for "alternating" alone. The generator lives on the images'
    device. Shifts are uniform over the (2 * shift + 1) ** 2 whole-pixel translations.
    """
    count, height, width, _ = images.shape
    device = images.device

    def draw(low: int, high: int) -> Tensor:
        return torch.randint(low, high, (count, 1), generator=generator, device=device)

    rows = torch.arange(height, device=device) + draw(-augmentation.shift, augmentation.shift + 1)
    columns = torch.arange(width, device=device) + draw(-augmentation.shift, augmentation.shift + 1)
    if augmentation.flip == "random":
        flip_now = draw(0, 2)[:, 0].bool()
    if augmentation.flip != "none" and flip_now is not None:
        columns = torch.where(flip_now[:, None], columns.flip(1), columns)
    each = torch.arange(count, device=device)[:, None, None]
    shifted = images[each, _inside(rows, height)[:, :, None], _inside(columns, width)[:, None, :]]
    if augmentation.padding == "zero":
        row_seen = (rows >= 0) & (rows < height)
        column_seen = (columns >= 0) & (columns < width)
        shifted = shifted * (row_seen[:, :, None] & column_seen[:, None, :])[..., None]
    return shifted


def normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] -> float32 [N, 3, H, W] in channels_last memory: (x / 255 - mean) / std, one value a channel."""
    scaled = (images.float() - 255 * mean) * (1 / (255 * std))
    return scaled.permute(0, 3, 1, 2)


def _inside(positions: Tensor, length: int) -> Tensor:
    """Mirror positions beyond either edge back into 0 .. length - 1 (the edge itself is not repeated)."""
    positions = positions.abs()
    return torch.where(positions < length, positions, 2 * (length - 1) - positions)
