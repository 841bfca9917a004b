"""How sure the network may be said to be: a score per picture, compared with the bundle's thresholds."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runtime_app.manifest import Score, VerdictRule

Verdict = Literal["sure", "unsure", "none"]


def scores(logits: NDArray[np.float32], temperature: float, kind: Score) -> NDArray[np.float64]:
    """logits: float32 [N, K], before the temperature -> float64 [N]; higher is surer.

    max_probability: largest softmax probability (Hendrycks and Gimpel, arXiv 1610.02136); margin: largest minus second
    largest probability; energy: log-sum-exp of the scaled logits (Liu et al., arXiv 2010.03759, section 3.1, negated).
    """
    scaled = logits.astype(np.float64) / temperature
    highest = scaled.max(axis=1, keepdims=True)
    exponentials = np.exp(scaled - highest)
    total = exponentials.sum(axis=1)
    if kind == "energy":
        return highest[:, 0] + np.log(total)
    ranked = np.sort(exponentials / total[:, None], axis=1)
    return ranked[:, -1] if kind == "max_probability" else ranked[:, -1] - ranked[:, -2]


def verdict(score: float, rule: VerdictRule) -> Verdict:
    if score < rule.none_below:
        return "none"
    return "unsure" if score < rule.unsure_below else "sure"
