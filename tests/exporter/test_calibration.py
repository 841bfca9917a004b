"""Confidence that means what it says, and thresholds that do what the contract promises."""

import numpy as np
import pytest
from scipy.special import softmax

from exporter.calibrate import (
    brier,
    choose_rule,
    fit_temperature,
    measure,
    negative_log_likelihood,
    none_threshold,
    reliability,
    threshold_effect,
    unsure_threshold,
)

from .conftest import Export


@pytest.fixture
def overconfident() -> tuple[np.ndarray, np.ndarray]:
    """Logits three times too large for the labels, which are drawn from their softmax at temperature 3; so many that
    chance alone gives an error of 0.3%, well below what is asserted."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 6, (100_000, 5))
    shares = softmax(logits / 3, axis=1).cumsum(axis=1)
    return logits, (random.random((len(logits), 1)) > shares).sum(axis=1)


def test_temperature_is_found_and_minimises_the_likelihood_loss(overconfident: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = overconfident
    temperature = fit_temperature(logits, labels)
    assert temperature == pytest.approx(3, abs=0.1)
    best = negative_log_likelihood(logits / temperature, labels)
    assert best <= min(negative_log_likelihood(logits / t, labels) for t in (0.9 * temperature, 1.1 * temperature))


def test_calibration_removes_the_error_and_leaves_accuracy_alone(overconfident: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = overconfident
    before, after = measure(logits, labels, 1.0), measure(logits, labels, fit_temperature(logits, labels))
    assert before.ece > 0.1 and after.ece < 0.01
    assert after.nll < before.nll and after.brier < before.brier
    assert after.accuracy == before.accuracy


@pytest.mark.parametrize("count", [10, 40])
def test_a_few_pictures_that_are_all_right_do_not_make_the_network_certain(count: int) -> None:
    """Logits that are the exact log-posteriors of three overlapping classes: honest at a temperature of 1."""
    random, means = np.random.default_rng(3), 3 * np.eye(3)

    def drawn(number: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(number) % 3
        points = means[labels] + random.normal(0, 1, (number, 3))
        return -((points[:, None] - means) ** 2).sum(2) / 2, labels

    many = drawn(20_000)
    for _ in range(20):
        temperature = fit_temperature(*drawn(count))
        assert 0.2 < temperature < 3 and measure(*many, temperature).nll < 2 * measure(*many, 1.0).nll
    assert fit_temperature(*many) == pytest.approx(1, abs=0.05)


def test_brier_score_is_zero_for_certain_truth_and_two_for_certain_error() -> None:
    probabilities = np.array([[1.0, 0.0], [1.0, 0.0]])
    assert brier(probabilities, np.array([0, 0])) == 0
    assert brier(probabilities, np.array([1, 1])) == 2


def test_reliability_bins_hold_every_picture_once(overconfident: tuple[np.ndarray, np.ndarray]) -> None:
    logits, labels = overconfident
    bins = reliability(softmax(logits, axis=1), labels)
    assert len(bins) == 15
    assert sum(part.count for part in bins) == len(labels)
    assert all(part.low < part.confidence <= part.high for part in bins if part.count)


@pytest.mark.parametrize("count", [20, 144, 5000])
def test_at_least_95_percent_of_validation_pictures_pass_none_below(count: int) -> None:
    score = np.random.default_rng(count).uniform(0, 1, count)
    passed = (score >= none_threshold(score)).mean()
    assert 0.95 <= passed <= 0.95 + 1.5 / count + 0.01


def test_unsure_below_is_the_smallest_threshold_with_98_percent_accuracy() -> None:
    score = np.linspace(0, 1, 1001)
    right = np.arange(1001) % 10 != 0
    right[500:] = True
    limit = unsure_threshold(score, right, 0.05)
    assert threshold_effect(score, right, limit).accuracy >= 0.98
    assert threshold_effect(score, right, limit - 0.03).accuracy < 0.98


def test_where_98_percent_cannot_be_reached_the_best_that_keeps_half_is_taken() -> None:
    score = np.linspace(0, 1, 1000)
    right = np.arange(1000) % 10 != 0
    limit = unsure_threshold(score, right, 0.05)
    assert threshold_effect(score, right, limit).coverage >= 0.5


def test_score_is_the_one_that_flags_most_and_thresholds_follow_from_validation_alone() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 4, 2000)
    known = 8.0 * np.eye(4)[labels] + random.normal(0, 1, (2000, 4))
    foreign = 0.2 * known + random.normal(-20, 1, (2000, 4))
    rule, shares = choose_rule(known, labels, 1.0, {"foreign": foreign})
    assert shares[rule.score]["foreign"] == max(share["foreign"] for share in shares.values())
    again, _ = choose_rule(known, labels, 1.0, {"foreign": foreign[:10]})
    if again.score == rule.score:
        assert again == rule


def test_test_pictures_decide_nothing(export: Export) -> None:
    """Other test labels and logits change what is reported, never what is built in."""
    from exporter.evaluation import evaluate
    from exporter.reference import Reference

    reference = Reference(export.source.checkpoint)
    validation = reference.run(export.splits.validation.images).logits
    foreign = {"some": reference.run(export.splits.validation.images[::-1, ::-1].copy()).logits}
    random = np.random.default_rng(0)
    found = [
        evaluate(export.splits, validation, random.normal(0, 1, (len(export.splits.test), 10)), foreign)
        for _ in range(2)
    ]
    assert found[0].metrics.test != found[1].metrics.test
    assert found[0].temperature == found[1].temperature
    assert found[0].rule == found[1].rule


def test_photographs_count_as_much_as_all_made_sets_together() -> None:
    labels = np.arange(400) % 4
    known = 8.0 * np.eye(4)[labels] + np.random.default_rng(0).normal(0, 0.1, (400, 4))
    torn = np.tile([20.0, 20.0, 0.0, 0.0], (40, 1))  # between two classes: probabilities tell, the energy does not
    faint = np.tile([-20.0, -40.0, -40.0, -40.0], (40, 1))  # certain of one: the energy alone tells
    faint[:10, 1] = -20.0
    made = dict.fromkeys(("textures", "noise", "digits"), faint)
    rule, shares = choose_rule(known, labels, 1.0, {"photographs": torn, **made})
    assert shares["energy"] == {"photographs": 0, "textures": 1, "noise": 1, "digits": 1}
    assert rule.score == "max_probability"


def test_none_below_is_the_largest_threshold_that_95_percent_reach() -> None:
    assert none_threshold(np.arange(100) / 100) == 0.05
    assert none_threshold(np.arange(20) / 20) == 0.05


def test_of_the_thresholds_that_keep_half_the_most_accurate_is_taken() -> None:
    score = np.linspace(0, 1, 1000)
    right = np.where(score < 0.5, np.arange(1000) % 2 == 0, np.arange(1000) % 10 != 0)
    limit = unsure_threshold(score, right, 0.05)
    effect = threshold_effect(score, right, limit)
    assert effect.coverage >= 0.5 and effect.accuracy >= 0.89


def test_digits_are_foreign_to_all_but_a_network_of_digits() -> None:
    from exporter.out_of_class import out_of_class_sets

    made = {"photographs", "textures", "noise"}
    assert out_of_class_sets(16, "digits", per_set=2).keys() == made
    sets = out_of_class_sets(16, "cifar10", per_set=2)
    assert sets.keys() == made | {"digits"} and {images.shape for images in sets.values()} == {(2, 16, 16, 3)}
