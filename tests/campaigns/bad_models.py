"""ONNX files that a bundle must not carry, made from a good one. Written with the app's own excerpt of onnx.proto: fields
that it does not know are kept as they are."""

import random
from collections.abc import Callable
from typing import Any

from runtime_app.model_file import _model_class

Random = random.Random


def _edited(change: Callable[[Any, Random], None]) -> Callable[[bytes, Random], bytes]:
    def edit(content: bytes, rng: Random) -> bytes:
        model: Any = _model_class().FromString(content)
        change(model, rng)
        return bytes(model.SerializeToString())

    return edit


def _outside(tensor: Any, rng: Random) -> None:
    """Data in another file. The app's excerpt knows an entry's key only; its value, field 2, is appended by hand."""
    tensor.data_location = rng.choice((0, 1))
    name = rng.choice((b"outside", b"../outside", b"/etc/passwd", b"model.onnx", b"/dev/zero"))
    tensor.external_data.add().MergeFromString(b"\x0a\x08location\x12" + bytes([len(name)]) + name)


def _in_initializer(model: Any, rng: Random) -> None:
    _outside(rng.choice(list(model.graph[0].initializer)), rng)


def _in_attribute(model: Any, rng: Random) -> None:
    attribute = rng.choice(list(model.graph[0].node)).attribute.add()
    _outside(rng.choice((attribute.t, attribute.tensors)).add(), rng)


def _in_subgraph(model: Any, rng: Random) -> None:
    attribute = rng.choice(list(model.graph[0].node)).attribute.add()
    graph = rng.choice((attribute.g, attribute.graphs)).add()
    _outside(graph.initializer.add(), rng)


def _in_function(model: Any, rng: Random) -> None:
    _outside(model.functions.add().node.add().attribute.add().t.add(), rng)


def _in_sparse_initializer(model: Any, rng: Random) -> None:
    _outside(_sparse(model.graph[0].sparse_initializer.add(), rng).add(), rng)


def _in_sparse_attribute(model: Any, rng: Random) -> None:
    attribute = rng.choice(list(model.graph[0].node)).attribute.add()
    holder = rng.choice((attribute.sparse_tensor, attribute.sparse_tensors)).add()
    _outside(_sparse(holder, rng).add(), rng)


def _sparse(tensor: Any, rng: Random) -> Any:
    return rng.choice((tensor.values, tensor.indices))


def _in_training_graph(model: Any, rng: Random) -> None:
    info = model.training_info.add()
    _outside(rng.choice((info.initialization, info.algorithm)).add().initializer.add(), rng)


def _in_default(model: Any, rng: Random) -> None:
    """The default value of a function's attribute."""
    _outside(model.functions.add().attribute_proto.add().t.add(), rng)


_DOMAINS = ("com.example", "com.microsoft", "ai.onnx.contrib", "ai.onnx.ml", "ai.onnx.training", "AI.ONNX", " ", "x\ny")


def _foreign_opset(model: Any, rng: Random) -> None:
    model.opset_import.add().domain = rng.choice(_DOMAINS)


def _foreign_node(model: Any, rng: Random) -> None:
    rng.choice(list(model.graph[0].node)).domain = rng.choice(_DOMAINS)


def _foreign_inside(model: Any, rng: Random) -> None:
    attribute = rng.choice(list(model.graph[0].node)).attribute.add()
    rng.choice((attribute.g, attribute.graphs)).add().node.add().domain = rng.choice(_DOMAINS)


def _foreign_function(model: Any, rng: Random) -> None:
    function = model.functions.add()
    holder = rng.choice((function.opset_import, function.node))
    holder.add().domain = rng.choice(_DOMAINS)


def _loop(model: Any, rng: Random) -> None:
    graph = rng.choice((model.graph[0], model.functions.add()))
    graph.node.add().op_type = rng.choice(("Loop", "Scan"))


def _no_nodes(model: Any, rng: Random) -> None:
    del model.graph[0].node[rng.randrange(len(model.graph[0].node)) :]


def _no_weights(model: Any, rng: Random) -> None:
    del model.graph[0].initializer[rng.randrange(len(model.graph[0].initializer)) :]


def _renamed(names: tuple[bytes, ...]) -> Callable[[bytes, Random], bytes]:
    """An input or output under another name of the same length, everywhere it occurs."""

    def rename(content: bytes, rng: Random) -> bytes:
        name = rng.choice(names)
        return content.replace(b"\x0a" + bytes([len(name)]) + name, b"\x0a" + bytes([len(name)]) + name[:-1] + b"_")

    return rename


KINDS: list[tuple[str, Callable[[bytes, Random], bytes]]] = [
    ("keeps a weight outside", _edited(_in_initializer)),
    ("keeps an attribute outside", _edited(_in_attribute)),
    ("keeps a subgraph's weight outside", _edited(_in_subgraph)),
    ("keeps a function's weight outside", _edited(_in_function)),
    ("keeps a sparse weight outside", _edited(_in_sparse_initializer)),
    ("keeps a sparse attribute outside", _edited(_in_sparse_attribute)),
    ("keeps a training graph's weight outside", _edited(_in_training_graph)),
    ("keeps a default value outside", _edited(_in_default)),
    ("imports a foreign domain", _edited(_foreign_opset)),
    ("has a foreign operator", _edited(_foreign_node)),
    ("has a foreign operator in a subgraph", _edited(_foreign_inside)),
    ("has a foreign function", _edited(_foreign_function)),
    ("repeats itself", _edited(_loop)),
    ("lacks nodes", _edited(_no_nodes)),
    ("lacks weights", _edited(_no_weights)),
    ("has other names", _renamed((b"image", b"evidence", b"probabilities"))),
    ("is cut off", lambda content, rng: content[: rng.randrange(len(content))]),
    ("is empty", lambda content, rng: b""),
    ("is noise", lambda content, rng: rng.randbytes(rng.choice((1, 100, 50_000)))),
    ("is a deep nest", lambda content, rng: _nest(rng.choice((90, 120, 3000)))),
    ("is twice there", lambda content, rng: content + content),
]


def _nest(depth: int) -> bytes:
    """A graph in an attribute of a node of a graph in an attribute …"""
    inner = b""
    for _ in range(depth):
        for field in (0x32, 0x2A, 0x0A):  # Attribute.g = 6, Node.attribute = 5, Graph.node = 1
            inner = bytes([field]) + _varint(len(inner)) + inner
    return b"\x3a" + _varint(len(inner)) + inner


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
