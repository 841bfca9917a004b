"""Bundles ready to be published, in a moment: the network of one export, without its gate."""

import msgspec

from exporter.describe import describe, variant
from exporter.publish import entries
from runtime_app.manifest import encode

from .conftest import Export


def bundle_of(export: Export, card: str = "card") -> tuple[dict[str, bytes], bytes]:
    """(path inside the bundle -> bytes, the bytes of bundle.json); another card makes it another bundle."""
    contents = {"model.onnx": export.model, "MODEL_CARD.md": card.encode(), "report/parity.json": b"{}"}
    tolerance = {"probabilities": 1e-5, "logits": 1e-4, "evidence": 1e-4}
    variants = (variant("fp32", export.model, tolerance, 0.9),)
    manifest = describe("tiny", export.source, export.splits, export.evaluation, variants)
    return contents, encode(msgspec.structs.replace(manifest, files=entries(contents)))
