import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.trainer.one_step import PICTURES, step
from tests.trainer.samples import Answer, same_run, small, trainer
from trainer.config import read_record
from trainer.distributed import ALONE

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 5


def torchrun(*arguments: object, stop_at: str | None = None) -> Answer:
    """Two gloo processes on this machine; stop_at: Ctrl-C when this text appears."""
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        "-m",
        *map(str, arguments),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen = []
    for line in process.stdout:
        seen.append(line)
        if stop_at is not None and stop_at in line:
            process.send_signal(signal.SIGINT)
    status = process.wait(timeout=600)
    return Answer(status, "".join(seen), "".join(seen))


@pytest.fixture(scope="module")
def steps(tmp_path_factory) -> list[dict]:
    """What each of two processes had and found in one step."""
    out = tmp_path_factory.mktemp("step") / "step"
    answer = torchrun("tests.trainer.one_step", out)
    assert answer.status == 0, answer.out
    return [torch.load(out.with_suffix(f".{rank}.pt")) for rank in (0, 1)]


def test_two_processes_make_the_gradient_and_weights_of_one(steps):
    first, second = steps
    one = step(ALONE)
    for name, gradient in one["gradients"].items():
        torch.testing.assert_close(first["gradients"][name], gradient, rtol=1e-4, atol=1e-6)
        assert torch.equal(first["gradients"][name], second["gradients"][name])
    for name, weight in one["weights"].items():
        torch.testing.assert_close(first["weights"][name], weight, rtol=1e-4, atol=1e-6)
    assert first["totals"] == second["totals"] == pytest.approx(one["totals"], rel=1e-6)


def test_processes_share_the_epoch_without_overlap(steps):
    shares = [torch.cat(each["pictures"]) for each in steps]
    assert [len(share) for share in shares] == [17, 16]
    found = {picture.numpy().tobytes() for share in shares for picture in share}
    alone = {picture.numpy().tobytes() for picture in torch.cat(step(ALONE)["pictures"])}
    assert len(found) == PICTURES
    assert found == alone


@pytest.fixture(scope="module")
def pair(pictures, tmp_path_factory) -> Path:
    """A run of two processes, long enough for BatchNorm's averages to settle."""
    runs = tmp_path_factory.mktemp("pair")
    answer = torchrun("trainer", *small(pictures, runs, "--epochs", EPOCHS, "--batch-size", 16))
    assert answer.status == 0, answer.out
    (folder,) = runs.iterdir()
    return folder


def test_only_the_first_process_writes_and_the_config_states_the_global_batch(pair):
    config = read_record(pair / "config.json").config
    assert (config.batch_size, config.processes) == (16, 2)
    assert len((pair / "metrics.csv").read_text().splitlines()) == 1 + EPOCHS
    assert not list(pair.glob(".unfinished-*"))


def test_two_processes_learn_as_well_as_one(pair, pictures, tmp_path):
    one = trainer(*small(pictures, tmp_path, "--epochs", EPOCHS, "--batch-size", 16)).folder
    both = json.loads((pair / "summary.json").read_text())["test_accuracy_interval"]
    alone = json.loads((one / "summary.json").read_text())["test_accuracy_interval"]
    assert max(both[0], alone[0]) <= min(both[1], alone[1])
    assert min(both[1], alone[1]) > 0.9


def test_run_of_two_processes_resumes_exactly_with_two(pair, pictures, tmp_path):
    stopped = torchrun(
        "trainer", *small(pictures, tmp_path, "--epochs", EPOCHS, "--batch-size", 16), stop_at=f"epoch 1/{EPOCHS}"
    )
    assert stopped.status != 0
    assert re.search(r"torchrun --nproc-per-node=2 -m trainer --resume \S+", stopped.out)
    (folder,) = tmp_path.iterdir()
    assert not (folder / "summary.json").exists()
    resumed = torchrun("trainer", "--resume", folder)
    assert resumed.status == 0, resumed.out
    assert same_run(folder, pair)


def test_resuming_with_another_number_of_processes_is_refused(pair):
    answer = trainer("--resume", pair)
    assert answer.status == 2
    assert "processes was 2, now 1" in answer.err


def test_batch_that_cannot_be_shared_is_refused(pictures, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "WORLD_SIZE", "64")
    answer = trainer(*small(pictures, tmp_path))
    assert answer.status == 2
    assert "64 processes cannot share batches of 32" in answer.err
