"""golden.npz: generated pictures and what is right for them, so that any machine can repeat the comparison.

Arrays: image uint8 [n, H, W, 3]; probabilities, logits float64 [n, K]; evidence float64 [n, K, h, w], from torch in fp64.
An int8 model is another function, far from torch's on noise. What is right for it is what its operators give one by one,
unfused, in floating point: int8_probabilities, int8_logits, int8_evidence, float32.
"""

import io

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from exporter.reference import Outputs
from runtime_app.classifier import OUTPUTS
from runtime_app.selftest import golden_name

_SEED = 11
_EACH = 6


def golden_pictures(size: int) -> NDArray[np.uint8]:
    """uint8 [18, size, size, 3]: seeded noise, gradients between two colours, and soft blobs; no picture of any data."""
    random = np.random.default_rng(_SEED)
    rows, columns = np.indices((size, size)) / max(size - 1, 1)
    noise = list(random.integers(0, 256, (_EACH, size, size, 3), dtype=np.uint8))
    gradients = []
    for _ in range(_EACH):
        angle = random.uniform(0, 2 * np.pi)
        along = np.clip(0.5 + np.cos(angle) * (rows - 0.5) + np.sin(angle) * (columns - 0.5), 0, 1)
        first, second = random.integers(0, 256, (2, 3))
        gradients.append(np.rint(first + (second - first) * along[:, :, None]).astype(np.uint8))
    blobs = []
    for _ in range(_EACH):
        picture = np.tile(random.uniform(0, 255, 3), (size, size, 1))
        for _ in range(3):
            row, column, radius = random.uniform(0, 1, 3)
            weight = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (0.05 + 0.1 * radius))[:, :, None]
            picture = picture * (1 - weight) + random.uniform(0, 255, 3) * weight
        blobs.append(np.rint(picture).astype(np.uint8))
    return np.stack([*noise, *gradients, *blobs])


def unfused(model: bytes, images: NDArray[np.uint8]) -> Outputs:
    """What an ONNX model's operators give one by one, without anything that the runtime would make of them."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return Outputs(*session.run(list(OUTPUTS), {"image": images}))


def encode_golden(images: NDArray[np.uint8], outputs: Outputs, int8: Outputs | None = None) -> bytes:
    """images: uint8 [n, H, W, 3]; outputs: of torch in fp64; int8: of that model, unfused. The same arrays give the same
    bytes."""
    arrays = {name: getattr(outputs, name).astype(np.float64) for name in OUTPUTS}
    if int8 is not None:
        arrays |= {golden_name(name, "int8"): getattr(int8, name) for name in OUTPUTS}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, image=images, **arrays)
    return file.getvalue()
