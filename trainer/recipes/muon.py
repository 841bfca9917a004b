"""Nesterov momentum whose update of convolution filters is orthogonalised: Muon (Jordan et al. 2024)."""

from collections.abc import Callable
from typing import Any, overload

import torch
from torch import Tensor
from torch.optim import Optimizer

# Coefficients of the quintic iteration by Keller Jordan ("Muon: An optimizer for hidden layers in neural networks"):
# steepest at zero, so that five rounds bring every singular value near 1.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


class Muon(Optimizer):
    """Parameter groups with `orthogonal=True` hold weights of two dimensions or more, the first being the outputs.

    Their update has all singular values near 1, and before it the weights are brought to the Frobenius norm
    sqrt(outputs), as airbench does: a norm follows each convolution, so that only the filters' direction counts, and the
    learning rate is then a relative step. The other groups are plain SGD with Nesterov momentum, `weight_decay` included.
    torch.optim.Muon takes matrices alone and has neither filters nor the fixed norm.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        super().__init__(groups, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0, "orthogonal": False})

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every parameter that has a gradient; a closure is refused, as nothing here evaluates twice."""
        if closure is not None:
            raise ValueError("this optimizer takes no closure")
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is not None:
                    self._update(weights, weights.grad, group)
        return None

    def _update(self, weights: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        momentum, state = group["momentum"], self.state[weights]
        if not group["orthogonal"]:
            gradient = gradient.add(weights, alpha=group["weight_decay"])
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(weights)
        average = state["momentum_buffer"].mul_(momentum).add_(gradient)
        update = gradient.add(average, alpha=momentum)
        if group["orthogonal"]:
            weights.mul_(len(weights) ** 0.5 / weights.norm())
            update = orthogonalised(update.flatten(1)).view_as(update)
        weights.sub_(update, alpha=group["lr"])


def orthogonalised(matrix: Tensor) -> Tensor:
    """float32 [M, N] -> float32 [M, N] with the same singular vectors and singular values between about 0.7 and 1.2."""
    a, b, c = _QUINTIC
    wide = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(_ROUNDS):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide.T if matrix.shape[0] > matrix.shape[1] else wide
