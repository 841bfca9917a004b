"""The negative control: a gate that never refuses would look just like a model that is always right."""

import msgspec
import numpy as np
import onnx
from onnx import numpy_helper

from exporter.describe import variant
from exporter.draft import Draft, draft_of
from exporter.errors import BlindGateError
from exporter.expectation import Expectation
from exporter.parity import GateReport, check

_CHANGE = 1.1


def require_refusal(draft: Draft, expected: Expectation) -> GateReport:
    """Let the gate judge a copy in which one weight is 10% larger. Raises BlindGateError when it accepts that copy, or
    refuses it for anything but other numbers."""
    file = draft.manifest.variants[0].file
    model, name = perturb_one_weight(draft.models[file])
    variants = (variant("fp32", model, {}, 0.0),)
    copy = draft_of(msgspec.structs.replace(draft.manifest, variants=variants), {file: model})
    report = check(copy, expected.reduced())
    if not any(refusal.difference is not None for refusal in report.refusals):
        raise BlindGateError(name, report.refusals[0].sentence if report.refusals else None)
    return report


def perturb_one_weight(model: bytes) -> tuple[bytes, str]:
    """(the model with the largest weight of its first convolution made 10% larger, the name of that weight)."""
    content = onnx.load_model_from_string(model)
    first = next(node for node in content.graph.node if node.op_type == "Conv")
    weights = next(entry for entry in content.graph.initializer if entry.name == first.input[1])
    values = numpy_helper.to_array(weights).copy()
    place = np.unravel_index(np.abs(values).argmax(), values.shape)
    values[place] *= _CHANGE
    weights.CopyFrom(numpy_helper.from_array(values, weights.name))
    return content.SerializeToString(deterministic=True), f"{weights.name}{[int(i) for i in place]}"
