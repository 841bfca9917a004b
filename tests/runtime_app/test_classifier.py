"""Which model of a bundle runs, and that it is the one the engine names."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runtime_app import classifier
from runtime_app.bundle import BundleError, open_bundle
from runtime_app.classifier import BESIDE, OUTPUTS, Classifier, Engine
from runtime_app.manifest import Variant
from runtime_app.providers import CPU, CUDA
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


@pytest.mark.parametrize(("provider", "chosen"), [(CPU, "int8"), (CUDA, "fp16")])
def test_auto_tries_the_variant_that_is_made_for_the_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: str, chosen: str
) -> None:
    """No machine of the tests has CUDA: a session of the CPU stands for one there."""
    bundle = two_variants(tmp_path, LARGE, TINY)
    shutil.copy(TINY / "model.onnx", bundle / "model.fp16.onnx")

    def add(content: dict[str, Any]) -> None:
        content["variants"].append({**content["variants"][1], "file": "model.fp16.onnx", "precision": "fp16"})
        content["files"].append({"path": "model.fp16.onnx", "sha256": "", "bytes": 0})

    edit(bundle, add)
    relist(bundle, "model.fp16.onnx")
    on_cpu = classifier._open_session

    def opened(model: bytes, device: str, variant: Variant, threads: int) -> tuple[Any, Engine]:
        session, engine = on_cpu(model, "cpu", variant, threads)
        return session, replace(engine, provider=provider)

    monkeypatch.setattr(classifier, "_open_session", opened)
    automatic = Classifier(open_bundle(bundle))
    assert automatic.engine.precision == automatic.variant.precision == chosen


def test_batches_side_by_side_give_the_same_also_when_the_bundle_is_gone(tiny_bundle: Path) -> None:
    four = Classifier(open_bundle(tiny_bundle), "cpu", threads=4)
    four.open_for_batches()
    shutil.rmtree(tiny_bundle)
    pictures = np.random.default_rng(0).integers(0, 256, (128, 32, 32, 3), dtype=np.uint8)
    alone = four.predict(pictures)
    with ThreadPoolExecutor(BESIDE) as pool:
        halves = list(pool.map(four.predict_beside, (pictures[:64], pictures[64:])))
    for name in OUTPUTS:
        beside = np.concatenate([getattr(half, name) for half in halves])
        np.testing.assert_allclose(beside, getattr(alone, name), rtol=0, atol=four.variant.tolerance[name])


def _field(number: int, content: bytes) -> bytes:
    """One field of a protobuf message, at most 127 bytes of it."""
    return bytes([number << 3 | 2, len(content)]) + content


def _changed(model: bytes, operator: bytes, *constants: np.ndarray) -> bytes:
    """The same network with an operator more behind its probabilities, which takes these constants too."""
    inner = b"probabilitie_"
    names = [b"constant%d" % number for number in range(len(constants))]
    node = b"".join(_field(1, name) for name in (inner, *names)) + _field(2, b"probabilities") + _field(4, operator)
    graph = _field(1, node)
    for name, values in zip(names, constants, strict=True):
        kind = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}[values.dtype]
        tensor = b"".join(b"\x08" + bytes([side]) for side in values.shape) + b"\x10" + bytes([kind])
        graph += _field(5, tensor + _field(8, name) + _field(9, values.tobytes()))
    return (
        model.replace(_field(2, b"probabilities"), _field(2, inner))
        + b"\x3a"
        + bytes([len(graph) | 128, len(graph) >> 7])
        + graph
    )


_FIRST, _SECOND = np.zeros(1, np.int64), np.ones(1, np.int64)


@pytest.mark.parametrize(
    ("operator", "constants", "words"),
    [
        pytest.param(b"Mul", [np.array([np.nan], np.float32)], "no probabilities", id="no numbers"),
        pytest.param(b"Mul", [np.array([-1], np.float32)], "no probabilities", id="negative"),
        pytest.param(b"Mul", [np.array([2], np.float32)], "no probabilities", id="two in all"),
        pytest.param(b"Slice", [_FIRST, _SECOND, _FIRST], "does not give one number per class", id="first row alone"),
    ],
)
def test_a_model_that_answers_with_no_probabilities_is_refused(tiny_bundle, operator, constants, words) -> None:
    """Its answer to a picture would be a class that nothing speaks for."""
    model = tiny_bundle / "model.onnx"
    model.write_bytes(_changed(model.read_bytes(), operator, *constants))
    relist(tiny_bundle, "model.onnx")
    with pytest.raises(BundleError, match=words):
        Classifier(open_bundle(tiny_bundle), "cpu").predict(np.zeros((2, 32, 32, 3), dtype=np.uint8))


def test_a_model_that_is_changed_for_these_tests_still_runs(tiny_bundle: Path) -> None:
    model = tiny_bundle / "model.onnx"
    model.write_bytes(_changed(model.read_bytes(), b"Mul", np.array([1], np.float32)))
    relist(tiny_bundle, "model.onnx")
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    right = Classifier(open_bundle(TINY), "cpu").predict(pictures)
    found = Classifier(open_bundle(tiny_bundle), "cpu").predict(pictures)
    np.testing.assert_allclose(found.probabilities, right.probabilities, rtol=0, atol=1e-6)
