"""Batched crop, flip, normalisation and cutout on the device. Crop and flip are one gather, so nothing is copied twice."""

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
    epochs in a row never show the same side twice); "none" for data where left and right differ. cutout: side in pixels of
    a square hidden behind the mean colour, 0 for none (arXiv 1708.04552; as in airbench it lies wholly inside).
    """

    shift: int = 4
    padding: Literal["zero", "reflect"] = "zero"
    flip: Literal["random", "alternating", "none"] = "random"
    cutout: int = 0


@dataclass(frozen=True)
class Variation:
    """What was drawn for N pictures. down, right: int64 [N], where the crop starts, in pixels; mirrored: bool [N]."""

    down: Tensor
    right: Tensor
    mirrored: Tensor

    def take(self, part: slice) -> "Variation":
        return Variation(self.down[part], self.right[part], self.mirrored[part])


def draw_variation(
    count: int, augmentation: Augmentation, generator: Generator, flip_now: Tensor | None = None
) -> Variation:
    """Draw for `count` pictures on the generator's device; all (2 * shift + 1) ** 2 translations are equally likely.

    flip_now: bool [count], which pictures to mirror; needed for "alternating" alone.
    """
    device = generator.device

    def draw(low: int, high: int) -> Tensor:
        return torch.randint(low, high, (count, 1), generator=generator, device=device)[:, 0]

    down = draw(-augmentation.shift, augmentation.shift + 1)
    right = draw(-augmentation.shift, augmentation.shift + 1)
    if augmentation.flip == "random":
        return Variation(down, right, draw(0, 2).bool())
    if augmentation.flip == "none" or flip_now is None:
        flip_now = torch.zeros(count, dtype=torch.bool, device=device)
    return Variation(down, right, flip_now)


def apply_variation(images: Tensor, variation: Variation, padding: Literal["zero", "reflect"]) -> Tensor:
    """uint8 [N, H, W, 3] -> uint8 [N, H, W, 3], every picture shifted and perhaps mirrored on its own."""
    count, height, width, _ = images.shape
    device = images.device
    rows = torch.arange(height, device=device) + variation.down[:, None]
    columns = torch.arange(width, device=device) + variation.right[:, None]
    columns = torch.where(variation.mirrored[:, None], columns.flip(1), columns)
    each = torch.arange(count, device=device)[:, None, None]
    shifted = images[each, _inside(rows, height)[:, :, None], _inside(columns, width)[:, None, :]]
    if padding == "zero":
        row_seen = (rows >= 0) & (rows < height)
        column_seen = (columns >= 0) & (columns < width)
        shifted = shifted * (row_seen[:, :, None] & column_seen[:, None, :])[..., None]
    return shifted


def normalise(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] -> float32 [N, 3, H, W] in channels_last memory: (x / 255 - mean) / std by channel.

    The channels come first before the arithmetic: torch does the same either way, but onnxruntime is four times slower
    where a constant of three numbers is the innermost dimension.
    """
    by_channel = images.permute(0, 3, 1, 2).float()
    return (by_channel - 255 * mean[:, None, None]) * (1 / (255 * std[:, None, None]))


def draw_corners(count: int, cutout: int, height: int, width: int, generator: Generator) -> Tensor:
    """Upper left corners of the hidden squares: int64 [count, 2], row and column, every place inside equally likely."""
    device = generator.device
    rows = torch.randint(0, height - cutout + 1, (count,), generator=generator, device=device)
    columns = torch.randint(0, width - cutout + 1, (count,), generator=generator, device=device)
    return torch.stack([rows, columns], 1)


def cut_out(normalised: Tensor, corners: Tensor, cutout: int) -> Tensor:
    """float32 [N, 3, H, W] -> the same with a square of every picture set to 0, the training pictures' mean colour."""
    _, _, height, width = normalised.shape
    down = torch.arange(height, device=normalised.device) - corners[:, :1]
    right = torch.arange(width, device=normalised.device) - corners[:, 1:]
    hidden = ((down >= 0) & (down < cutout))[:, :, None] & ((right >= 0) & (right < cutout))[:, None, :]
    return normalised.masked_fill(hidden[:, None], 0.0)


def _inside(positions: Tensor, length: int) -> Tensor:
    """Mirror positions beyond either edge back into 0 .. length - 1 (the edge itself is not repeated)."""
    positions = positions.abs()
    return torch.where(positions < length, positions, 2 * (length - 1) - positions)
