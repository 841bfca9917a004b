"""What is saved where a run began with a checkpoint: the mean over rounds, with a share of their start."""

import json
import shutil

import pytest
import torch

from tests.trainer.samples import same_run, same_tensors, small, trainer, untimed
from tests.trainer.test_resume import stop_after
from trainer.averaging import weights_of
from trainer.checkpoint import load_best, save_best

# The recipes multiply the logits differently; the head takes that over when a run begins.
SCALES = {"head.weight": 1 / 0.125, "head.bias": 1 / 0.125}
SOME = ("blocks.0.conv1.weight", "blocks.3.norm2.running_var", "head.weight")


def finetune(pictures, runs, source, *more):
    return trainer(*small(pictures, runs, "--recipe", "finetune", "--init-from", source, *more))


def last_of(folder):
    return torch.load(folder / "last.pt", weights_only=True)


def best_of(folder):
    return load_best(folder / "best.pt").network.state_dict()


def test_finetune_saves_the_average_with_its_share_of_the_start(finished, pictures, tmp_path):
    answer = finetune(pictures, tmp_path, finished.folder / "best.pt", "--epochs", 1, "--rounds", 1)
    last, best, start = last_of(answer.folder)["model"], best_of(answer.folder), best_of(finished.folder)
    for name in SOME:
        torch.testing.assert_close(best[name], 0.6 * last[name] + 0.4 * SCALES.get(name, 1) * start[name])
    validated = json.loads((answer.folder / "summary.json").read_text())["validation_accuracy"]
    assert validated == load_best(answer.folder / "best.pt").validation_accuracy


@pytest.fixture
def starts(monkeypatch):
    """The weights that each epoch began with."""
    import trainer.run as run

    seen, run_epoch = [], run.run_epoch

    def noting(training, epoch, on_batch):
        seen.append(weights_of(training.network))
        return run_epoch(training, epoch, on_batch)

    monkeypatch.setattr(run, "run_epoch", noting)
    return seen


@pytest.mark.parametrize("recipe", ["baseline", "finetune"])
def test_every_round_begins_at_the_start_with_other_pictures_first(recipe, finished, pictures, tmp_path, starts):
    options = ("--init-from", finished.folder / "best.pt", "--epochs", 2, "--rounds", 2)
    answer = trainer(*small(pictures, tmp_path, "--recipe", recipe, *options))
    assert answer.status == 0 and "epoch 4/4" in answer.err, answer.err
    assert same_tensors(starts[0], starts[2])
    assert not torch.equal(starts[1]["head.weight"], starts[3]["head.weight"])
    rows = [line[-1] for line in untimed(answer.folder / "metrics.csv")[1:]]
    assert rows[:2] == rows[2:]  # the learning rates
    assert json.loads((answer.folder / "config.json").read_text())["config"]["rounds"] == 2


def test_rounds_are_averaged_in_what_is_saved(finished, pictures, tmp_path):
    answer = finetune(pictures, tmp_path, finished.folder / "best.pt", "--epochs", 1)
    last = last_of(answer.folder)
    ends = [*last["progress"]["averaging"]["ended"], last["model"]]
    assert len(ends) == 3
    best, start = load_best(answer.folder / "best.pt"), best_of(finished.folder)
    for name in SOME:
        mean = torch.stack([end[name] for end in ends[: best.epoch]]).mean(0)
        expected = 0.6 * mean + 0.4 * SCALES.get(name, 1) * start[name]
        torch.testing.assert_close(best.network.state_dict()[name], expected)


def test_first_of_several_rounds_is_a_training_of_one(finished, pictures, tmp_path):
    source = finished.folder / "best.pt"
    one = finetune(pictures, tmp_path / "one", source, "--epochs", 1, "--rounds", 1)
    two = finetune(pictures, tmp_path / "two", source, "--epochs", 1, "--rounds", 2)
    assert same_tensors(last_of(two.folder)["progress"]["averaging"]["ended"][0], last_of(one.folder)["model"])


def test_finetune_of_other_classes_averages_nothing(finished, pictures, tmp_path):
    other = shutil.copytree(pictures, tmp_path / "other")
    (other / "red").rename(other / "crimson")
    source = finished.folder / "best.pt"
    answer = finetune(other, tmp_path / "runs", source, "--epochs", 1)
    assert torch.equal(best_of(answer.folder)["head.weight"], last_of(answer.folder)["model"]["head.weight"])
    refused = finetune(other, tmp_path / "runs", source, "--rounds", 2)
    assert refused.status == 2 and "same classes" in refused.err
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_start_that_was_replaced_is_not_read_again_by_a_resumed_run_and_refused_by_one_that_has_not_begun(
    finished, pictures, tmp_path, monkeypatch
):
    source = shutil.copy(finished.folder / "best.pt", tmp_path / "source.pt")
    with monkeypatch.context() as patch:
        stop_after(patch, batches=4)
        finetune(pictures, tmp_path / "runs", source, "--epochs", 2)
    (folder,) = (tmp_path / "runs").iterdir()
    (tmp_path / "source.pt").write_bytes(b"junk")
    resumed = trainer("--resume", folder)
    assert resumed.status == 0, resumed.err
    assert "6 epochs are done" in trainer("--resume", folder).err
    (folder / "last.pt").unlink()
    (folder / "summary.json").unlink()
    other = load_best(finished.folder / "best.pt")
    other.network.head.bias.data += 1
    save_best(tmp_path / "source.pt", other)
    refused = trainer("--resume", folder)
    assert refused.status == 2 and "is not the checkpoint that" in refused.err


def test_rounds_without_a_checkpoint_are_refused(pictures, tmp_path):
    refused = trainer(*small(pictures, tmp_path / "runs", "--rounds", 2))
    assert refused.status == 2 and "--init-from" in refused.err and "Traceback" not in refused.err
    assert not (tmp_path / "runs").exists()


# Three batches an epoch, two epochs a round.
@pytest.mark.parametrize("batches", [4, 6, 10], ids=["in the first round", "between the rounds", "in the second round"])
def test_stopped_finetune_goes_on_with_the_start_it_had(batches, finished, pictures, tmp_path, monkeypatch):
    source = shutil.copy(finished.folder / "best.pt", tmp_path / "source.pt")
    whole = finetune(pictures, tmp_path / "whole", source, "--epochs", 2, "--rounds", 2)
    with monkeypatch.context() as patch:
        stop_after(patch, batches=batches)
        finetune(pictures, tmp_path / "stopped", source, "--epochs", 2, "--rounds", 2)
    (folder,) = (tmp_path / "stopped").iterdir()
    (tmp_path / "source.pt").unlink()
    resumed = trainer("--resume", folder)
    assert resumed.status == 0, resumed.err
    assert same_run(whole.folder, folder)
