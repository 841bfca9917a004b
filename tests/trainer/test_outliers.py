"""Pictures of none of the classes: read as the app would read them, shown beside each batch, and learned not to be known."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from runtime_app.imaging import open_picture, prepare
from tests.trainer.samples import same_run, small, trainer
from tests.trainer.test_epoch import prepared
from tests.trainer.test_resume import stop_after
from trainer.checkpoint import load_best
from trainer.data.outliers import SQUARES, load_outliers
from trainer.engine import OUTLIERS_PER_PICTURES, distance_from_ignorance, predict, training_batches


@pytest.fixture(scope="module")
def grey(tmp_path_factory) -> Path:
    """Grey noise, in a subfolder too: no blue, green or red picture looks like it."""
    folder = tmp_path_factory.mktemp("outliers")
    random = np.random.default_rng(1)
    for name in ("a.png", "b.png", "deeper/c.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (24, 16), dtype=np.uint8)).save(folder / name)
    return folder


def test_outliers_are_the_centre_and_other_squares_of_every_picture(grey):
    found = load_outliers(grey, 8, skip_unreadable=False)
    assert found.images.shape == (3 * SQUARES, 8, 8, 3) and found.pictures == 3
    assert np.array_equal(found.images[0], prepare(open_picture(grey / "a.png"), (8, 8)).image)
    assert len({square.tobytes() for square in found.images}) == 3 * SQUARES
    assert load_outliers(grey, 8, skip_unreadable=False).sha256 == found.sha256


def test_unreadable_outlier_is_named_unless_skipped(grey, pictures, tmp_path):
    (tmp_path / "outliers").mkdir()
    (tmp_path / "outliers" / "broken.png").write_bytes(b"no picture")
    Image.new("RGB", (9, 9)).save(tmp_path / "outliers" / "whole.png")
    arguments = small(pictures, tmp_path / "runs", "--epochs", 1, "--outliers", tmp_path / "outliers")
    answer = trainer(*arguments)
    assert answer.status == 2 and "broken.png" in answer.err and "--skip-unreadable" in answer.err
    answer = trainer(*arguments, "--skip-unreadable")
    assert answer.status == 0, answer.err
    assert json.loads((answer.folder / "config.json").read_text())["provenance"]["outlier_count"] == 1


@pytest.mark.parametrize("folder", ["none", "empty"])
def test_folder_without_outliers_is_refused(pictures, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    answer = trainer(*small(pictures, tmp_path / "runs", "--outliers", tmp_path / folder))
    assert answer.status == 2 and f"There is no picture in {tmp_path / folder}" in answer.err
    assert not (tmp_path / "runs").exists()


def test_every_batch_is_followed_by_its_outliers_and_nothing_else_changes(grey, pictures):
    alone, beside = (
        list(training_batches(prepared(pictures, **more).training, 1)) for more in ({}, {"outliers": str(grey)})
    )
    first = beside[0]
    assert len(first.images) == 32 + 32 // OUTLIERS_PER_PICTURES and len(first.labels) == first.pictures == 32
    assert torch.equal(first.images[:32], alone[0].images)
    spread = first.images[32:].std(1).mean()  # grey: all channels alike, but for the mean and deviation of each
    assert spread < 0.6 * first.images[:32].std(1).mean()


def test_network_learns_not_to_know_them_and_still_knows_its_classes(grey, pictures, tmp_path):
    arguments = ("--recipe", "fast", "--epochs", 6)
    plain = trainer(*small(pictures, tmp_path / "plain", *arguments))
    taught = trainer(*small(pictures, tmp_path / "taught", *arguments, "--outliers", grey))
    images = torch.from_numpy(load_outliers(grey, 8, skip_unreadable=False).images)
    far, near = (_ignorance(answer.folder, images) for answer in (plain, taught))
    assert near < far / 5
    assert json.loads((taught.folder / "summary.json").read_text())["validation_accuracy"] >= 0.9


def _ignorance(folder: Path, images: torch.Tensor) -> float:
    """How far from "all three alike" the network is, whose least is log 3."""
    checkpoint = load_best(folder / "best.pt")
    logits = predict(checkpoint.network, images, torch.tensor(checkpoint.mean), torch.tensor(checkpoint.std))
    return float(distance_from_ignorance(logits)) - np.log(3)


def test_run_with_outliers_resumes_bit_for_bit_and_only_with_the_same_ones(grey, pictures, tmp_path, monkeypatch):
    options = ("--recipe", "fast", "--epochs", 3, "--outliers", grey)
    whole = trainer(*small(pictures, tmp_path / "whole", *options))
    with monkeypatch.context() as patch:
        stop_after(patch, batches=4)
        trainer(*small(pictures, tmp_path / "stopped", *options))
    (folder,) = (tmp_path / "stopped").iterdir()
    refused = trainer("--resume", folder, "--outliers", pictures)
    assert refused.status == 2 and "outliers are not those" in refused.err
    resumed = trainer("--resume", folder)
    assert resumed.status == 0, resumed.err
    assert same_run(whole.folder, folder)
