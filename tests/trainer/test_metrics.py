import numpy as np
import pytest
import torch

from trainer.dry_run import multiply_adds
from trainer.metrics import accuracy_interval, confusion, expected_calibration_error, loss_and_accuracy, per_class
from trainer.model import CifarNet


def test_calibration_error_of_a_perfectly_calibrated_classifier_is_zero():
    probabilities = np.tile([0.75, 0.25], (400, 1))
    labels = np.array([0] * 300 + [1] * 100)
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0, abs=1e-12)


def test_calibration_error_equals_the_formula_on_a_small_example():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    labels = np.array([0, 1, 0, 0])
    # bins of 1/15: {0.9, 0.9}: accuracy 0.5, confidence 0.9; {0.6, 0.6}: accuracy 0.5, confidence 0.6
    assert expected_calibration_error(probabilities, labels) == pytest.approx(0.5 * 0.4 + 0.5 * 0.1)


def test_accuracy_interval_is_wilsons():
    # Wilson (1927): (p + z2/2n -+ z sqrt(p q / n + z2/4n2)) / (1 + z2/n), z = 1.96
    low, high = accuracy_interval(90, 100)
    assert (low, high) == (pytest.approx(0.8256, abs=1e-4), pytest.approx(0.9448, abs=1e-4))
    assert accuracy_interval(100, 100)[1] == 1.0


def test_confusion_has_true_classes_in_rows():
    counts = confusion(np.array([0, 0, 1]), np.array([1, 0, 1]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_per_class_figures_are_the_textbooks():
    first, second, third = per_class(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ("a", "b", "c"))
    assert (first.precision, first.recall, first.support) == (1.0, pytest.approx(2 / 3), 3)
    assert (second.precision, second.recall, second.f1) == (0.5, 1.0, pytest.approx(2 / 3))
    assert (third.precision, third.recall, third.support) == (0, 0, 0)


def test_loss_and_accuracy_are_means_over_pictures():
    loss, accuracy = loss_and_accuracy(torch.tensor([[0.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 1]))
    assert (loss, accuracy) == (pytest.approx(np.log(2)), 0.5)


def test_multiply_adds_count_convolutions_and_head():
    network = CifarNet(10)
    assert multiply_adds(network, 32) == pytest.approx(103e6, rel=0.02)
    assert network.training
