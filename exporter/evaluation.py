"""All figures of a calibrated network, gathered once for the manifest, the metrics file, the card and the plots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from exporter.calibrate import (
    ReliabilityBin,
    Threshold,
    choose_rule,
    fit_temperature,
    measure,
    reliability,
    threshold_effect,
)
from runtime_app.manifest import Metrics, SplitMetrics, VerdictRule
from runtime_app.verdict import scores
from trainer.data import Splits
from trainer.metrics import ClassMetrics, accuracy_interval, confusion, per_class

_CONFUSIONS_SHOWN = 6


@dataclass(frozen=True)
class Confused:
    """Of the test pictures of class `true`, `count` (a fraction `share`) were taken for `predicted`."""

    true: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class Evaluation:
    """temperature and rule come from the validation split; everything named test is measured and decides nothing.

    before: at temperature 1; interval: Wilson, 95%; flagged: set of out-of-class pictures -> share with the verdict
    "none"; score_comparison: score -> set -> that share, by which the score was chosen; confusion: rows are true.
    """

    classes: tuple[str, ...]
    temperature: float
    rule: VerdictRule
    metrics: Metrics
    before: Metrics
    interval: tuple[float, float]
    thresholds: dict[str, dict[str, Threshold]]
    flagged: dict[str, float]
    score_comparison: dict[str, dict[str, float]]
    classes_table: tuple[ClassMetrics, ...]
    confusion: tuple[tuple[int, ...], ...]
    confusions: tuple[Confused, ...]
    reliability_before: tuple[ReliabilityBin, ...]
    reliability_after: tuple[ReliabilityBin, ...]


def evaluate(
    splits: Splits,
    validation_logits: NDArray[np.floating],
    test_logits: NDArray[np.floating],
    out_of_class: dict[str, NDArray[np.floating]],
) -> Evaluation:
    """Logits are torch's, [n, K], undivided; out_of_class: name of a set -> its logits."""
    wanted, labels = splits.validation.labels, splits.test.labels
    temperature = fit_temperature(validation_logits, wanted)
    rule, comparison = choose_rule(validation_logits, wanted, temperature, out_of_class)
    counts = confusion(labels, test_logits.argmax(1), len(splits.classes))
    return Evaluation(
        classes=splits.classes,
        temperature=temperature,
        rule=rule,
        metrics=_both(validation_logits, wanted, test_logits, labels, temperature),
        before=_both(validation_logits, wanted, test_logits, labels, 1.0),
        interval=_rounded(accuracy_interval(int(counts.trace()), int(counts.sum()))),
        thresholds={
            "validation": _thresholds(validation_logits, wanted, temperature, rule),
            "test": _thresholds(test_logits, labels, temperature, rule),
        },
        flagged=comparison[rule.score],
        score_comparison=comparison,
        classes_table=tuple(per_class(labels, test_logits.argmax(1), splits.classes)),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        confusions=_most_confused(counts, splits.classes),
        reliability_before=tuple(reliability(softmax(test_logits.astype(np.float64), axis=1), labels)),
        reliability_after=tuple(reliability(softmax(test_logits.astype(np.float64) / temperature, axis=1), labels)),
    )


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], 4), round(interval[1], 4)


def _both(
    validation: NDArray[np.floating],
    wanted: NDArray[np.int64],
    test: NDArray[np.floating],
    labels: NDArray[np.int64],
    temperature: float,
) -> Metrics:
    parts: list[SplitMetrics] = [measure(validation, wanted, temperature), measure(test, labels, temperature)]
    return Metrics(*parts)


def _thresholds(
    logits: NDArray[np.floating], labels: NDArray[np.int64], temperature: float, rule: VerdictRule
) -> dict[str, Threshold]:
    score, right = scores(logits, temperature, rule.score), logits.argmax(1) == labels
    limits = {"none_below": rule.none_below, "unsure_below": rule.unsure_below}
    return {name: threshold_effect(score, right, limit) for name, limit in limits.items()}


def _most_confused(counts: NDArray[np.int64], classes: tuple[str, ...]) -> tuple[Confused, ...]:
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSIONS_SHOWN]
    found = []
    for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True):
        if wrong[row, column]:
            share = round(float(wrong[row, column] / counts[row].sum()), 4)
            found.append(Confused(classes[row], classes[column], int(wrong[row, column]), share))
    return tuple(found)
