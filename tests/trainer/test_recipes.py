from dataclasses import replace

import pytest
import torch

from trainer.config import RECIPES, TrainConfig
from trainer.dry_run import multiply_adds
from trainer.recipes import load_recipe
from trainer.recipes.muon import Muon, orthogonalised
from trainer.setup import build_network


def test_baseline_is_the_protocol():
    recipe = load_recipe("baseline")
    network = build_network(TrainConfig(), recipe, tuple("0123456789"))
    optimizer = recipe.optimizer(network, 128)
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
    network = build_network(TrainConfig(recipe=name), recipe, tuple("0123456789"))
    found = [id(p) for group in recipe.optimizer(network, 128).param_groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in network.parameters() if p.requires_grad)


def test_fast_recipe_plans_its_learning_rate_for_the_whole_run_and_no_further():
    optimizer, _ = fast_optimizer(1024)
    scheduler = load_recipe("fast").scheduler(optimizer, 100)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert max(rates) == pytest.approx(0.1, rel=0.2)
    assert rates[-1] < rates[0] < max(rates)


def fast_optimizer(batch_size):
    """The optimizer, and parameter name -> its group."""
    recipe = load_recipe("fast")
    network = build_network(TrainConfig(recipe="fast"), recipe, tuple("0123456789"))
    optimizer = recipe.optimizer(network, batch_size)
    names = {id(p): name for name, p in network.named_parameters()}
    return optimizer, {names[id(p)]: group for group in optimizer.param_groups for p in group["params"]}


def test_fast_recipe_decays_the_head_alone():
    _, groups = fast_optimizer(1024)
    for name, group in groups.items():
        # Muon holds the norm of its filters itself; norms and biases are not decayed.
        assert (group["weight_decay"] > 0) == name.startswith("head."), name


def test_fast_recipe_orthogonalises_the_filters_that_learn_and_nothing_else():
    _, groups = fast_optimizer(1024)
    for name, group in groups.items():
        assert group["orthogonal"] == (".conv" in name and name.endswith(".weight")), name
    assert "stem.conv.weight" not in groups  # whitening stays as it was measured


def test_fast_recipes_biases_learn_by_the_sum_over_the_batch():
    for batch_size in (64, 1024):
        _, groups = fast_optimizer(batch_size)
        assert (
            groups["blocks.0.norm1.bias"]["lr"] == groups["stem.conv.bias"]["lr"] == pytest.approx(0.053 * batch_size)
        )
        assert groups["head.weight"]["lr"] == pytest.approx(0.00065 * batch_size)
        assert groups["blocks.0.norm1.weight"]["lr"] == 0.1


def test_an_orthogonalised_update_has_equal_singular_values():
    for shape in ((64, 576), (96, 27)):
        values = torch.linalg.svdvals(orthogonalised(torch.randn(shape, generator=torch.Generator().manual_seed(0))))
        assert values.min() > 0.5 and values.max() < 1.3


def test_convolutions_of_the_fast_recipe_alone_start_as_the_identity():
    x = torch.randn(2, 64, 8, 8)
    for name in ("baseline", "fast"):
        network = build_network(TrainConfig(recipe=name), load_recipe(name), tuple("0123456789"))
        assert torch.allclose(network.blocks[0].conv2(x), x) == (name == "fast")


def test_deep_recipe_is_the_fast_one_on_a_network_with_less_to_compute():
    fast, deep = load_recipe("fast"), load_recipe("deep")
    assert replace(deep, name="fast", epochs=36, widths=fast.widths, depths=fast.depths) == fast
    networks = [build_network(TrainConfig(recipe=r.name), r, tuple("0123456789")) for r in (fast, deep)]
    sizes = [sum(p.numel() for p in network.parameters()) for network in networks]
    assert all(3_300_000 <= size <= 3_700_000 for size in sizes)
    assert multiply_adds(networks[1], 32) < 0.85 * multiply_adds(networks[0], 32)


def test_finetune_learns_with_a_fifth_of_the_fast_recipes_rates():
    rates = []
    for name in ("fast", "finetune"):
        network = build_network(TrainConfig(recipe="fast"), load_recipe("fast"), tuple("0123456789"))
        rates.append([group["lr"] for group in load_recipe(name).optimizer(network, 512).param_groups])
    assert rates[1] == pytest.approx([0.2 * rate for rate in rates[0]])


def test_groups_that_are_not_orthogonal_are_plain_nesterov_sgd():
    start, target = torch.randn(5, generator=torch.Generator().manual_seed(0)), torch.arange(5.0)
    options, found = {"lr": 0.05, "momentum": 0.85, "weight_decay": 0.1}, []
    for make in (
        lambda p: Muon([{"params": [p], **options}]),
        lambda p: torch.optim.SGD([p], nesterov=True, **options),
    ):
        weights = torch.nn.Parameter(start.clone())
        optimizer = make(weights)
        for _ in range(5):
            optimizer.zero_grad()
            ((weights - target) ** 2).sum().backward()
            optimizer.step()
        found.append(weights.detach())
    torch.testing.assert_close(*found)


def test_filters_are_brought_to_the_norm_of_their_outputs_before_the_step():
    filters = torch.nn.Parameter(torch.randn(16, 3, 3, 3))
    direction = (filters / filters.norm()).detach()
    filters.grad = torch.randn_like(filters)
    Muon([{"params": [filters], "lr": 0.0, "orthogonal": True}]).step()
    torch.testing.assert_close(filters.detach(), 4 * direction)
