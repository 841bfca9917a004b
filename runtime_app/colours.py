"""Colour as arithmetic: maps from numbers to RGB, and the ink that stays readable on them. Knows no GUI."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)  # together they reach a contrast of 4.5 on every colour

# Maps are sampled at even steps and interpolated; 17 steps stay within 11/255 from the originals.
# viridis: Smith and van der Walt, matplotlib, CC0. cividis: Nunez et al. 2018 (doi 10.1371/journal.pone.0199239), CC0.
_VIRIDIS = (
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c "
    "1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725"
)
_CIVIDIS = (
    "00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78 "
    "8c8878 9b9476 aba072 bcae6c cdbb63 dec958 f0d846 fee838"
)
# Blue against, orange to red for: two hues that colour-blind people tell apart, of matching lightness on both sides, with
# a neutral middle. Strong early, because evidence is laid over pictures with an opacity that falls towards 0.
_BLUE_RED = "123fb8 1f55d6 3a70ea 6a97f4 a3bff7 dfe2e8 f9c09a f79a5e ee7130 dc4a17 b82808"

_FINE_STEPS = 1280  # a multiple of the steps of every map, so that its own colours are met exactly


@dataclass(frozen=True)
class ColourMap:
    """table: float64 [n, 3], sRGB 0..255 at n even steps from 0 to 1."""

    name: str
    table: NDArray[np.float64]

    def __call__(self, position: NDArray | float) -> NDArray[np.uint8]:
        """position: any shape, clipped to 0..1, not a number counts as 0 -> uint8 [..., 3]."""
        at = np.nan_to_num(np.clip(position, 0.0, 1.0)) * _FINE_STEPS
        return self._fine[np.rint(at).astype(np.intp)]

    @cached_property
    def _fine(self) -> NDArray[np.uint8]:
        """uint8 [n, 3], interpolated: looked up, an evidence map takes a third of the time, and it is made within a frame."""
        at, steps = np.linspace(0.0, 1.0, _FINE_STEPS + 1), np.linspace(0.0, 1.0, len(self.table))
        channels = [np.interp(at, steps, self.table[:, channel]) for channel in range(3)]
        return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)

    def rgb(self, position: float) -> Rgb:
        red, green, blue = self(position)
        return int(red), int(green), int(blue)


def _colour_map(name: str, anchors: str) -> ColourMap:
    return ColourMap(name, np.array([list(bytes.fromhex(anchor)) for anchor in anchors.split()], dtype=np.float64))


VIRIDIS = _colour_map("viridis", _VIRIDIS)
CIVIDIS = _colour_map("cividis", _CIVIDIS)
DIVERGING = _colour_map("blue-red", _BLUE_RED)
SEQUENTIAL = {colour_map.name: colour_map for colour_map in (VIRIDIS, CIVIDIS)}

_LOG_FLOOR = 1e-4


@dataclass(frozen=True)
class Scale:
    """From probabilities to colours, always from the same smallest to the same largest. log: from 0.0001 to 1 instead of
    from 0 to 1, so that small probabilities can be told apart."""

    colours: ColourMap = VIRIDIS
    log: bool = False

    def __call__(self, probabilities: NDArray) -> NDArray[np.uint8]:
        """float [...], 0..1 -> uint8 [..., 3]."""
        return self.colours(self.position(probabilities))

    def position(self, probabilities: NDArray) -> NDArray:
        """float [...], 0..1 -> positions 0..1 on the colour map."""
        if not self.log:
            return probabilities
        return 1 - np.log10(np.maximum(probabilities, _LOG_FLOOR)) / math.log10(_LOG_FLOOR)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """(position, the probability that lies there)"""
        if not self.log:
            return tuple((share, f"{share:.2f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0))
        values = (_LOG_FLOOR, 1e-3, 1e-2, 0.1, 1.0)
        return tuple((1 - math.log10(value) / math.log10(_LOG_FLOOR), f"{value:g}") for value in values)


LINEAR = Scale()


def luminance(colour: Rgb) -> float:
    """Relative luminance, 0 (black) to 1 (white): WCAG 2.2, section "relative luminance"."""
    channels = np.array(colour[:3], dtype=np.float64) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2); body text needs 4.5."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=4096)  # a heatmap asks for hundreds of cells in a frame
def ink_on(background: Rgb) -> Rgb:
    """Black or white, whichever reads better on this background."""
    return BLACK if contrast(BLACK, background) >= contrast(WHITE, background) else WHITE
