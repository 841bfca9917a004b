"""Checkpoint -> deployable torch module -> ONNX bytes that are the same everywhere.

uint8 pictures go in; normalisation, class evidence, temperature and softmax are part of the graph (contract 2).
"""

import json
import logging
import warnings
from ast import literal_eval
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import onnx
import torch
from torch import Tensor, nn

from exporter.fusion import fused
from runtime_app.classifier import OUTPUTS
from trainer.augment import normalise
from trainer.checkpoint import Checkpoint
from trainer.files import uninterrupted

NORMALISED = "normalise"
_SCOPES = "pkg.torch.onnx.name_scopes"


class Deployable(nn.Module):
    """uint8 [N, H, W, 3] RGB -> probabilities [N, K], logits [N, K], evidence [N, K, h, w], all float32.

    The head is applied to every cell of the feature map instead of to their mean: for a linear head after average
    pooling both orders give the same logits, and the cells show where they come from (class activation maps, Zhou et
    al., arXiv 1512.04150, section 2). The recipe's logit scale is folded into weight and bias, each norm into the
    convolution before it. Raises ValueError for a network in training mode.
    """

    # Not `mean` and `std`: a graph that is left as traced names the reduction below "mean" too, and would not be valid.
    channel_mean: Tensor
    channel_std: Tensor
    head_weight: Tensor
    head_bias: Tensor

    def __init__(self, checkpoint: Checkpoint, temperature: float) -> None:
        super().__init__()
        network = checkpoint.network
        if network.training:
            raise ValueError("a network in training mode has no fixed norms to export")
        self.stem, self.blocks = network.stem, fused(network.blocks)
        self.temperature = temperature
        self.register_buffer("channel_mean", torch.tensor(checkpoint.mean))
        self.register_buffer("channel_std", torch.tensor(checkpoint.std))
        self.register_buffer("head_weight", network.head.weight.detach()[:, :, None, None] * network.logit_scale)
        self.register_buffer("head_bias", network.head.bias.detach() * network.logit_scale)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.blocks(self.stem(normalise(image, self.channel_mean, self.channel_std)))
        evidence = nn.functional.conv2d(features, self.head_weight)
        logits = evidence.mean((2, 3)) + self.head_bias
        return torch.softmax(logits / self.temperature, 1), logits, evidence


def to_onnx(module: Deployable, image_size: int, about: dict[str, object], *, optimize: bool = True) -> bytes:
    """Trace and serialise; about: written to the model's metadata, each value as JSON.

    optimize=False leaves the graph as traced: what to fall back on when a fusion changes results. Raises ValueError for
    a module in training mode, which torch.onnx would only warn about.
    """
    if module.training:
        raise ValueError("a module in training mode would be exported with dropout and batch statistics")
    example = torch.zeros(2, image_size, image_size, 3, dtype=torch.uint8)  # a traced batch of 1 would be frozen to 1
    # An exception raised by a signal inside torch's tracer ends the process with a C++ stack trace.
    with _quiet(), uninterrupted():
        program = torch.onnx.export(
            module,
            (example,),
            input_names=["image"],
            output_names=list(OUTPUTS),
            dynamic_shapes={"image": {0: "batch"}},
            dynamo=True,
            optimize=optimize,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    name_by_layer(model.graph)
    return serialise(model, about)


def serialise(model: onnx.ModelProto, about: dict[str, object]) -> bytes:
    """Strip everything that names a path, a moment or a library's internals, check, and write deterministic bytes."""
    _strip(model)
    model.producer_name, model.producer_version = "evidence", ""
    for key in sorted(about):
        model.metadata_props.add(key=key, value=json.dumps(about[key], sort_keys=True, ensure_ascii=False))
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def name_by_layer(graph: onnx.GraphProto) -> None:
    """Rename nodes and their values after the torch module they come from: "blocks.1.act2", a second call "NAME#2";
    what enters the first of them is called "normalise".

    For people who open the file in a viewer, and for the bisection, which finds a layer on both sides by its name.
    """
    outputs = {value.name for value in graph.output}
    last_of_call = {scopes: node for node in graph.node if (scopes := _scopes_of(node)) is not None}
    last_of_call = _without_steps_inside(last_of_call)
    renamed: dict[str, str] = {}
    calls: Counter[str] = Counter()
    for scopes, node in last_of_call.items():
        if node.output[0] in outputs:
            continue
        if not renamed:
            renamed[node.input[0]] = NORMALISED
        layer = scopes[-2]
        calls[layer] += 1
        name = layer if calls[layer] == 1 else f"{layer}#{calls[layer]}"
        node.name = name
        renamed[node.output[0]] = name
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    for value in graph.value_info:
        value.name = renamed.get(value.name, value.name)


def _without_steps_inside(last_of_call: dict[tuple[str, ...], onnx.NodeProto]) -> dict[tuple[str, ...], onnx.NodeProto]:
    """Of what a module with layers of its own computes between them only the last, which is what it gives."""
    layers = {scopes[-2] for scopes in last_of_call}
    wholes = {layer for layer in layers if any(other.startswith(f"{layer}.") for other in layers)}
    given = {scopes[-2]: scopes for scopes in last_of_call}
    return {
        scopes: node for scopes, node in last_of_call.items() if scopes[-2] not in wholes or scopes == given[scopes[-2]]
    }


def _scopes_of(node: onnx.NodeProto) -> tuple[str, ...] | None:
    """The torch modules that a node was traced from, outermost first, and the call; None for the deployable itself."""
    for entry in node.metadata_props:
        if entry.key == _SCOPES:
            scopes = tuple(literal_eval(entry.value))
            return scopes if len(scopes) > 2 else None
    return None


def _strip(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]
    model.doc_string = ""
    graph = model.graph
    del graph.metadata_props[:]
    graph.doc_string = ""
    for part in [*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    used = {node.domain for node in graph.node}
    kept = [opset for opset in model.opset_import if opset.domain in used or not opset.domain]
    del model.opset_import[:]
    model.opset_import.extend(sorted(kept, key=lambda opset: opset.domain))


@contextmanager
def _quiet() -> Iterator[None]:
    """torch.onnx reports each of its phases through logging, and torch 2.11 warns of what its own code uses; a person
    waiting for a bundle has no use for them."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(before)
