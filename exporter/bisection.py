"""Which layer is the first to say something else than torch: where to look when the gate has refused a model."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from exporter.expectation import FACTOR, largest
from exporter.fusion import same_in_block
from exporter.graph import NORMALISED
from exporter.reference import Reference
from runtime_app.classifier import OUTPUTS
from trainer.checkpoint import Checkpoint
from trainer.model import Block

_FLOOR = 1e-6
_LAYERS = ("stem.", "blocks.")


@dataclass(frozen=True)
class Departure:
    """layer: its name in torch and in the graph; difference: the largest absolute one on these pictures; allowed: what
    rounding explains."""

    layer: str
    difference: float
    allowed: float


def first_departure(
    model: bytes, checkpoint: Checkpoint, temperature: float, images: NDArray[np.uint8]
) -> Departure | None:
    """Compare every layer that both sides know, in the order of the graph. images: uint8 [n, H, W, 3], a few.

    None when all agree one by one (then only the optimised session departs) or when the graph cannot be run at all.
    """
    found = _run_with_all_outputs(model, images)
    single = _record(Reference(checkpoint), images, temperature)
    exact = _record(Reference(checkpoint, torch.float64), images, temperature)
    for name, values in found.items():
        if name not in exact:
            continue
        rounding = largest(single[name], exact[name])[0]
        allowed = (FACTOR + 1) * rounding + _FLOOR * float(np.abs(exact[name]).max())
        if values.shape != exact[name].shape:
            return Departure(name, float("inf"), allowed)
        difference = largest(values, exact[name])[0]
        if not difference <= allowed:
            return Departure(name, difference, allowed)
    return None


def _run_with_all_outputs(model: bytes, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Value name -> what the graph computes there, in the graph's order; empty when it cannot be run."""
    content = onnx.load_model_from_string(model)
    names = [name for node in content.graph.node for name in node.output]
    del content.graph.output[:]
    content.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            content.SerializeToString(), options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
        return dict(zip(names, session.run(names, {"image": images}), strict=True))
    except Exception:  # onnxruntime's exception types are private; a graph that does not run has no first departure
        return {}


@torch.no_grad()
def _record(reference: Reference, images: NDArray[np.uint8], temperature: float) -> dict[str, NDArray[np.floating]]:
    """Layer name -> output, named as `graph.name_by_layer` does: a module's second call is "NAME#2"."""
    seen: dict[str, NDArray[np.floating]] = {NORMALISED: reference.normalised(images).numpy()}
    calls: Counter[str] = Counter()

    def keep(layer: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            calls[layer] += 1
            seen[layer if calls[layer] == 1 else f"{layer}#{calls[layer]}"] = output.numpy().copy()

        return hook

    modules = [(name, module) for name, module in reference.network.named_modules() if name.startswith(_LAYERS)]
    hooks = [module.register_forward_hook(keep(name)) for name, module in modules]
    try:
        outputs = reference.run(images, temperature)
    finally:
        for registered in hooks:
            registered.remove()
    return seen | _under_fused_names(reference, seen) | {name: getattr(outputs, name) for name in OUTPUTS}


def _under_fused_names(reference: Reference, seen: dict[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
    """The same values by the names that fused blocks have in the graph, with the norm that they compute before pooling."""
    found: dict[str, NDArray[np.floating]] = {}
    for number, block in enumerate(reference.network.blocks):
        assert isinstance(block, Block)
        at = f"blocks.{number}"
        found |= {f"{at}.{name}": seen[f"{at}.{torch_name}"] for name, torch_name in same_in_block(block.depth).items()}
        found[f"{at}.conv1_norm1"] = block.norm1(torch.from_numpy(seen[f"{at}.conv1"])).numpy()
    return found
