"""What happens to a run when another training, other pictures or another place of them come in its way."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.trainer.samples import Answer, make_pictures, small, trainer
from tests.trainer.test_bad_input import refused


@pytest.fixture
def own(tmp_path: Path) -> tuple[Path, Answer]:
    """Pictures, and a run of one epoch on them."""
    pictures = make_pictures(tmp_path / "colours", per_class=20)
    answer = trainer(*small(pictures, tmp_path / "runs", "--epochs", 1))
    assert answer.status == 0, answer.err
    return pictures, answer


def test_a_run_in_which_another_process_trains_is_left_alone(own: tuple[Path, Answer]) -> None:
    _, first = own
    before = {path: path.read_bytes() for path in first.folder.iterdir()}
    with FileLock(first.folder / ".lock"):
        refused(trainer("--resume", first.folder, "--epochs", 2), "Another process is training in", str(first.folder))
    (first.folder / ".lock").unlink()
    assert {path: path.read_bytes() for path in first.folder.iterdir()} == before
    assert trainer("--resume", first.folder, "--epochs", 2).status == 0
    assert not (first.folder / ".lock").exists()


def test_a_training_keeps_others_out_while_it_runs(tmp_path: Path, pictures: Path, monkeypatch) -> None:
    import trainer.run as run

    answers, save = [], run._save_epoch

    def meanwhile(*given: object) -> None:
        save(*given)
        (folder,) = (tmp_path / "runs").iterdir()
        answers.append(trainer("--resume", folder))

    monkeypatch.setattr(run, "_save_epoch", meanwhile)
    assert trainer(*small(pictures, tmp_path / "runs", "--epochs", 1)).status == 0
    refused(answers[0], "Another process is training in")


def test_a_run_goes_on_where_its_pictures_lie_today(own: tuple[Path, Answer], tmp_path: Path) -> None:
    pictures, first = own
    moved = pictures.rename(tmp_path / "elsewhere")
    refused(trainer("--resume", first.folder, "--epochs", 2), "are not in", str(pictures), "--data")
    answer = trainer("--resume", first.folder, "--epochs", 2, "--data", moved)
    assert answer.status == 0, answer.err
    assert trainer("--resume", first.folder, "--epochs", 3).status == 0, "the new place is known from now on"
    other = make_pictures(tmp_path / "others", per_class=21)
    refused(trainer("--resume", first.folder, "--epochs", 4, "--data", other), "SHA-256 differs")
    refused(trainer("--resume", first.folder, "--epochs", 4, "--data", "digits"), "data was")


def test_a_class_that_was_renamed_is_noticed(own: tuple[Path, Answer]) -> None:
    pictures, first = own
    (pictures / "red").rename(pictures / "scarlet")
    answer = trainer("--resume", first.folder, "--epochs", 2)
    refused(answer, "The classes are blue, green, scarlet", "was started on blue, green, red")


@pytest.mark.parametrize("option", [["--dry-run"], ["--runs", "elsewhere"]])
def test_what_means_a_new_run_is_refused_beside_resume(finished: Answer, option: list[str]) -> None:
    before = {path: path.read_bytes() for path in finished.folder.iterdir()}
    refused(trainer("--resume", finished.folder, "--epochs", 9, *option), option[0], "--resume")
    assert {path: path.read_bytes() for path in finished.folder.iterdir()} == before


def test_an_empty_class_that_is_removed_is_forgotten(tmp_path: Path) -> None:
    pictures = make_pictures(tmp_path / "colours", per_class=20)
    (pictures / "ant").mkdir()
    refused(trainer(*small(pictures, tmp_path / "runs")), "no usable picture", "remove the folder")
    (pictures / "ant").rmdir()
    answer = trainer(*small(pictures, tmp_path / "runs", "--dry-run"))
    assert answer.status == 0 and "blue, green, red" in answer.err + answer.out


def test_parts_of_a_data_set_are_no_classes(tmp_path: Path) -> None:
    pictures, root = make_pictures(tmp_path / "colours", per_class=20), tmp_path / "divided"
    for part in ("train", "val"):
        shutil.copytree(pictures, root / part)
    refused(trainer(*small(root, tmp_path / "runs")), "train, val", "not classes", "test")
    shutil.copytree(pictures, root / "test")
    answer = trainer(*small(root, tmp_path / "runs", "--dry-run"))
    assert answer.status == 0 and f"{root / 'val'} is left aside" in answer.err
    assert f"60 of the 60 pictures in {root / 'test'} also lie in {root / 'train'}" in answer.err
