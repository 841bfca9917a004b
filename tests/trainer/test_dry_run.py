import importlib.util
import sys
from dataclasses import fields

import pytest

from tests.trainer.samples import small, trainer
from trainer.config import TrainConfig


def test_dry_run_prints_the_whole_configuration_and_an_estimate_and_writes_nothing(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    answer = trainer(*small(pictures, tmp_path / "runs", "--dry-run"))
    assert answer.status == 0, answer.err
    for field in fields(TrainConfig):
        assert field.name.replace("_", " ") in answer.out
    for text in ("parameters", "multiply-adds", "estimated time", "blue, green, red", "128"):
        assert text in answer.out
    assert not (tmp_path / "runs").exists()


def test_help_does_not_wait_for_torch(monkeypatch):
    for name in [name for name in sys.modules if name == "trainer.command"]:
        monkeypatch.delitem(sys.modules, name)
    answer = trainer("--help")
    assert answer.status == 0
    assert "--resume RUN" in answer.out
    assert "trainer.command" not in sys.modules


@pytest.mark.skipif(importlib.util.find_spec("tensorboard") is None, reason="the optional package is not installed")
def test_tensorboard_shows_every_figure_of_every_epoch(pictures, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    answer = trainer(*small(pictures, tmp_path, "--epochs", 2, "--tensorboard"))
    assert answer.status == 0, answer.err
    events = EventAccumulator(str(answer.folder / "tensorboard"))
    events.Reload()
    assert {"val_acc", "train_loss", "lr"} <= set(events.Tags()["scalars"])
    assert [event.step for event in events.Scalars("val_loss")] == [1, 2]
