"""Evidence maps as colours: where in the picture a class found its evidence. Pure arithmetic.

Evidence is in logit units: the mean of a class's map plus the bias of the head is its logit (class activation maps,
Zhou et al. 2016, arXiv 1512.04150). All classes of a picture share one scale, so that weak evidence looks weak.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime_app.colours import DIVERGING

_SMOOTH_SIDE = 128  # pixels of the overlay's texture; maps have a few cells a side, so more would show nothing more


def scale_limit(evidence: NDArray[np.float32]) -> float:
    """evidence: float32 [K, h, w] of one picture -> the end of its colour scale in logit units.

    The largest magnitude over all classes and cells, rounded up to one or two figures; the scale is -limit to +limit.
    """
    largest = float(np.abs(evidence[np.isfinite(evidence)]).max(initial=0.0))
    if largest <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(largest))
    return next(step * factor for factor in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if largest <= step * factor * (1 + 1e-9))


def overlay(cells: NDArray[np.float32], limit: float, *, grid: bool) -> NDArray[np.uint8]:
    """cells: float32 [h, w] of one class -> RGBA uint8 [side, side, 4].

    Colour: the diverging map, centred on 0. Alpha grows with the magnitude, so that no evidence covers nothing.
    grid: the true cells with hard edges; otherwise interpolated between the centres of the cells (bicubic).
    """
    position = np.clip(cells.astype(np.float32) / limit, -1.0, 1.0)
    if grid:
        rows, columns = position.shape
        position = np.repeat(
            np.repeat(position, math.ceil(_SMOOTH_SIDE / rows), 0), math.ceil(_SMOOTH_SIDE / columns), 1
        )
    else:
        smooth = Image.fromarray(position).resize((_SMOOTH_SIDE, _SMOOTH_SIDE), Image.Resampling.BICUBIC)
        position = np.clip(np.asarray(smooth), -1.0, 1.0)
    return colour(position)


def colour(position: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.uint8]:
    """position: -1 (against the class) to 1 (for it), any shape -> RGBA uint8 [..., 4]; the overlay and its colour bar."""
    rgba = np.empty((*position.shape, 4), dtype=np.uint8)
    rgba[..., :3] = DIVERGING((position + 1) / 2)
    rgba[..., 3] = np.rint(np.sqrt(np.abs(position)) * 255)
    return rgba
