import pytest
import torch

from trainer.config import TrainConfig
from trainer.recipes import RECIPES, load_recipe
from trainer.recipes.muon import orthogonalised
from trainer.setup import build_network


def test_baseline_is_the_protocol():
    recipe = load_recipe("baseline")
    network = build_network(TrainConfig(), recipe, 10)
    optimizer = recipe.optimizer(network)
    scheduler = recipe.scheduler(optimizer, 100)
    assert isinstance(optimizer, torch.optim.AdamW)
    assert {group["lr"] for group in optimizer.param_groups} == {0.001}
    assert {group["weight_decay"] for group in optimizer.param_groups} == {1e-4}
    assert isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    assert (scheduler.factor, scheduler.patience, scheduler.mode) == (0.5, 3, "min")
    assert (recipe.epochs, recipe.batch_size, recipe.clip_norm, recipe.step_scheduler) == (128, 128, 1.0, "epoch")
    augmentation = recipe.augmentation
    assert (augmentation.shift, augmentation.padding, augmentation.flip) == (4, "zero", "random")


def test_the_command_line_without_options_means_the_baseline():
    from trainer.command import configuration

    config = configuration({})
    assert (config.data, config.recipe, config.epochs, config.batch_size) == ("cifar10", "baseline", 128, 128)


@pytest.mark.parametrize("name", RECIPES)
def test_every_trained_parameter_reaches_the_optimizer_once(name):
    recipe = load_recipe(name)
    network = build_network(TrainConfig(recipe=name), recipe, 10)
    found = [id(p) for group in recipe.optimizer(network).param_groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in network.parameters())


def test_fast_recipe_plans_its_learning_rate_for_the_whole_run_and_no_further():
    recipe = load_recipe("fast")
    optimizer = recipe.optimizer(build_network(TrainConfig(recipe="fast"), recipe, 10))
    scheduler = recipe.scheduler(optimizer, 100)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert max(rates) == pytest.approx(0.24, rel=0.2)
    assert rates[-1] < rates[0] < max(rates)


def test_fast_recipe_decays_no_norm_and_no_bias():
    recipe = load_recipe("fast")
    optimizer = recipe.optimizer(build_network(TrainConfig(recipe="fast"), recipe, 10))
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            # Muon holds the norm of its filters itself; every other weight is decayed.
            assert (group["weight_decay"] > 0) == (parameter.ndim > 1 and not group["orthogonal"])


def test_an_orthogonalised_update_has_equal_singular_values():
    for shape in ((64, 576), (96, 27)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(shape, generator=torch.Generator().manual_seed(0))))
        assert values.min() > 0.5 and values.max() < 1.3
