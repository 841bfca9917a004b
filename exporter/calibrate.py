"""Honest confidence: one temperature, the verdict's score and thresholds, and the figures that say how good they are.

Everything is decided on the validation split; test pictures are measured afterwards and decide nothing.
"""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from runtime_app.manifest import Score, SplitMetrics, VerdictRule
from runtime_app.verdict import scores
from trainer.metrics import bin_of, expected_calibration_error

ECE_BINS = 15
PHOTOGRAPHS = "photographs"
"""The out-of-class set that is nearest to what people open."""
PASS_RATE = 0.95
SURE_ACCURACY = 0.98
LEAST_SURE_SHARE = 0.5
# An accuracy over fewer pictures than this share of the split is chance: nothing is called sure on its account.
_LEAST_SUPPORT = 0.05
# Digits beyond these would carry the rounding errors of one machine into the bundle's bytes and mean nothing.
_DECIMALS = 4

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Threshold:
    """What a threshold does to a split: share of pictures at or above it, and accuracy among them (fractions)."""

    threshold: float
    coverage: float
    accuracy: float


@dataclass(frozen=True)
class ReliabilityBin:
    """One bar of a reliability diagram: pictures whose confidence lies in (low, high]."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """The temperature with the least negative log-likelihood (Guo et al., arXiv 1706.04599, section 4.2).

    logits: [n, K]; labels: [n]. A line search over its logarithm between 1/50 and 50: the loss is unimodal there. A
    standard normal prior on the logarithm weighs less than one picture: of thousands it changes nothing, but where a few
    validation pictures are all right, or hardly any, the likelihood alone would have no bound.
    """
    exact = logits.astype(np.float64)
    found = minimize_scalar(
        lambda log_t: len(labels) * negative_log_likelihood(exact / np.exp(log_t), labels) + log_t**2 / 2,
        bounds=(-np.log(50), np.log(50)),
        method="bounded",
        options={"xatol": 1e-7},
    )
    return round(float(np.exp(found.x)), _DECIMALS)


def negative_log_likelihood(logits: Floats, labels: Labels) -> float:
    """Mean over pictures, in nats. logits: [n, K], already divided by the temperature."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def reliability(probabilities: Floats, labels: Labels, bins: int = ECE_BINS) -> list[ReliabilityBin]:
    """Confidence against accuracy in equal-width bins (Guo et al., arXiv 1706.04599, section 2); empty bins included."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = bin_of(confidence, bins)
    result = []
    for index in range(bins):
        inside = place == index
        count = int(inside.sum())
        mean_confidence = float(confidence[inside].mean()) if count else 0.0
        accuracy = float(right[inside].mean()) if count else 0.0
        result.append(ReliabilityBin(index / bins, (index + 1) / bins, count, mean_confidence, accuracy))
    return result


def brier(probabilities: Floats, labels: Labels) -> float:
    """Mean squared distance to the one-hot label, summed over classes (Brier 1950): 0 is perfect, 2 the worst."""
    wanted = np.eye(probabilities.shape[1])[labels]
    return float(((probabilities - wanted) ** 2).sum(axis=1).mean())


def measure(logits: Floats, labels: Labels, temperature: float) -> SplitMetrics:
    """All figures of one split at a temperature. logits: [n, K], undivided."""
    scaled = logits.astype(np.float64) / temperature
    probabilities = softmax(scaled, axis=1)
    return SplitMetrics(
        n=len(labels),
        accuracy=float((logits.argmax(axis=1) == labels).mean()),
        nll=_figure(negative_log_likelihood(scaled, labels)),
        brier=_figure(brier(probabilities, labels)),
        ece=_figure(expected_calibration_error(probabilities, labels, ECE_BINS)),
    )


def choose_rule(
    logits: Floats, labels: Labels, temperature: float, out_of_class: dict[str, Floats]
) -> tuple[VerdictRule, dict[str, dict[str, float]]]:
    """The score that flags most out-of-class pictures while 95% of the validation pictures pass, and its thresholds.

    logits: [n, K] of the validation split; out_of_class: name of a set -> its logits. Returns the rule and, for every
    score, the flagged share of each set. Photographs, which people will open, count as much as all other sets together;
    ties go to the score named first in the manifest.
    """
    shares: dict[str, dict[str, float]] = {}
    for kind in get_args(Score):
        limit = none_threshold(scores(logits, temperature, kind))
        shares[kind] = {
            name: _figure(float((scores(other, temperature, kind) < limit).mean()))
            for name, other in out_of_class.items()
        }
    best: Score = max(get_args(Score), key=lambda kind: _usefulness(shares[kind]))
    score = scores(logits, temperature, best)
    right = logits.argmax(axis=1) == labels
    none_below = none_threshold(score)
    return VerdictRule(best, none_below, unsure_threshold(score, right, none_below)), shares


def _usefulness(flagged: dict[str, float]) -> float:
    made = [share for name, share in flagged.items() if name != PHOTOGRAPHS]
    real = [flagged[PHOTOGRAPHS]] if PHOTOGRAPHS in flagged else []
    return float(np.mean([*real, *([np.mean(made)] if made else [])]))


def none_threshold(score: Floats) -> float:
    """The largest rounded threshold that at least 95% of these pictures reach. score: [n]."""
    allowed = int(np.floor((1 - PASS_RATE) * len(score) + 1e-9))
    return _floor(float(np.sort(score)[allowed]))


def unsure_threshold(score: Floats, right: NDArray[np.bool_], none_below: float) -> float:
    """The smallest threshold from `none_below` on above which accuracy is at least 98%, on no fewer than 5% of the
    pictures; where none is, the one with the best accuracy among those that keep half of the pictures.

    score: [n]; right: [n], whether the label was hit.
    """
    candidates = np.unique([none_below, *(_floor(value) for value in score if value > none_below)])
    curve = [threshold_effect(score, right, float(value)) for value in candidates]
    good = [point for point in curve if point.coverage >= _LEAST_SUPPORT and point.accuracy >= SURE_ACCURACY]
    if good:
        return good[0].threshold
    kept = [point for point in curve if point.coverage >= LEAST_SURE_SHARE]
    return max(kept, key=lambda point: (point.accuracy, point.coverage)).threshold


def threshold_effect(score: Floats, right: NDArray[np.bool_], threshold: float) -> Threshold:
    kept = score >= threshold
    return Threshold(threshold, _figure(float(kept.mean())), _figure(float(right[kept].mean())) if kept.any() else 0.0)


def _floor(value: float) -> float:
    """Downwards, so that a picture exactly at the threshold still passes."""
    return round(float(np.floor(value * 10**_DECIMALS) / 10**_DECIMALS), _DECIMALS)


def _figure(value: float) -> float:
    return round(value, 6)
