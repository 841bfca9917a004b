"""What happens where CUDA does not run: decided by what is known of the obstacle, never by how it is worded."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from runtime_app import providers
from runtime_app.bundle import BundleError, open_bundle
from runtime_app.classifier import Classifier
from runtime_app.commands import app
from runtime_app.errors import UserError
from runtime_app.presenter import tasks
from runtime_app.presenter.wording import engine_words
from runtime_app.providers import Obstacle
from tests.runtime_app.samples import TINY

ADVICE = "Wait for the moon."


class InOtherWords(providers.CudaDoesNotRun):
    def __init__(self, obstacle: Obstacle) -> None:
        UserError.__init__(self, "In other words.", obstacle.advice)


@pytest.mark.parametrize(("reason", "expected"), [("libbuild.so is missing", False), ("the moon is full", True)])
def test_classify_says_why_it_runs_on_the_cpu_where_something_is_broken(
    monkeypatch: pytest.MonkeyPatch, digits: Path, reason: str, expected: bool
) -> None:
    monkeypatch.setattr(providers, "cuda_obstacle", lambda: Obstacle(reason, ADVICE, expected=expected))
    answer = CliRunner().invoke(app, ["classify", str(digits), "--bundle", str(TINY)])
    assert answer.exit_code == 0, answer.output
    assert (f"Running on the CPU: {reason}." in answer.stderr) is not expected


def test_window_goes_on_without_cuda_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "cuda_obstacle", lambda: Obstacle("the moon is full", ADVICE))
    monkeypatch.setattr(providers, "CudaDoesNotRun", InOtherWords)
    loaded = tasks.load(TINY, "cuda", "auto", 1)
    assert loaded.notice == "In other words." and loaded.classifier.engine.provider == providers.CPU
    assert engine_words(loaded.classifier.engine, None)[1] == "not on the GPU: the moon is full"


def test_broken_bundle_in_a_folder_called_cuda_is_opened_once(
    monkeypatch: pytest.MonkeyPatch, tiny_bundle: Path
) -> None:
    bundle = open_bundle(tiny_bundle.rename(tiny_bundle.with_name("CUDA")))
    (bundle.path / "model.onnx").write_bytes(b"damaged")
    opened = []

    def counted(*arguments: object) -> Classifier:
        opened.append(arguments)
        return Classifier(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "Classifier", counted)
    with pytest.raises(BundleError, match="CUDA"):
        tasks.load(bundle, "cuda", "auto", 1)
    assert len(opened) == 1
