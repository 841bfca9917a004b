"""What lies in the ONNX file: the contract's network, and nothing of the machine that wrote it."""

import copy
import json
from pathlib import Path

import numpy as np
import onnx
import torch

import exporter
from exporter.fusion import FusedBlock
from exporter.graph import Deployable, to_onnx
from exporter.reference import Reference
from tests.exporter.samples import SIZE

from .conftest import Export

CHECKOUT = str(Path(exporter.__file__).parents[1]).encode()


def test_inputs_and_outputs_are_those_of_the_contract(export: Export) -> None:
    graph = onnx.load_model_from_string(export.model).graph
    image = graph.input[0]
    assert image.name == "image" and image.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    sides = [dim.dim_param or dim.dim_value for dim in image.type.tensor_type.shape.dim]
    assert sides == ["batch", SIZE, SIZE, 3]
    assert [output.name for output in graph.output] == ["probabilities", "logits", "evidence"]


def test_file_names_no_path_no_moment_and_no_source_line(export: Export) -> None:
    model = onnx.load_model_from_string(export.model)
    for foreign in (
        b".py",
        CHECKOUT,
        b"site-packages",
        b"stack_trace",
        b"pkg.torch",
        str(export.source.folder).encode(),
    ):
        assert foreign not in export.model
    assert {opset.domain for opset in model.opset_import} == {""}
    assert not any(entry.external_data for entry in model.graph.initializer)


def test_same_checkpoint_gives_the_same_bytes(export: Export) -> None:
    model = onnx.load_model_from_string(export.model)
    about = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    module = Deployable(export.source.checkpoint, export.evaluation.temperature).eval()
    assert to_onnx(module, SIZE, about) == export.model


def test_metadata_names_classes_and_source_as_json(export: Export) -> None:
    model = onnx.load_model_from_string(export.model)
    found = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert found["classes"] == list(export.source.checkpoint.classes)
    assert found["source"]["checkpoint_sha256"] == export.source.checkpoint_sha256


def test_nodes_are_named_after_the_layers_of_the_network(export: Export) -> None:
    model = onnx.load_model_from_string(export.model)
    names = {name for node in model.graph.node for name in node.output}
    block = {f"blocks.0.{layer}" for layer in ("conv1_norm1", "act1", "pooled", "conv2_norm2", "act2")}
    deeper = {f"blocks.1.{layer}" for layer in ("conv3_norm3", "act3")}
    assert {"normalise", "stem.conv", "stem.act", *block, *deeper, "blocks.0", "blocks.3"} <= names


def test_no_norm_is_left_to_compute_and_pooling_comes_after_the_activation(export: Export) -> None:
    nodes = onnx.load_model_from_string(export.model).graph.node
    assert not any(node.op_type == "BatchNormalization" for node in nodes)
    made_by = {name: node.op_type for node in nodes for name in node.output}
    assert {made_by[node.input[0]] for node in nodes if node.op_type == "MaxPool"} == {"LeakyRelu"}


def test_block_that_must_pool_first_is_exported_as_it_is(export: Export) -> None:
    """Under a negative scale the smallest value becomes the largest, and pooling must not come after it."""
    checkpoint = copy.deepcopy(export.source.checkpoint)
    blocks = checkpoint.network.blocks
    blocks[1].norm1.weight.data[3] *= -1
    blocks[3].norm1.weight.data[3] *= -1  # never pools
    module = Deployable(checkpoint, 1.0).eval()
    assert [isinstance(block, FusedBlock) for block in module.blocks] == [True, False, True, True]
    images = export.splits.test.images[:8]
    expected = Reference(checkpoint).run(images)
    with torch.no_grad():
        _, logits, evidence = module(torch.from_numpy(images))
    np.testing.assert_allclose(logits.numpy(), expected.logits, atol=1e-5)
    np.testing.assert_allclose(evidence.numpy(), expected.evidence, atol=1e-4)


def test_network_of_the_reference_in_fp64_agrees_with_fp32_up_to_rounding(export: Export) -> None:
    images = export.splits.test.images[:8]
    single = Reference(export.source.checkpoint).run(images)
    double = Reference(export.source.checkpoint, torch.float64).run(images)
    assert double.logits.dtype == np.float64
    assert 0 < np.abs(single.logits - double.logits).max() < 1e-4
