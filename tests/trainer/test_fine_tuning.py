import json
import shutil
from dataclasses import replace

import pytest
import torch

from tests.trainer.samples import small, trainer
from trainer.checkpoint import load_best, save_best
from trainer.config import TrainConfig
from trainer.model import CifarNet
from trainer.recipes import load_recipe
from trainer.setup import build_network


def network_from(path, classes=("blue", "green", "red"), recipe="baseline", **settings):
    return build_network(TrainConfig(init_from=str(path), recipe=recipe, **settings), load_recipe(recipe), classes)


def test_init_from_starts_with_the_checkpoints_weights(finished):
    path = finished.folder / "best.pt"
    found, source = network_from(path).state_dict(), load_best(path).network.state_dict()
    assert all(torch.equal(found[name], source[name]) for name in source)


@pytest.mark.parametrize("classes", [tuple("abcde"), ("bus", "car", "van")])
def test_init_from_replaces_the_head_alone_when_the_classes_differ(finished, classes):
    path = finished.folder / "best.pt"
    found, source = network_from(path, classes).state_dict(), load_best(path).network.state_dict()
    assert found["head.weight"].shape == (len(classes), 384)
    assert not torch.equal(found["head.bias"], source["head.bias"])
    assert all(torch.equal(found[name], source[name]) for name in source if not name.startswith("head."))


def test_init_from_another_recipe_starts_with_the_same_predictions(finished):
    path = finished.folder / "best.pt"
    x = torch.randn(4, 3, 8, 8)
    with torch.no_grad():
        expected = load_best(path).network(x)
        torch.testing.assert_close(network_from(path, recipe="fast").eval()(x), expected)


def test_frozen_features_stay_bit_for_bit_and_the_head_learns(finished, pictures, tmp_path):
    path = finished.folder / "best.pt"
    answer = trainer(*small(pictures, tmp_path, "--init-from", path, "--freeze-features", "--epochs", 2))
    assert answer.status == 0, answer.err
    before, after = load_best(path).network.state_dict(), load_best(answer.folder / "best.pt").network.state_dict()
    for name in before:
        assert torch.equal(before[name], after[name]) != name.startswith("head."), name


def test_fine_tuned_run_resumes_without_its_source(finished, pictures, tmp_path):
    source = shutil.copy(finished.folder / "best.pt", tmp_path / "source.pt")
    answer = trainer(*small(pictures, tmp_path / "runs", "--init-from", source, "--epochs", 1))
    assert answer.status == 0, answer.err
    (tmp_path / "source.pt").unlink()
    grown = trainer("--resume", answer.folder, "--epochs", 2)
    assert grown.status == 0, grown.err
    assert json.loads((answer.folder / "summary.json").read_text())["epochs"] == 2


def saved(path, network, like):
    save_best(path, replace(load_best(like / "best.pt"), network=network))
    return path


def test_fine_tuning_goes_on_with_the_checkpoints_own_network(finished, tmp_path):
    narrow = saved(tmp_path / "narrow.pt", CifarNet(3, (8, 8, 8, 8), whitening=True), finished.folder)
    found = network_from(narrow)
    assert found.architecture["widths"] == [8, 8, 8, 8] and found.architecture["whitening"]
    assert [block.dropout.p for block in found.blocks] == [0.2, 0.3, 0.4, 0.5]  # dropout is the recipe's


def test_stem_of_the_checkpoint_is_kept_through_fine_tuning_and_resuming(finished, pictures, tmp_path):
    source = CifarNet(3, (8, 8, 8, 8), whitening=True)
    torch.nn.init.normal_(source.stem.conv.weight)
    path = saved(tmp_path / "source.pt", source, finished.folder)
    for recipe in ("baseline", "fast"):
        answer = trainer(*small(pictures, tmp_path / recipe, "--init-from", path, "--recipe", recipe, "--epochs", 1))
        assert answer.status == 0, answer.err
        found = load_best(answer.folder / "best.pt").network
        assert torch.equal(found.stem.conv.weight, source.stem.conv.weight)
        assert found.architecture["widths"] == [8, 8, 8, 8]
    grown = trainer("--resume", tmp_path / "baseline" / next((tmp_path / "baseline").iterdir()).name, "--epochs", 2)
    assert grown.status == 0, grown.err
    assert torch.equal(load_best(grown.folder / "best.pt").network.stem.conv.weight, source.stem.conv.weight)


def test_finetune_wants_a_checkpoint_and_says_what_it_began_with(finished, pictures, tmp_path):
    refused = trainer(*small(pictures, tmp_path, "--recipe", "finetune"))
    assert refused.status == 2 and "--init-from" in refused.err
    path = finished.folder / "best.pt"
    answer = trainer(*small(pictures, tmp_path, "--recipe", "finetune", "--init-from", path, "--epochs", 1))
    assert answer.status == 0, answer.err
    assert len(json.loads((answer.folder / "config.json").read_text())["provenance"]["init_sha256"]) == 64


def test_a_start_of_other_classes_says_what_is_forgotten(finished, pictures, tmp_path):
    some = shutil.copytree(pictures, tmp_path / "some", ignore=shutil.ignore_patterns("red"))
    answer = trainer(*small(some, tmp_path / "runs", "--epochs", 1, "--init-from", finished.folder / "best.pt"))
    assert answer.status == 0, answer.err
    assert "those of the data blue, green: the head begins anew, and does not know red any more." in answer.err


@pytest.mark.parametrize("option", ["--data", "--data-root", "--init-from", "--outliers", "--resume", "--runs"])
def test_an_empty_option_does_not_mean_the_working_folder(option):
    answer = trainer(option, "")
    assert answer.status == 2 and "empty" in answer.err
