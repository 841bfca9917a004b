"""The stem's filters: what decorrelates small patches of the training pictures."""

import torch
from torch import Tensor

from trainer.model import Stem

# Directions in which patches hardly differ are noise; this keeps them from being blown up (airbench's value, for
# normalised pictures).
_EPSILON = 5e-4


def whitening_filters(pictures: Tensor, side: int) -> Tensor:
    """float32 [N, 3, H, W], normalised -> float32 [6 * side ** 2, 3, side, side]: the eigenvectors of the patches'
    covariance, each divided by the root of its eigenvalue, and all of them negated (airbench, arXiv 2404.00498, section
    3.2): with the rectifier that follows, both signs of every direction are kept."""
    patches = pictures.unfold(2, side, 1).unfold(3, side, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3 * side**2)
    covariance = patches.T @ patches / len(patches)
    values, vectors = torch.linalg.eigh(covariance)
    filters = (vectors / (values + _EPSILON).sqrt()).T.reshape(-1, 3, side, side)
    return torch.cat([filters, -filters])


def whiten(stem: Stem, pictures: Tensor) -> None:
    """Set the stem's filters from some thousand normalised training pictures, float32 [N, 3, H, W]."""
    weight = stem.conv.weight
    with torch.no_grad():
        weight.copy_(whitening_filters(pictures.contiguous(), weight.shape[-1]))
