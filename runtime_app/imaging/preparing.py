"""An RGB picture -> the network's input."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime_app.imaging.decoding import MAX_PIXELS

Resize = Literal["crop", "letterbox", "stretch"]
RESIZES: tuple[Resize, ...] = ("crop", "letterbox", "stretch")
_LETTERBOX_GREY = (128, 128, 128)


@dataclass(frozen=True)
class Region:
    """A rectangle of the upright picture in pixels; it may reach beyond the edges (letterbox)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Prepared:
    """What the network receives. image: uint8 [H, W, 3], RGB; region: the part of the picture that `image` shows."""

    image: NDArray[np.uint8]
    region: Region


def prepare(
    picture: Image.Image, size: tuple[int, int], resize: Resize = "crop", region: Region | None = None
) -> Prepared:
    """Bring an RGB picture to the network's input size (height, width), antialiased.

    crop: the largest centred rectangle of the network's aspect ratio (a square for 32x32); letterbox: the whole
    picture with grey bars; stretch: the whole picture, distorted. `region`, inside the picture, overrides the rule.
    """
    height, width = size
    if region is not None:
        source = region
    elif resize == "crop":
        source = _centred(picture.size, width / height, inside=True)
    elif resize == "letterbox":
        source = _centred(picture.size, width / height, inside=False)
        return Prepared(_letterboxed(picture, source, width, height), source)
    else:
        source = Region(0, 0, picture.width, picture.height)
    return Prepared(_resample(picture, source, width, height), source)


def _centred(size: tuple[int, int], aspect: float, *, inside: bool) -> Region:
    """The centred rectangle of that aspect ratio (width / height) which just fits inside or just encloses the picture."""
    fit = min if inside else max
    width = fit(size[0], size[1] * aspect)
    height = width / aspect
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return Region(left, top, left + width, top + height)


def _letterboxed(picture: Image.Image, region: Region, width: int, height: int) -> NDArray[np.uint8]:
    """The picture on grey, with `region` filling the output."""
    left, top = int(np.ceil(max(0.0, -region.left))), int(np.ceil(max(0.0, -region.top)))
    size = (picture.width + 2 * left, picture.height + 2 * top)
    if size[0] * size[1] > MAX_PIXELS:
        return _letterboxed_small(picture, width, height)
    canvas = Image.new("RGB", size, _LETTERBOX_GREY)
    canvas.paste(picture, (left, top))
    inside = Region(region.left + left, region.top + top, region.right + left, region.bottom + top)
    return _resample(canvas, inside, width, height)


def _letterboxed_small(picture: Image.Image, width: int, height: int) -> NDArray[np.uint8]:
    """For pictures whose surround would not fit into memory (a long panorama): reduced first, then set on grey, with its
    edges on whole pixels."""
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", (width, height), _LETTERBOX_GREY)
    reduced = picture.resize(size, Image.Resampling.BICUBIC)
    canvas.paste(reduced, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(canvas, dtype=np.uint8)


def _resample(picture: Image.Image, region: Region, width: int, height: int) -> NDArray[np.uint8]:
    box = (region.left, region.top, region.right, region.bottom)
    if picture.size == (width, height) and box == (0, 0, width, height):
        return np.asarray(picture, dtype=np.uint8)
    resized = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized, dtype=np.uint8)
