"""Look into an ONNX file, without the onnx package, for what a bundle must not carry: outside data, foreign operators, loops."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

_FIELD = descriptor_pb2.FieldDescriptorProto

# The few fields of onnx.proto that matter here: message -> {field: (number, type)}; a message's name means "repeated".
_SCHEMA: dict[str, dict[str, tuple[int, Any]]] = {
    "Model": {
        "graph": (7, "Graph"),
        "opset_import": (8, "OpsetId"),
        "training_info": (20, "Training"),
        "functions": (25, "Function"),
    },
    "OpsetId": {"domain": (1, _FIELD.TYPE_STRING)},
    "Training": {"initialization": (1, "Graph"), "algorithm": (2, "Graph")},
    "Function": {"node": (7, "Node"), "opset_import": (9, "OpsetId"), "attribute_proto": (11, "Attribute")},
    "Graph": {"node": (1, "Node"), "initializer": (5, "Tensor"), "sparse_initializer": (15, "Sparse")},
    "Node": {
        "op_type": (4, _FIELD.TYPE_STRING),
        "attribute": (5, "Attribute"),
        "domain": (7, _FIELD.TYPE_STRING),
    },
    "Attribute": {
        "t": (5, "Tensor"),
        "g": (6, "Graph"),
        "tensors": (10, "Tensor"),
        "graphs": (11, "Graph"),
        "sparse_tensor": (22, "Sparse"),
        "sparse_tensors": (23, "Sparse"),
    },
    "Sparse": {"values": (1, "Tensor"), "indices": (2, "Tensor")},
    "Tensor": {"external_data": (13, "Entry"), "data_location": (14, _FIELD.TYPE_INT32)},
    "Entry": {"key": (1, _FIELD.TYPE_STRING)},
}
STANDARD_DOMAINS = frozenset({"", "ai.onnx"})
# What may go on for ever, where nothing can interrupt it; a classifier of pictures needs neither.
LOOPS = frozenset({"Loop", "Scan"})


def find_objection(model: bytes) -> str | None:
    """Why this model may not be opened, as the end of a sentence; None when nothing speaks against it."""
    try:
        content = _model_class().FromString(model)
    except DecodeError:
        return "is not an ONNX model"
    if not content.graph:
        return "holds no graph"
    holders = list(_holders(content))
    foreign = {opset.domain for opset in content.opset_import}
    foreign |= {opset.domain for function in content.functions for opset in function.opset_import}
    foreign |= {node.domain for holder in holders for node in holder.node}
    foreign -= STANDARD_DOMAINS
    if foreign:
        return f"uses operators that are not part of ONNX ({', '.join(sorted(foreign))})"
    loops = {node.op_type for holder in holders for node in holder.node} & LOOPS
    if loops:
        return f"repeats a part of itself, which may never end ({', '.join(sorted(loops))})"
    if any(tensor.data_location or len(tensor.external_data) for holder in holders for tensor in _tensors(holder)):
        return "keeps weights in files outside itself"
    return None


def _holders(model: Any) -> Iterator[Any]:
    """Everything that holds nodes: graphs and functions, and the graphs in their attributes, however deep."""
    waiting = [*model.graph, *model.functions]
    for training in model.training_info:
        waiting += [*training.initialization, *training.algorithm]
    while waiting:
        holder = waiting.pop()
        yield holder
        for attribute in _attributes(holder):
            waiting += [*attribute.g, *attribute.graphs]


def _attributes(holder: Any) -> Iterator[Any]:
    for node in holder.node:
        yield from node.attribute
    yield from getattr(holder, "attribute_proto", ())


def _tensors(holder: Any) -> Iterator[Any]:
    """Every tensor of one graph or function, those of the graphs in it aside."""
    sparse = [*getattr(holder, "sparse_initializer", ())]
    yield from getattr(holder, "initializer", ())
    for attribute in _attributes(holder):
        yield from attribute.t
        yield from attribute.tensors
        sparse += [*attribute.sparse_tensor, *attribute.sparse_tensors]
    for tensor in sparse:
        yield from tensor.values
        yield from tensor.indices


@cache
def _model_class() -> type[Message]:
    """A protobuf message class that reads just these fields and skips all others."""
    file = descriptor_pb2.FileDescriptorProto(name="onnx_excerpt.proto", package="excerpt", syntax="proto2")
    for name, fields in _SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            if isinstance(kind, str):
                message.field.add(
                    name=field,
                    number=number,
                    label=_FIELD.LABEL_REPEATED,
                    type=_FIELD.TYPE_MESSAGE,
                    type_name=f".excerpt.{kind}",
                )
            else:
                message.field.add(name=field, number=number, label=_FIELD.LABEL_OPTIONAL, type=kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("excerpt.Model"))
