import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.trainer.samples import same_run, small, trainer, untimed
from trainer.checkpoint import load_last, save_last
from trainer.model import CifarNet

ROOT = Path(__file__).resolve().parents[2]


def stop_after(monkeypatch, batches: int) -> None:
    """Ctrl-C in the middle of the epoch that contains this batch."""
    import trainer.engine as engine

    step, done = engine.train_step, []

    def counting(training, batch):
        done.append(batch)
        if len(done) > batches:
            raise KeyboardInterrupt
        return step(training, batch)

    monkeypatch.setattr(engine, "train_step", counting)


@pytest.mark.parametrize("recipe", ["baseline", "fast"])
def test_resumed_run_equals_uninterrupted_run(recipe, pictures, tmp_path, monkeypatch):
    whole = trainer(*small(pictures, tmp_path / "whole", "--recipe", recipe, "--epochs", 3))
    with monkeypatch.context() as patch:
        stop_after(patch, batches=4)  # in the second epoch of three batches
        stopped = trainer(*small(pictures, tmp_path / "stopped", "--recipe", recipe, "--epochs", 3))
    (folder,) = (tmp_path / "stopped").iterdir()
    assert stopped.status == 130
    assert len(untimed(folder / "metrics.csv")) == 2
    resumed = trainer("--resume", folder)
    assert resumed.status == 0, resumed.err
    assert same_run(whole.folder, folder)


def test_comparison_of_runs_sees_one_changed_weight(finished, tmp_path):
    other = Path(shutil.copytree(finished.folder, tmp_path / "copy"))
    assert same_run(finished.folder, other)
    content = torch.load(other / "last.pt", weights_only=True)
    content["model"]["head.bias"][0] += 1e-7
    torch.save(content, other / "last.pt")
    assert not same_run(finished.folder, other)


def test_run_killed_before_its_first_checkpoint_begins_again(finished, tmp_path):
    folder = tmp_path / "killed"
    folder.mkdir()
    shutil.copy(finished.folder / "config.json", folder)
    (folder / ".unfinished-xyz.pt").write_bytes(b"half of it")
    assert trainer("--resume", folder).status == 0
    assert same_run(finished.folder, folder)
    assert not list(folder.glob(".unfinished-*"))


def test_run_killed_after_its_last_epoch_only_writes_the_results(finished, tmp_path):
    folder = Path(shutil.copytree(finished.folder, tmp_path / "killed"))
    (folder / "summary.json").unlink()
    (folder / ".unfinished-xyz.pt").write_bytes(b"half")
    answer = trainer("--resume", folder)
    assert answer.status == 0
    assert not any(line.startswith("epoch") for line in answer.err.splitlines())
    assert (folder / "summary.json").exists()
    assert not list(folder.glob(".unfinished-*"))


def test_run_killed_at_random_moments_equals_uninterrupted_run():
    """The full number of moments takes minutes; `python -m tests.trainer.killed_runs` goes through 25."""
    command = [sys.executable, "-m", "tests.trainer.killed_runs", "--kills", "3", "--epochs", "2"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "3 of 3 killed runs ended like the uninterrupted one" in answer.stdout


def test_ctrl_c_saves_and_prints_the_exact_command_that_resumes(pictures, tmp_path):
    command = [sys.executable, "-m", "trainer", *map(str, small(pictures, tmp_path / "my runs", "--epochs", 500))]
    with open(tmp_path / "stderr", "w+") as terminal:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=terminal)
        while process.poll() is None and "epoch 2/" not in (tmp_path / "stderr").read_text():
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    err = (tmp_path / "stderr").read_text()
    (folder,) = (tmp_path / "my runs").iterdir()
    assert any(line.endswith(f"python -m trainer --resume '{folder}'") for line in err.splitlines())
    assert "Traceback" not in err
    progress = torch.load(folder / "last.pt", weights_only=True)["progress"]
    assert progress["epoch"] >= 2
    assert len(untimed(folder / "metrics.csv")) - 1 == progress["epoch"]


def test_ctrl_c_while_files_are_written_waits_until_they_are_whole(pictures, tmp_path, monkeypatch):
    import trainer.run as run

    save = run.save_best

    def interrupted(path, checkpoint):
        signal.raise_signal(signal.SIGINT)
        save(path, checkpoint)

    monkeypatch.setattr(run, "save_best", interrupted)
    answer = trainer(*small(pictures, tmp_path, "--epochs", 3))
    (folder,) = tmp_path.iterdir()
    assert answer.status == 130
    assert torch.load(folder / "last.pt", weights_only=True)["progress"]["epoch"] == 1
    assert (folder / "best.pt").exists()
    assert len(untimed(folder / "metrics.csv")) == 2


def test_plateau_scheduler_is_restored_wholly(tmp_path):
    def parts():
        network = CifarNet(2, (4, 4, 4, 4))
        optimizer = torch.optim.AdamW(network.parameters(), lr=0.001)
        return network, optimizer, torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=3)

    network, optimizer, scheduler = parts()
    for loss in (1.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.6):
        scheduler.step(loss)
    assert (scheduler.best, scheduler.num_bad_epochs, optimizer.param_groups[0]["lr"]) == (0.5, 1, 0.0005)
    generator = torch.Generator().manual_seed(1)
    save_last(tmp_path / "last.pt", network, {"optimizer": optimizer, "scheduler": scheduler}, generator, {})
    network, optimizer, again = parts()
    load_last(tmp_path / "last.pt", network, {"optimizer": optimizer, "scheduler": again}, torch.Generator())
    assert again.state_dict() == scheduler.state_dict()
    again.step(0.6), again.step(0.6), again.step(0.6)
    assert optimizer.param_groups[0]["lr"] == 0.00025


def test_finished_run_says_so(finished):
    before = {path: path.read_bytes() for path in finished.folder.iterdir()}
    answer = trainer("--resume", finished.folder)
    assert answer.status == 0
    assert "is finished: 3 epochs are done" in answer.err
    assert before == {path: path.read_bytes() for path in finished.folder.iterdir()}


def test_epochs_may_grow_and_give_what_a_longer_run_would_have_given(finished, pictures, tmp_path):
    longer = trainer(*small(pictures, tmp_path / "longer", "--epochs", 4))
    grown = Path(shutil.copytree(finished.folder, tmp_path / "grown"))
    answer = trainer("--resume", grown, "--epochs", 4)
    assert answer.status == 0, answer.err
    assert same_run(longer.folder, grown)
    assert json.loads((grown / "summary.json").read_text())["epochs"] == 4


def test_epochs_may_not_shrink(finished):
    answer = trainer("--resume", finished.folder, "--epochs", 2)
    assert answer.status == 2
    assert "started with 3 epochs; 2 are fewer" in answer.err


def test_resuming_with_other_settings_lists_the_differences_and_refuses(finished):
    answer = trainer("--resume", finished.folder, "--batch-size", 64, "--seed", 5, "--no-flip", "--recipe", "baseline")
    assert answer.status == 2
    for difference in ("batch_size was 32, now 64", "seed was 0, now 5", "flip was True, now False"):
        assert difference in answer.err
    assert "recipe" not in answer.err


def test_resuming_on_changed_data_is_refused(finished, pictures, tmp_path):
    data = Path(shutil.copytree(pictures, tmp_path / "colours"))
    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace(str(pictures), str(data)))
    (folder / "summary.json").unlink()
    (data / "red" / "000.png").unlink()
    answer = trainer("--resume", folder)
    assert answer.status == 2
    assert "its SHA-256 differs" in answer.err


@pytest.mark.parametrize("damage", [b"", b"no checkpoint", None])
def test_damaged_last_checkpoint_is_said_plainly(finished, tmp_path, damage):
    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    (folder / "summary.json").unlink()
    whole = (folder / "last.pt").read_bytes()
    (folder / "last.pt").write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    answer = trainer("--resume", folder)
    assert answer.status == 2
    assert "last.pt is not a checkpoint" in answer.err


def test_resuming_what_is_no_run_is_said_plainly(tmp_path):
    answer = trainer("--resume", tmp_path / "nothing")
    assert answer.status == 2
    assert "config.json cannot be read" in answer.err
