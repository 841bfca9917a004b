"""The times that diff shows: of two bundles in turn, and told apart only where they differ by more than they scatter."""

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from exporter import diff
from exporter.diff import Change, compare, show
from runtime_app.bundle import Bundle

SHIPPED = Path(__file__).resolve().parents[2] / "artifacts" / "bundles" / "cifarnet-cifar10"
TIMES = tuple(f"{precision}: one picture here (ms, CPU)" for precision in ("fp32", "int8"))


class _Machine:
    """A clock that only a prediction moves, the longer the more were made; B takes `factor` times as long as A."""

    def __init__(self, factor: float, slowing: float) -> None:
        self.now, self.made, self.factor, self.slowing = 0.0, 0, factor, slowing
        self.opened: list[str] = []

    def open(self, bundle: Bundle, device: str, precision: str) -> SimpleNamespace:
        own = self.factor if bundle.path.name == "b" else 1.0
        self.opened.append(bundle.path.name)

        def predict(images: NDArray[np.uint8]) -> None:
            self.made += 1
            self.now += own * (0.002 + self.slowing * self.made)

        return SimpleNamespace(predict=predict)


@pytest.fixture
def bundles(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        (tmp_path / name).symlink_to(SHIPPED)
    return tmp_path / "a", tmp_path / "b"


def _timed(machine: _Machine, bundles: tuple[Path, Path]) -> list[Change]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diff, "Classifier", machine.open)
        patch.setattr(time, "perf_counter", lambda: machine.now)
        return [change for change in compare(*bundles) if change.name in TIMES]


def test_a_machine_that_becomes_slower_makes_no_difference(
    bundles: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    machine = _Machine(1.0, slowing=1e-5)
    changes = _timed(machine, bundles)
    assert [change.name for change in changes] == list(TIMES)
    for change in changes:
        assert change.difference is None and not change.changed
    assert machine.opened[:6] == ["a", "b", "b", "a", "a", "b"]
    show(changes)
    assert capsys.readouterr().out.count("about the same") == len(TIMES)


def test_a_model_that_is_slower_by_more_than_the_times_scatter_is_told(
    bundles: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    changes = _timed(_Machine(1.5, slowing=1e-7), bundles)
    for change in changes:
        assert change.difference == pytest.approx(1.0, abs=0.1) and not change.changed
    show(changes)
    said = capsys.readouterr().out
    assert "about the same" not in said and said.count("+1") == len(TIMES)


def test_a_single_round_that_something_disturbed_hides_no_difference() -> None:
    quiet, disturbed = np.full(10, 1.0), np.array([1.5] * 9 + [80.0])
    assert diff._change(TIMES[0], 1.0, 1.5, [quiet, disturbed]).difference == 0.5
