"""Look into an ONNX file, without the onnx package, for what a bundle must not carry: outside data, foreign operators."""

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

_FIELD = descriptor_pb2.FieldDescriptorProto

# The few fields of onnx.proto that matter here: message -> {field: (number, type)}; a message's name means "repeated".
_SCHEMA: dict[str, dict[str, tuple[int, Any]]] = {
    "Model": {"graph": (7, "Graph"), "opset_import": (8, "OpsetId"), "functions": (25, "Function")},
    "OpsetId": {"domain": (1, _FIELD.TYPE_STRING)},
    "Function": {"node": (7, "Node"), "opset_import": (9, "OpsetId")},
    "Graph": {"node": (1, "Node"), "initializer": (5, "Tensor")},
    "Node": {"attribute": (5, "Attribute"), "domain": (7, _FIELD.TYPE_STRING)},
    "Attribute": {"t": (5, "Tensor"), "g": (6, "Graph"), "tensors": (10, "Tensor"), "graphs": (11, "Graph")},
    "Tensor": {"external_data": (13, "Entry"), "data_location": (14, _FIELD.TYPE_INT32)},
    "Entry": {"key": (1, _FIELD.TYPE_STRING)},
}
STANDARD_DOMAINS = frozenset({"", "ai.onnx"})


def find_objection(model: bytes) -> str | None:
    """Why this model may not be opened, as the end of a sentence; None when nothing speaks against it."""
    try:
        content = _model_class().FromString(model)
    except DecodeError:
        return "is not an ONNX model"
    if not content.graph:
        return "holds no graph"
    foreign = _domains(content) - STANDARD_DOMAINS
    if foreign:
        return f"uses operators that are not part of ONNX ({', '.join(sorted(foreign))})"
    if any(_keeps_data_outside(node) for node in [*content.graph, *content.functions]):
        return "keeps weights in files outside itself"
    return None


def _domains(content: Any) -> set[str]:
    found = {opset.domain for opset in content.opset_import}
    for holder in [*content.graph, *content.functions]:
        found |= _node_domains(holder)
    return found


def _node_domains(holder: Any) -> set[str]:
    found = {node.domain for node in holder.node}
    for node in holder.node:
        for attribute in node.attribute:
            for graph in [*attribute.g, *attribute.graphs]:
                found |= _node_domains(graph)
    return found


def _keeps_data_outside(holder: Any) -> bool:
    tensors = list(getattr(holder, "initializer", ()))
    graphs = []
    for node in holder.node:
        for attribute in node.attribute:
            tensors += [*attribute.t, *attribute.tensors]
            graphs += [*attribute.g, *attribute.graphs]
    outside = any(tensor.data_location or len(tensor.external_data) for tensor in tensors)
    return outside or any(_keeps_data_outside(graph) for graph in graphs)


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
