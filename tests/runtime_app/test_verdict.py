"""Scores and verdicts follow their formulas."""

import numpy as np
import pytest

from runtime_app.manifest import VerdictRule
from runtime_app.verdict import scores, verdict

LOGITS = np.array([[2.0, 1.0, 0.0], [5.0, 5.0, -5.0]], dtype=np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_every_score_follows_its_formula(temperature: float) -> None:
    scaled = LOGITS.astype(np.float64) / temperature
    ranked = np.sort(softmax(scaled), axis=1)
    np.testing.assert_allclose(scores(LOGITS, temperature, "max_probability"), ranked[:, -1])
    np.testing.assert_allclose(scores(LOGITS, temperature, "margin"), ranked[:, -1] - ranked[:, -2], atol=1e-12)
    np.testing.assert_allclose(scores(LOGITS, temperature, "energy"), np.log(np.exp(scaled).sum(axis=1)))


def test_energy_does_not_overflow() -> None:
    assert scores(np.array([[5000.0, 0.0]], dtype=np.float32), 1.0, "energy")[0] == pytest.approx(5000)


def test_thresholds_belong_to_the_surer_side() -> None:
    rule = VerdictRule(score="margin", none_below=0.2, unsure_below=0.6)
    words = [verdict(score, rule) for score in (0.1999, 0.2, 0.5999, 0.6)]
    assert words == ["none", "unsure", "unsure", "sure"]
