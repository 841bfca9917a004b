"""The weights that are evaluated and saved where training began with a checkpoint: an average."""

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from trainer.model import CifarNet

Weights = dict[str, Tensor]
"""A network's state by name, statistics of the normalisation included."""


@dataclass
class Averaging:
    """The mean over the rounds (arXiv 2203.05482), mixed with a share of the weights that all of them began with
    (arXiv 2109.01903).

    start: empty where nothing is averaged; share: of the start; ended: the weights at the end of each round that is over.
    """

    start: Weights = field(default_factory=dict)
    share: float = 0.0
    ended: list[Weights] = field(default_factory=list)

    def of(self, network: CifarNet) -> CifarNet:
        """A new network with the average, in which `network` stands for the round that it is in; or `network` itself."""
        if not self.start:
            return network
        present = network.state_dict()
        mixed = {
            name: self._mean(name, value) if value.is_floating_point() else value for name, value in present.items()
        }
        average = copy.deepcopy(network)
        average.load_state_dict(mixed)
        return average

    def state_dict(self) -> dict[str, Any]:
        return {"start": self.start, "ended": self.ended}

    def restore(self, state: dict[str, Any], device: torch.device) -> None:
        """Put back what state_dict gave, or nothing where it is empty."""

        def moved(weights: Weights) -> Weights:
            return {name: value.to(device) for name, value in weights.items()}

        self.start = moved(state.get("start", {}))
        self.ended = [moved(weights) for weights in state.get("ended", [])]

    def _mean(self, name: str, present: Tensor) -> Tensor:
        rounds = torch.stack([weights[name] for weights in self.ended] + [present]).mean(0)
        return torch.lerp(rounds, self.start[name], self.share)


def weights_of(network: CifarNet) -> Weights:
    """A copy that later steps do not change."""
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
