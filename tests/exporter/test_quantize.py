"""Conversion to int8 and fp16: what the smaller models are made of."""

import numpy as np
import onnx
import pytest

from exporter.quantize import calibration_pictures, to_fp16, to_int8
from runtime_app.model_file import find_objection
from trainer.data import Pictures

from .conftest import Export
from .samples import DEPTHS


def test_int8_is_the_same_bytes_every_time_and_opens_in_the_app(export: Export, int8: bytes) -> None:
    assert to_int8(export.model, calibration_pictures(export.splits.train)) == int8
    assert find_objection(int8) is None
    model = onnx.load_model_from_string(int8)
    assert {entry.key for entry in model.metadata_props} == {"classes", "source"}
    weights = {entry.name: entry.data_type for entry in model.graph.initializer}
    assert onnx.TensorProto.INT8 in weights.values()


@pytest.mark.parametrize("count", [14, 64, 65, 91, 324, 700])
def test_int8_is_made_of_any_number_of_training_pictures(export: Export, count: int) -> None:
    """onnxruntime's histograms take no batch of another length than the first."""
    images = np.resize(export.splits.train.images, (count, *export.splits.train.shape[1:]))
    chosen = calibration_pictures(Pictures(images, np.zeros(count, dtype=np.int64)))
    assert len(chosen) == {14: 14, 64: 64, 65: 64, 91: 64, 324: 320, 700: 512}[count]
    np.testing.assert_array_equal(chosen[[0, -1]], images[[0, -1]])
    onnx.checker.check_model(onnx.load_model_from_string(to_int8(export.model, chosen)))


def test_int8_is_quantised_as_it_is_said(int8: bytes) -> None:
    """Weights in 7 bits, for CPUs that would overflow, with a step for each channel; the head in fp32."""
    graph = onnx.load_model_from_string(int8).graph
    arrays = {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}
    filters = [
        node
        for node in graph.node
        if node.op_type == "DequantizeLinear" and getattr(arrays.get(node.input[0]), "ndim", 0) == 4
    ]
    assert len(filters) == 1 + sum(DEPTHS)
    for node in filters:
        weights, steps = (arrays[name] for name in node.input[:2])
        assert weights.dtype == np.int8 and np.abs(weights.astype(int)).max() <= 64 and len(steps) == len(weights)
    head = next(place for place, node in enumerate(graph.node) if "evidence" in node.output)
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    assert arrays["head_weight"].dtype == np.float32
    assert all(made_by.get(name) != "DequantizeLinear" for name in graph.node[head].input[1:])


def test_mean_and_softmax_of_fp16_are_computed_in_fp32(export: Export) -> None:
    model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(to_fp16(export.model)))
    kinds = {value.name: value.type.tensor_type.elem_type for value in (*model.graph.value_info, *model.graph.output)}
    nodes = [node for node in model.graph.node if node.op_type in ("ReduceMean", "Softmax")]
    assert len(nodes) == 2 and {kinds[node.input[0]] for node in nodes} == {onnx.TensorProto.FLOAT}
