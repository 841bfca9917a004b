import hashlib
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from tests.permissions import unprivileged
from tests.trainer.samples import Answer, make_pictures, small, trainer

ROOT = Path(__file__).resolve().parents[2]


def refused(answer: Answer, *parts: str, status: int = 2) -> None:
    """One message that says all of `parts`, the right exit status, no traceback, nothing on stdout."""
    assert answer.status == status, answer.err
    assert "Error: " in answer.err
    for part in parts:
        assert part in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.fixture
def own_pictures(tmp_path) -> Path:
    """A copy that a test may damage."""
    return make_pictures(tmp_path / "colours", per_class=20)


@pytest.fixture
def runs(tmp_path) -> Path:
    return tmp_path / "runs"


def test_corrupted_cifar10_file_is_named_with_both_md5_sums(tmp_path, runs):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "data_batch_3").write_bytes(b"damaged")
    answer = trainer("--data-root", tmp_path, "--runs", runs)
    found = hashlib.md5(b"damaged").hexdigest()
    refused(answer, "data_batch_3 is damaged", found, "54ebc095f3ab1f0389bbae665268c751")
    assert not runs.exists()


def test_cifar10_that_cannot_be_downloaded_is_said_plainly(tmp_path, runs, monkeypatch):
    def offline(self):
        raise OSError("no network")

    monkeypatch.setattr("torchvision.datasets.CIFAR10.download", offline)
    refused(trainer("--data-root", tmp_path, "--runs", runs), "could not be downloaded", "no network", "--data-root")


def test_cifar10_in_another_size_is_refused(tmp_path, runs):
    refused(trainer("--data-root", tmp_path, "--runs", runs, "--image-size", 64), "32x32", "--image-size 64")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA, so asking for it is no error")
def test_cuda_that_does_not_run_is_refused(pictures, runs):
    refused(trainer("--data", pictures, "--device", "cuda", "--runs", runs), "CUDA does not run", "--device cpu")


def test_cuda_that_is_found_but_fails_is_refused_and_auto_falls_back(pictures, runs, monkeypatch):
    def broken(*shape, **options):
        raise RuntimeError("no kernel image is available for execution on the device\nmore")

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.ones", broken)
    refused(trainer("--data", pictures, "--device", "cuda", "--runs", runs), "no kernel image is available")
    from trainer.setup import choose_device

    assert choose_device("auto") == torch.device("cpu")


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_file_that_is_no_checkpoint_is_refused(pictures, runs, tmp_path, finished, content):
    path = tmp_path / "some.pt"
    path.write_bytes((finished.folder / "best.pt").read_bytes()[:5000] if content is None else content)
    answer = trainer(*small(pictures, runs, "--init-from", path))
    refused(answer, "some.pt is not a checkpoint", "Name the best.pt of a training run, or train again.")
    assert "PytorchStreamReader" not in answer.err and "Errno" not in answer.err


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
@pytest.mark.parametrize("best", [True, False])
def test_damaged_last_checkpoint_says_where_to_begin_anew_and_torch_says_the_rest_in_the_log(
    finished, tmp_path, content, best
):
    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    whole = (folder / "last.pt").read_bytes()
    (folder / "last.pt").write_bytes(whole[: len(whole) // 2] if content is None else content)
    if not best:
        (folder / "best.pt").unlink()
    instead = f" with --init-from {folder / 'best.pt'}" if best else ""
    answer = trainer("--resume", folder, "--epochs", 4)
    refused(answer, "last.pt is not a checkpoint", f"Restore it from a copy, or start a new run{instead}.")
    assert "PytorchStreamReader" not in answer.err and "Name the best.pt" not in answer.err
    if content is None:
        assert "PytorchStreamReader" in trainer("--debug", "--resume", folder, "--epochs", 4).err


def test_checkpoint_that_carries_code_is_refused_and_the_code_is_not_run(pictures, runs, tmp_path):
    class Hostile:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "ran"),))

    torch.save({"model": Hostile()}, tmp_path / "some.pt")
    refused(trainer(*small(pictures, runs, "--init-from", tmp_path / "some.pt")), "carries code")
    assert not (tmp_path / "ran").exists()


def test_missing_checkpoint_is_said_plainly(pictures, runs, tmp_path):
    refused(trainer(*small(pictures, runs, "--init-from", tmp_path / "none.pt")), "There is no checkpoint")


def test_missing_data_folder_is_said_plainly(tmp_path, runs):
    refused(trainer("--data", tmp_path / "none", "--runs", runs), "There is no data set", "one subfolder")


def test_folder_with_one_class_is_refused(own_pictures, runs):
    shutil.rmtree(own_pictures / "red")
    shutil.rmtree(own_pictures / "blue")
    refused(trainer(*small(own_pictures, runs)), "1 class folder", "at least two")


def test_empty_class_is_named(own_pictures, runs):
    (own_pictures / "yellow").mkdir()
    refused(trainer(*small(own_pictures, runs)), str(own_pictures / "yellow"), "no usable picture")


def test_classes_that_differ_by_case_alone_are_named(own_pictures, runs):
    (own_pictures / "Red").mkdir()
    refused(trainer(*small(own_pictures, runs)), "differ by case alone: Red, red")


def test_different_classes_in_train_and_test_are_named(own_pictures, runs, tmp_path):
    root = tmp_path / "divided"
    shutil.copytree(own_pictures, root / "train")
    shutil.copytree(own_pictures, root / "test")
    (root / "test" / "red").rename(root / "test" / "rde")
    refused(trainer(*small(root, runs)), "different classes: rde, red")


def test_unreadable_pictures_are_listed_together_and_nothing_is_trained(own_pictures, runs):
    (own_pictures / "red" / "a.png").write_bytes(b"")
    (own_pictures / "blue" / "b.jpg").write_text("text")
    whole = (own_pictures / "green" / "000.png").read_bytes()
    (own_pictures / "green" / "c.png").write_bytes(whole[: len(whole) // 2])
    (own_pictures / "red" / "d.png").symlink_to(own_pictures / "gone.png")
    answer = trainer(*small(own_pictures, runs))
    refused(answer, "4 pictures", "a.png is empty", "b.jpg is not a picture", "c.png is damaged", "--skip-unreadable")
    assert "d.png cannot be read (No such file or directory)" in answer.err
    assert len([line for line in answer.err.splitlines() if line.startswith("  ")]) == 4, "one a line"
    assert "\ufffd" not in answer.err and not runs.exists()
    skipped = trainer(*small(own_pictures, runs, "--skip-unreadable", "--epochs", 1))
    assert skipped.status == 0, skipped.err
    assert f"4 pictures in {own_pictures} cannot be used and are left out." in skipped.err
    assert (skipped.folder / "summary.json").exists()


def test_pictures_of_any_size_and_format_become_the_network_input(own_pictures, runs):
    for number, (suffix, mode) in enumerate(
        [(".jpg", "L"), (".bmp", "RGB"), (".gif", "P"), (".png", "RGBA"), (".tif", "CMYK")]
    ):
        Image.new(mode, (20 + number, 50)).save(own_pictures / "red" / f"odd{suffix}")
    assert trainer(*small(own_pictures, runs, "--epochs", 1)).status == 0


def test_class_too_small_to_hold_out_a_part_is_said_plainly(own_pictures, runs):
    for path in sorted((own_pictures / "red").iterdir())[1:]:
        path.unlink()
    refused(trainer(*small(own_pictures, runs)), "Too few pictures show class red")


def test_loss_that_is_not_finite_names_epoch_and_batch_and_keeps_the_last_checkpoint(pictures, runs, monkeypatch):
    import trainer.engine as engine

    step, done = engine.train_step, []

    def poisoned(training, batch):
        done.append(batch)
        if len(done) == 5:  # the second of three batches in epoch 2
            batch.images[0, 0, 0, 0] = float("nan")
        return step(training, batch)

    monkeypatch.setattr(engine, "train_step", poisoned)
    answer = trainer(*small(pictures, runs, "--epochs", 3))
    refused(answer, "nan in epoch 2, batch 2", "last good checkpoint is kept", status=1)
    (folder,) = runs.iterdir()
    assert torch.load(folder / "last.pt", weights_only=True)["progress"]["epoch"] == 1
    monkeypatch.setattr(engine, "train_step", step)
    assert trainer("--resume", folder).status == 0


@pytest.mark.parametrize(("what", "more"), [("train_step", ()), ("predict", ()), ("train_step", ("--dry-run",))])
def test_gpu_out_of_memory_says_which_batch_size_to_try(pictures, runs, monkeypatch, what, more):
    def full(*anything):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(f"trainer.engine.{what}", full)
    refused(trainer(*small(pictures, runs, *more)), "batches of 32", "--batch-size 16", status=1)


def test_gpu_without_room_for_the_network_is_said_plainly_too(pictures, runs, monkeypatch):
    def full(*anything):
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr("trainer.setup.to_device", full)
    answer = trainer(*small(pictures, runs, "--batch-size", 2))
    refused(answer, "batches of 2.", "Close other programs", status=1)


def test_tensorboard_without_its_package_names_what_to_install(pictures, runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    refused(
        trainer(*small(pictures, runs, "--tensorboard")), "needs the package tensorboard", "pip install tensorboard"
    )
    assert not runs.exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--epochs", 0), ("--batch-size", 1), ("--seed", -1), ("--recipe", "slow"), ("--image-size", 4)],
)
def test_option_out_of_range_is_a_usage_error(option, value):
    answer = trainer(option, value)
    assert answer.status == 2
    assert option in answer.err


def test_place_of_runs_that_is_a_file_is_said_plainly(pictures, tmp_path):
    (tmp_path / "file").write_text("")
    answer = trainer(*small(pictures, tmp_path / "file" / "runs"))
    assert answer.status != 0
    assert str(tmp_path / "file") in answer.err
    assert "Traceback" not in answer.err


def run_process(arguments: list[object], *, before: list[str] | None = None, file_limit: int | None = None) -> Answer:
    def limit():
        if file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    command = [*(before or []), sys.executable, "-m", "trainer", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, preexec_fn=limit)
    return Answer(done.returncode, done.stdout, done.stderr)


def test_read_only_place_of_runs_is_said_plainly(pictures, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    runs.chmod(0o555)
    refused(run_process(small(pictures, runs), before=unprivileged()), "Permission denied", str(runs), status=1)


def test_run_folder_that_became_read_only_keeps_the_last_good_checkpoint(finished, tmp_path):
    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    folder.chmod(0o555)
    answer = run_process(["--resume", folder, "--epochs", 4], before=unprivileged())
    folder.chmod(0o755)
    refused(answer, "Permission denied", str(folder), status=1)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_full_disk_leaves_the_last_good_checkpoint(finished, tmp_path):
    """A limit on file sizes stands in for the full disk: the write of a checkpoint fails half-way, as it would there."""
    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    before = {name: (folder / name).read_bytes() for name in ("last.pt", "best.pt")}
    answer = run_process(["--resume", folder, "--epochs", 4], file_limit=1_000_000)
    refused(answer, str(folder), "The last good checkpoint is kept", f"--resume {folder}", status=1)
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert not list(folder.glob(".unfinished-*"))
    assert trainer("--resume", folder).status == 0
