import csv
import json
import re
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from runtime_app.errors import UserError
from tests.trainer.samples import small, trainer
from trainer.checkpoint import load_best
from trainer.config import read_record
from trainer.metrics import EpochMetrics
from trainer.results import best_row


def test_run_folder_is_named_after_start_model_data_and_seed(finished):
    assert re.fullmatch(r"\d{8}-\d{6}-cifarnet-colours-s0", finished.folder.name)


def test_run_folder_holds_exactly_the_files_of_the_contract(finished):
    names = {path.name for path in finished.folder.iterdir()}
    assert names == {
        "config.json",
        "metrics.csv",
        "best.pt",
        "last.pt",
        "summary.json",
        "curves.png",
        "confusion.png",
        "per_class.csv",
    }


def test_metrics_csv_has_exactly_the_agreed_columns_and_one_row_an_epoch(finished):
    with open(finished.folder / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ["epoch", "train_loss", "train_acc", "val_loss", "val_acc", "lr", "seconds", "images_per_second"]
    assert list(rows[0]) == columns
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for row in rows:
        assert 0 <= float(row["train_acc"]) <= 1
        assert 0 <= float(row["val_acc"]) <= 1
        assert float(row["lr"]) == 0.001


def test_metrics_csv_grows_as_epochs_end(pictures, tmp_path, monkeypatch):
    seen = []

    def look(self, row, improved):
        (folder,) = tmp_path.iterdir()
        seen.append(len((folder / "metrics.csv").read_text().splitlines()) - 1)

    monkeypatch.setattr("trainer.progress.EpochProgress.report", look)
    assert trainer(*small(pictures, tmp_path, "--epochs", 2)).status == 0
    assert seen == [1, 2]


def test_best_checkpoint_is_plain_small_and_of_the_best_epoch(finished):
    path = finished.folder / "best.pt"
    content = torch.load(path, weights_only=True)
    assert path.stat().st_size < 15e6
    with open(finished.folder / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    best = max(rows, key=lambda row: (float(row["val_acc"]), -float(row["val_loss"])))
    assert content["epoch"] == int(best["epoch"])
    assert content["validation_accuracy"] == pytest.approx(float(best["val_acc"]))
    assert content["classes"] == ["blue", "green", "red"]
    assert not load_best(path).network.training


def test_an_earlier_best_checkpoint_is_deleted(finished):
    assert {path.name for path in finished.folder.glob("*.pt")} == {"best.pt", "last.pt"}


def test_best_epoch_has_the_highest_accuracy_then_the_lower_loss_then_comes_first():
    def row(epoch, accuracy, loss):
        return EpochMetrics(epoch, 1.0, 0.5, loss, accuracy, 0.1, 1.0, 1.0)

    assert best_row([row(1, 0.5, 1.0), row(2, 0.7, 2.0), row(3, 0.6, 0.5)]).epoch == 2
    assert best_row([row(1, 0.7, 1.0), row(2, 0.7, 0.9), row(3, 0.7, 0.95)]).epoch == 2
    assert best_row([row(1, 0.7, 0.9), row(2, 0.7, 0.9)]).epoch == 1


def test_config_json_says_everything_that_repeats_the_run(finished, pictures):
    record = read_record(finished.folder / "config.json")
    assert record.config.data == str(pictures)
    assert (record.config.epochs, record.config.batch_size, record.config.seed) == (3, 32, 0)
    provenance = record.provenance
    assert re.fullmatch(r"[0-9a-f]{64}", provenance.data_sha256)
    assert provenance.classes == ("blue", "green", "red")
    assert provenance.train_count + provenance.validation_count + provenance.test_count == 120
    assert {"torch", "numpy", "pillow", "python"} <= set(provenance.versions)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", provenance.started)


def test_summary_says_how_good_how_sure_how_fast_and_how_large(finished):
    summary = json.loads((finished.folder / "summary.json").read_text())
    low, high = summary["test_accuracy_interval"]
    assert 0 <= low <= summary["test_accuracy"] <= high <= 1
    assert 0 <= summary["expected_calibration_error"] <= 1
    assert summary["epochs"] == 3
    assert summary["test_count"] == 24
    assert min(summary["training_seconds"], summary["images_per_second"], summary["peak_memory_mb"]) > 0


def test_per_class_csv_has_precision_recall_f1_and_support_of_every_class(finished):
    with open(finished.folder / "per_class.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "precision", "recall", "f1", "support"]
    assert [(row["name"], row["support"]) for row in rows] == [("blue", "8"), ("green", "8"), ("red", "8")]


def test_figures_on_the_test_pictures_are_those_of_the_best_weights_not_of_the_last(finished, tmp_path):
    folder = Path(shutil.copytree(finished.folder, tmp_path / "run"))
    (folder / "summary.json").unlink()
    best = torch.load(folder / "best.pt", weights_only=True)
    best["model"]["head.weight"].zero_()
    best["model"]["head.bias"].copy_(torch.tensor([0.0, 9.0, 0.0]))  # it says green, whatever it sees
    torch.save(best, folder / "best.pt")
    assert trainer("--resume", folder).status == 0
    with open(folder / "per_class.csv", newline="") as file:
        assert [float(row["recall"]) for row in csv.DictReader(file)] == [0, 1, 0]
    assert json.loads((folder / "summary.json").read_text())["test_accuracy"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", ["curves.png", "confusion.png"])
def test_plots_are_pictures_without_a_date(finished, name):
    with Image.open(finished.folder / name) as plot:
        assert plot.width > 200
        assert "Software" not in plot.info


def test_without_a_terminal_each_epoch_is_one_line_and_the_end_names_the_next_command(finished):
    lines = finished.err.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [["epoch", "1/3"], ["epoch", "2/3"], ["epoch", "3/3"]]
    assert lines[3].startswith("best epoch")
    assert "summary.json" in lines[4]
    assert lines[5].endswith(f"python -m exporter --run {finished.folder}")
    assert len(lines) == 6


def test_same_seed_twice_gives_the_same_metrics_and_bytes(finished, pictures, tmp_path):
    again = trainer(*small(pictures, tmp_path, "--epochs", 3)).folder
    columns = [
        [line.split(",")[:6] for line in (run / "metrics.csv").read_text().splitlines()]
        for run in (again, finished.folder)
    ]
    assert columns[0] == columns[1]
    assert (again / "best.pt").read_bytes() == (finished.folder / "best.pt").read_bytes()


def test_another_seed_gives_other_metrics(finished, pictures, tmp_path):
    other = trainer(*small(pictures, tmp_path, "--epochs", 1, "--seed", 1)).folder
    assert other.name.endswith("-s1")
    assert (other / "metrics.csv").read_text().splitlines()[1] != (
        finished.folder / "metrics.csv"
    ).read_text().splitlines()[1]


def test_config_of_another_version_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"format": 99}')
    with pytest.raises(UserError, match="format 99; this version reads 1"):
        read_record(tmp_path / "config.json")


def test_damaged_config_is_said_plainly(tmp_path):
    (tmp_path / "config.json").write_text('{"format": 1, "config"')
    with pytest.raises(UserError, match="damaged"):
        read_record(tmp_path / "config.json")


def test_calibration_error_is_of_the_single_view(finished):
    from trainer.data import load_splits
    from trainer.engine import predict
    from trainer.metrics import expected_calibration_error

    checkpoint, test = (
        load_best(finished.folder / "best.pt"),
        load_splits(read_record(finished.folder / "config.json").config).test,
    )
    logits = predict(
        checkpoint.network, torch.from_numpy(test.images), torch.tensor(checkpoint.mean), torch.tensor(checkpoint.std)
    )
    summary = json.loads((finished.folder / "summary.json").read_text())
    assert summary["expected_calibration_error"] == pytest.approx(
        expected_calibration_error(logits.softmax(1).numpy(), test.labels), abs=1e-5
    )
