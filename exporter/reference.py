"""What torch says, the side that the gate trusts: the trainer's own network in eval mode, in fp32 and in fp64, on the CPU.

Written apart from graph.py on purpose: an error in the deployable module must not hide in its own reference.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.checkpoint import Checkpoint

# Pixels that are looked at together: in fp64 even these need a gigabyte.
_PIXELS = 250 * 32 * 32


@dataclass(frozen=True)
class Outputs:
    """For n pictures. probabilities: [n, K]; logits: [n, K]; evidence: [n, K, h, w], logit units; fp32 or fp64."""

    probabilities: NDArray[np.floating]
    logits: NDArray[np.floating]
    evidence: NDArray[np.floating]

    def __len__(self) -> int:
        return len(self.logits)

    def take(self, positions: NDArray[np.int64] | slice) -> "Outputs":
        return Outputs(self.probabilities[positions], self.logits[positions], self.evidence[positions])


class Reference:
    """The network of a checkpoint at one precision; the checkpoint's own copy is left alone."""

    def __init__(self, checkpoint: Checkpoint, dtype: torch.dtype = torch.float32) -> None:
        self.network = copy.deepcopy(checkpoint.network).eval().to(dtype).to(memory_format=torch.channels_last)
        self.mean = torch.tensor(checkpoint.mean, dtype=dtype)
        self.std = torch.tensor(checkpoint.std, dtype=dtype)

    def normalised(self, images: NDArray[np.uint8]) -> Tensor:
        """uint8 [n, H, W, 3] -> [n, 3, H, W]: the pixel as a share of full scale, minus the mean, by the deviation."""
        pixels = torch.from_numpy(images).to(self.mean.dtype)
        return ((pixels / 255 - self.mean) / self.std).permute(0, 3, 1, 2)

    @torch.no_grad()
    def run(self, images: NDArray[np.uint8], temperature: float = 1.0) -> Outputs:
        """images: uint8 [n, H, W, 3]. The logits are those of the network's own forward, which pools first."""
        batch = max(1, _PIXELS // (images.shape[1] * images.shape[2]))
        chunks = [self._chunk(images[start : start + batch]) for start in range(0, len(images), batch)]
        logits = torch.cat([logits for logits, _ in chunks])
        evidence = torch.cat([evidence for _, evidence in chunks])
        probabilities = torch.softmax(logits / temperature, dim=1)
        return Outputs(probabilities.numpy(), logits.numpy(), evidence.numpy())

    def _chunk(self, images: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
        features = self.network.features(self.normalised(images))
        pooled = nn.functional.adaptive_avg_pool2d(features, 1).flatten(1)
        head = self.network.head
        logits = head(pooled) * self.network.logit_scale
        evidence = torch.einsum("nchw,kc->nkhw", features, head.weight * self.network.logit_scale)
        return logits, evidence


def with_temperature(outputs: Outputs, temperature: float) -> Outputs:
    """The same logits and evidence with the probabilities of that temperature, in their own precision."""
    probabilities = torch.softmax(torch.from_numpy(outputs.logits) / temperature, dim=1).numpy()
    return Outputs(probabilities, outputs.logits, outputs.evidence)
