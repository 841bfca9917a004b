"""Repeat the parity check on this machine: golden inputs through the real session, compared with the bundle's outputs."""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runtime_app.bundle import BundleError, check_members
from runtime_app.classifier import OUTPUTS, Classifier
from runtime_app.manifest import Manifest, Precision

GOLDEN = "golden.npz"
MAX_PICTURES = 200  # the exporter writes 18; all go through the network at once


@dataclass(frozen=True)
class Check:
    """One output on one engine. difference: largest absolute one over all golden inputs; allowed: the bundle's tolerance."""

    output: str
    difference: float
    allowed: float

    @property
    def passed(self) -> bool:
        return self.difference <= self.allowed  # false for NaN, as it should be


def golden_name(output: str, precision: Precision) -> str:
    """What an output's golden array is called: those of fp32, from torch, serve every variant that has none of its own."""
    return output if precision == "fp32" else f"{precision}_{output}"


def run_golden(classifier: Classifier) -> list[Check]:
    """Raises BundleError when the bundle carries no golden vectors that fit."""
    bundle = classifier.bundle
    content = bundle.read(GOLDEN)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_members(bundle.path, archive.infolist())
        with np.load(io.BytesIO(content), allow_pickle=False) as golden:
            images = golden["image"]
            own = golden_name(OUTPUTS[0], classifier.variant.precision) in golden
            precision = classifier.variant.precision if own else "fp32"
            expected = {name: golden[golden_name(name, precision)] for name in OUTPUTS}
        _refuse_other_shapes(bundle.manifest, images, expected)
    except BundleError:
        raise
    except Exception as error:  # zipfile and numpy raise nearly anything on damaged archives
        raise BundleError(bundle.path, f"{GOLDEN} does not hold the golden vectors ({error})") from error
    prediction = classifier.predict(images)
    tolerance = classifier.variant.tolerance
    return [
        Check(name, float(np.abs(getattr(prediction, name) - expected[name]).max()), tolerance[name])
        for name in OUTPUTS
    ]


def _refuse_other_shapes(manifest: Manifest, images: NDArray, expected: dict[str, NDArray]) -> None:
    """Raises ValueError: a check of nothing, or one that numpy stretches to fit, would pass."""
    height, width = manifest.input.height, manifest.input.width
    right = images.dtype == np.uint8 and images.ndim == 4 and images.shape[1:] == (height, width, 3)
    if not right or not 0 < len(images) <= MAX_PICTURES:
        raise ValueError(f"its inputs are {images.dtype} {list(images.shape)}")
    for name, values in expected.items():
        fits = values.shape[:2] == (len(images), len(manifest.classes)) and values.ndim == (
            4 if name == "evidence" else 2
        )
        if not fits or values.dtype.kind != "f":
            raise ValueError(f"its {name} are {values.dtype} {list(values.shape)}")
