"""Which checkpoint is taken, and that each unusable one is refused with a sentence of its own."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from exporter import source
from exporter.source import find_checkpoint, load_data, load_source
from runtime_app.errors import UserError
from tests.trainer.samples import make_pictures, small, trainer
from trainer.checkpoint import Checkpoint


@pytest.fixture
def runs(tmp_path: Path, run_folder: Path) -> Path:
    """Three runs: the newest is not the best; the best of all was trained on other data."""
    for name, started, accuracy, data in (
        ("a", "2024-01-01T00:00:00+00:00", "0.95", None),
        ("b", "2024-01-02T00:00:00+00:00", "0.90", None),
        ("c", "2023-12-31T00:00:00+00:00", "0.99", "0" * 64),
    ):
        _copy(run_folder, tmp_path / name, started, accuracy, data)
    return tmp_path


def _copy(run: Path, to: Path, started: str, accuracy: str, data: str | None) -> None:
    import json

    shutil.copytree(run, to)
    record = json.loads((to / "config.json").read_text())
    record["provenance"]["started"] = started
    record["provenance"]["data_sha256"] = data or record["provenance"]["data_sha256"]
    (to / "config.json").write_text(json.dumps(record))
    header = (to / "metrics.csv").read_text().splitlines()[0]
    (to / "metrics.csv").write_text(f"{header}\n1,0.3,0.9,0.3,{accuracy},0.01,1,1000\n")


def test_latest_is_the_latest_start_and_best_the_best_on_its_data(runs: Path) -> None:
    assert find_checkpoint("latest", runs) == runs / "b" / "best.pt"
    assert find_checkpoint("best", runs) == runs / "a" / "best.pt"


def test_a_run_folder_and_a_file_are_taken_as_they_are(runs: Path) -> None:
    assert find_checkpoint(str(runs / "c"), runs) == runs / "c" / "best.pt"
    assert find_checkpoint(str(runs / "c" / "best.pt"), Path("nowhere")) == runs / "c" / "best.pt"


def test_runs_that_have_no_checkpoint_yet_are_passed_over(runs: Path) -> None:
    (runs / "b" / "best.pt").unlink()
    assert find_checkpoint("latest", runs) == runs / "a" / "best.pt"


def test_a_run_without_a_checkpoint_yet_and_a_folder_that_is_no_run_are_told_apart(runs: Path) -> None:
    (runs / "b" / "best.pt").unlink()
    with pytest.raises(UserError, match=r"b has no best\.pt yet"):
        find_checkpoint(str(runs / "b"), runs)
    with pytest.raises(UserError, match="is not the folder of a run") as caught:
        find_checkpoint(str(runs), runs)
    assert "yet" not in caught.value.title and "--runs" in caught.value.advice and caught.value.exit_status == 2


def test_no_runs_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no run with a checkpoint") as caught:
        find_checkpoint("best", tmp_path / "nothing")
    assert "python -m trainer" in caught.value.advice
    assert caught.value.exit_status == 2


def test_a_run_that_is_still_training_is_known_to_be(runs: Path) -> None:
    assert load_source(runs / "a" / "best.pt").finished
    (runs / "a" / "summary.json").unlink()
    assert not load_source(runs / "a" / "best.pt").finished


def test_a_copied_checkpoint_keeps_the_name_of_its_run(runs: Path) -> None:
    (runs / "a" / "last.pt").unlink()
    source = load_source(runs / "a" / "best.pt")
    assert not source.is_run
    assert source.name == "20240101-000000-cifarnet-digits-s0"


def test_a_file_that_is_no_checkpoint_is_refused(runs: Path) -> None:
    (runs / "a" / "best.pt").write_bytes(b"not a checkpoint at all")
    with pytest.raises(UserError, match="not a checkpoint"):
        load_source(runs / "a" / "best.pt")


@pytest.mark.parametrize("name", ["best.pt", "config.json", "metrics.csv", "summary.json"])
@pytest.mark.parametrize("damage", ["empty", "half", "zeros", "another encoding", "another value", "noise"])
def test_a_damaged_file_of_a_run_is_named_in_one_sentence_or_harmless(runs: Path, name: str, damage: str) -> None:
    path = runs / "a" / name
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(
        {
            "empty": b"",
            "half": whole[:half],
            "zeros": whole[:half] + bytes(min(400, half)) + whole[half + 400 :],
            "another encoding": whole[:half] + b"\xe4\xff" + whole[half:],
            "another value": b"[]\n",
            "noise": np.random.default_rng(0).bytes(len(whole)),
        }[damage]
    )
    try:
        load_source(runs / "a" / "best.pt")
    except UserError as error:
        assert str(path) in error.title and error.title.endswith(".") and error.advice
        assert error.exit_status == 2 and "\n" not in error.title
    else:
        # Only the curves are told by the one, which may be cut short; bytes of the other that hold no weight may differ.
        assert name in ("metrics.csv", "best.pt")


class _Evil:
    def __reduce__(self) -> tuple:
        return (print, ("code from a checkpoint ran",))


def test_a_checkpoint_that_carries_code_is_refused_and_the_code_not_run(
    runs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    torch.save({"format": 1, "model": _Evil()}, runs / "a" / "best.pt")
    with pytest.raises(UserError, match="carries code"):
        load_source(runs / "a" / "best.pt")
    assert "code from a checkpoint ran" not in capfd.readouterr().out


def test_weights_that_are_not_finite_are_refused_by_name(runs: Path) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content["model"]["blocks.1.conv2.weight"][0, 0, 0, 0] = float("nan")
    torch.save(content, path)
    with pytest.raises(UserError, match=r"not finite.*blocks\.1\.conv2\.weight"):
        load_source(path)


def test_another_architecture_is_refused(runs: Path) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content["architecture"]["name"] = "resnet50"
    torch.save(content, path)
    with pytest.raises(UserError, match="unknown architecture"):
        load_source(path)


def test_another_class_count_is_refused(runs: Path) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content["classes"] = content["classes"][:9]
    torch.save(content, path)
    with pytest.raises(UserError, match="9 classes"):
        load_source(path)


def test_weights_of_another_width_are_refused_in_one_sentence(runs: Path) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content["architecture"]["widths"] = [8, 16, 16, 16]
    torch.save(content, path)
    with pytest.raises(UserError, match=r"size mismatch for blocks\.3\.conv1\.weight") as caught:
        load_source(path)
    assert "\n" not in caught.value.title


@pytest.mark.parametrize(
    ("key", "value"), [("mean", ["a"] * 3), ("mean", [float("nan")] * 3), ("std", [0.0] * 3), ("std", [])]
)
def test_statistics_that_cannot_normalise_are_refused(runs: Path, key: str, value: list) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content[key] = value
    torch.save(content, path)
    with pytest.raises(UserError, match="not a checkpoint of this trainer's network"):
        load_source(path)


def test_image_size_that_contradicts_config_json_is_refused(runs: Path) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content["image_size"] = 64
    torch.save(content, path)
    with pytest.raises(UserError, match=r"takes pictures of 64 pixels, its config\.json says 16"):
        load_source(path)


def test_classes_that_contradict_config_json_are_refused(runs: Path) -> None:
    path = runs / "a" / "best.pt"
    content = torch.load(path, weights_only=True)
    content["classes"] = content["classes"][::-1]
    torch.save(content, path)
    with pytest.raises(UserError, match=r"its config\.json names"):
        load_source(path)


def test_a_checkpoint_without_config_json_is_refused(runs: Path) -> None:
    (runs / "a" / "config.json").unlink()
    with pytest.raises(UserError, match=r"no config\.json beside it"):
        load_source(runs / "a" / "best.pt")


def test_other_data_than_the_run_was_trained_on_is_refused(runs: Path) -> None:
    with pytest.raises(UserError, match="not the one that this checkpoint was trained on"):
        load_data(load_source(runs / "c" / "best.pt"), None)


def test_classes_that_were_renamed_are_named(tmp_path: Path) -> None:
    pictures = make_pictures(tmp_path / "pets")
    answer = trainer(*small(pictures, tmp_path / "runs", "--epochs", 1))
    (pictures / "red").rename(pictures / "scarlet")
    with pytest.raises(UserError, match=r"has the classes blue, green, scarlet; this .* on blue, green, red"):
        load_data(load_source(answer.folder / "best.pt"), None)


def test_data_that_is_gone_says_what_to_pass(runs: Path, tmp_path: Path) -> None:
    config = runs / "a" / "config.json"
    config.write_text(config.read_text().replace('"digits"', '"vanished-folder"', 1))
    with pytest.raises(UserError, match="validation split cannot be rebuilt") as caught:
        load_data(load_source(runs / "a" / "best.pt"), None)
    assert "--data-root" in caught.value.advice


def test_data_that_lies_elsewhere_today_changes_no_word_of_the_bundle(tmp_path: Path) -> None:
    pictures = make_pictures(tmp_path / "pets")
    answer = trainer(*small(pictures, tmp_path / "runs", "--epochs", 1))
    source = load_source(answer.folder / "best.pt")
    here, moved = load_data(source, None), load_data(source, Path(shutil.move(pictures, tmp_path / "copy")))
    assert (moved.name, moved.about) == (here.name, here.about) and "pets" in here.about


def test_the_best_epoch_decides_which_run_is_best(runs: Path) -> None:
    with open(runs / "a" / "metrics.csv", "a") as file:
        file.write("2,0.3,0.9,0.3,0.5,0.01,1,1000\n")  # best.pt is still that of epoch 1, 0.95
    assert find_checkpoint("best", runs) == runs / "a" / "best.pt"


def test_a_copied_checkpoint_is_not_still_training(runs: Path) -> None:
    for name in ("last.pt", "summary.json"):
        (runs / "a" / name).unlink()
    assert load_source(runs / "a" / "best.pt").finished


@pytest.mark.parametrize("name", ["config.json", "metrics.csv"])
def test_a_run_that_cannot_be_read_is_passed_over(runs: Path, name: str) -> None:
    (runs / "b" / name).write_bytes(b"\xff\xfe{")
    for asked in ("latest", "best"):
        assert find_checkpoint(asked, runs) == runs / "a" / "best.pt"


def test_a_run_whose_outliers_are_gone_is_exported_all_the_same(runs: Path) -> None:
    config = runs / "a" / "config.json"
    config.write_text(config.read_text().replace('"outliers": null', '"outliers": "gone"'))
    source = load_source(runs / "a" / "best.pt")
    assert source.record.config.outliers == "gone"
    assert len(load_data(source, None).test) == 360


def test_a_checkpoint_that_is_replaced_while_it_is_read_goes_by_its_own_hash(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read, moments = runs / "a" / "best.pt", source.load_best, iter([True])
    torch.save({**torch.load(path, weights_only=True), "epoch": 2}, runs / "new.pt")

    def meanwhile(path: Path) -> Checkpoint:
        if next(moments, False):
            (runs / "new.pt").replace(path)
        return read(path)

    monkeypatch.setattr(source, "load_best", meanwhile)
    found = load_source(path)
    assert found.checkpoint.epoch == 2
    assert found.checkpoint_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_licence_is_stated_only_where_somebody_wrote_one_beside_the_checkpoint(
    run_folder: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(run_folder, tmp_path / "run"))
    assert load_source(run / "best.pt").licence is None
    (run / source.LICENCE).write_text("\n  Apache License, Version 2.0  \n\nand its whole text\n")
    assert load_source(run / "best.pt").licence == "Apache License, Version 2.0"
    (run / source.LICENCE).write_text("\n \n")
    with pytest.raises(UserError, match=r"licence\.txt is empty"):
        load_source(run / "best.pt")
    shipped = Path(__file__).resolve().parents[2] / "artifacts" / "checkpoints" / "cifarnet-cifar10"
    assert load_source(shipped / "best.pt").licence == "MIT"
