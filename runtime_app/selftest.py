"""Repeat the parity check on this machine: golden inputs through the real session, compared with torch's fp64 outputs."""

import io
from dataclasses import dataclass

import numpy as np

from runtime_app.bundle import BundleError
from runtime_app.classifier import OUTPUTS, Classifier

GOLDEN = "golden.npz"


@dataclass(frozen=True)
class Check:
    """One output on one engine. difference: largest absolute one over all golden inputs; allowed: the bundle's tolerance."""

    output: str
    difference: float
    allowed: float

    @property
    def passed(self) -> bool:
        return self.difference <= self.allowed  # false for NaN, as it should be


def run_golden(classifier: Classifier) -> list[Check]:
    """Raises BundleError when the bundle carries no golden vectors that fit."""
    bundle = classifier.bundle
    try:
        with np.load(io.BytesIO(bundle.read(GOLDEN)), allow_pickle=False) as golden:
            images = golden["image"]
            expected = {name: golden[name] for name in OUTPUTS}
    except (KeyError, ValueError, OSError) as error:
        raise BundleError(bundle.path, f"{GOLDEN} does not hold the golden vectors ({error})") from error
    prediction = classifier.predict(images)
    tolerance = classifier.variant.tolerance
    return [
        Check(name, float(np.abs(getattr(prediction, name) - expected[name]).max()), tolerance[name])
        for name in OUTPUTS
    ]
