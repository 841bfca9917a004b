"""Which model of a bundle runs, and that it is the one the engine names."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime_app.bundle import open_bundle
from runtime_app.classifier import BESIDE, OUTPUTS, Classifier
from tests.runtime_app.samples import ROOT, TINY
from tests.runtime_app.test_bundle import edit, relist

LARGE = ROOT / "artifacts" / "bundles" / "cifarnet-cifar10"


def two_variants(folder: Path, full: Path, small: Path) -> Path:
    """A bundle whose fp32 and int8 entries are two real models with the same inputs and outputs and other costs."""
    bundle = Path(shutil.copytree(TINY, folder / "two"))
    shutil.copy(full / "model.onnx", bundle / "model.onnx")
    shutil.copy(small / "model.onnx", bundle / "model.int8.onnx")

    def add(content: dict[str, Any]) -> None:
        content["variants"].append({**content["variants"][0], "file": "model.int8.onnx", "precision": "int8"})
        content["files"].append({"path": "model.int8.onnx", "sha256": "", "bytes": 0})

    edit(bundle, add)
    for name in ("model.onnx", "model.int8.onnx"):
        relist(bundle, name)
    return bundle


@pytest.mark.parametrize(
    ("full", "small", "chosen"), [(LARGE, TINY, "int8"), (TINY, LARGE, "fp32"), (TINY, TINY, "fp32")]
)
def test_auto_takes_the_small_variant_only_where_it_is_clearly_faster(
    tmp_path: Path, full: Path, small: Path, chosen: str
) -> None:
    bundle = open_bundle(two_variants(tmp_path, full, small))
    automatic, named = Classifier(bundle, "cpu"), Classifier(bundle, "cpu", chosen)
    assert automatic.engine.precision == automatic.variant.precision == chosen
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(automatic.predict(pictures).logits, named.predict(pictures).logits)


def test_batches_side_by_side_give_the_same_also_when_the_bundle_is_gone(tiny_bundle: Path) -> None:
    classifier = Classifier(open_bundle(tiny_bundle), "cpu", threads=4)
    classifier.open_for_batches()
    shutil.rmtree(tiny_bundle)
    pictures = np.random.default_rng(0).integers(0, 256, (128, 32, 32, 3), dtype=np.uint8)
    alone = classifier.predict(pictures)
    with ThreadPoolExecutor(BESIDE) as pool:
        halves = list(pool.map(classifier.predict_beside, (pictures[:64], pictures[64:])))
    for name in OUTPUTS:
        beside = np.concatenate([getattr(half, name) for half in halves])
        np.testing.assert_allclose(beside, getattr(alone, name), rtol=0, atol=classifier.variant.tolerance[name])
