"""What torch says of the gate's pictures, and how far from it the app may be: measured, not guessed.

Errors of torch fp32 and of the app are both taken against torch in fp64; the app may be at most FACTOR times as far
from it as torch itself, and so at most FACTOR + 1 times that far from torch.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from exporter.pictures import GatePictures
from exporter.reference import Outputs, Reference, with_temperature
from runtime_app.classifier import OUTPUTS
from trainer.checkpoint import Checkpoint

FACTOR = 4.0
EXACT_COUNT = 2000
SMALL_COUNT = 256
# Where torch happens to be exact, the rounding of the largest value is still allowed.
_FLOOR_ULPS = 4


@dataclass(frozen=True)
class Expectation:
    """What torch says of the gate's pictures.

    float32: for all pictures; exact: in fp64, at `exact_at`; rounding: per output, the largest error of torch fp32
    there; bias: [K], of the head, in logit units.
    """

    pictures: GatePictures
    classes: tuple[str, ...]
    temperature: float
    float32: Outputs
    exact: Outputs
    exact_at: np.ndarray
    rounding: dict[str, float]
    bias: np.ndarray

    @property
    def tolerance(self) -> dict[str, float]:
        """Per output, the largest difference from torch fp32 that is allowed."""
        return {name: round_up((FACTOR + 1) * error) for name, error in self.rounding.items()}

    def reduced(self) -> "Expectation":
        """The same tolerances with a few pictures of every part: enough to refuse by, never enough to accept by."""
        kept = self.pictures.spread(SMALL_COUNT)
        exact_kept = np.flatnonzero(np.isin(self.exact_at, kept))
        return replace(
            self,
            pictures=self.pictures.take(kept),
            float32=self.float32.take(kept),
            exact=self.exact.take(exact_kept),
            exact_at=np.flatnonzero(np.isin(kept, self.exact_at)),
        )


def expect(checkpoint: Checkpoint, pictures: GatePictures, float32: Outputs, temperature: float) -> Expectation:
    """Measure torch's own rounding. float32: torch's outputs for all pictures, at any temperature."""
    exact_at = pictures.spread(EXACT_COUNT)
    exact = Reference(checkpoint, torch.float64).run(pictures.images[exact_at], temperature)
    float32 = with_temperature(float32, temperature)
    rounding = {}
    for name in OUTPUTS:
        right = getattr(exact, name)
        floor = _FLOOR_ULPS * float(np.finfo(np.float32).eps) * float(np.abs(right).max())
        rounding[name] = round_up(max(largest(getattr(float32.take(exact_at), name), right)[0], floor))
    head = checkpoint.network.head
    bias = (head.bias.detach().double() * checkpoint.network.logit_scale).numpy()
    return Expectation(pictures, checkpoint.classes, temperature, float32, exact, exact_at, rounding, bias)


def per_picture(found: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Largest absolute difference of each row; infinite where either is not a number."""
    difference = np.abs(found.astype(np.float64) - right).reshape(len(found), -1).max(axis=1)
    return np.where(np.isfinite(difference), difference, np.inf)


def largest(found: np.ndarray, right: np.ndarray) -> tuple[float, int]:
    """(largest absolute difference, the row where it is)."""
    rows = per_picture(found, right)
    row = int(rows.argmax())
    return float(rows[row]), row


def round_up(value: float) -> float:
    """Two significant digits, upwards: enough to judge by, and no machine's last bits in the bundle."""
    if not np.isfinite(value) or value == 0:
        return value
    step = 10.0 ** (np.floor(np.log10(value)) - 1)
    return float(f"{np.ceil(value / step - 1e-9) * step:.2g}")
