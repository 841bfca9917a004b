import pytest
import torch
from torch import nn

from trainer.config import TrainConfig
from trainer.model import CifarNet, build_network
from trainer.recipes import load_recipe
from trainer.setup import build_network as network_for


def baseline_network() -> CifarNet:
    return network_for(TrainConfig(), load_recipe("baseline"), 10)


def test_network_has_four_residual_blocks_and_3_3_to_3_7_million_parameters():
    network = baseline_network()
    assert len(network.blocks) == 4
    assert 3.3e6 <= sum(p.numel() for p in network.parameters()) <= 3.7e6


def test_dropout_rises_block_by_block_in_the_baseline():
    assert [block.dropout.p for block in baseline_network().blocks] == [0.2, 0.3, 0.4, 0.5]


def test_activations_are_leaky_with_slope_a_tenth_and_convolutions_are_normalised():
    modules = list(baseline_network().modules())
    slopes = [module.negative_slope for module in modules if isinstance(module, nn.LeakyReLU)]
    assert slopes == [0.1] * 4
    assert not any(isinstance(module, nn.ReLU) for module in modules)
    convolutions = sum(isinstance(module, nn.Conv2d) for module in modules)
    assert convolutions == sum(isinstance(module, nn.BatchNorm2d) for module in modules) == 8


def test_every_block_adds_its_input_to_what_its_second_convolution_makes():
    network = baseline_network().eval()
    for block in network.blocks:
        nn.init.zeros_(block.norm2.weight)  # silences the second convolution; only the shortcut is left
    x = torch.randn(2, 3, 32, 32)
    for block in network.blocks:
        shortcut = block.act(block.norm1(block.pool(block.conv1(x))))
        x = block(x)
        torch.testing.assert_close(x, shortcut)


@pytest.mark.parametrize("side", [8, 32, 48])
def test_network_takes_any_size_from_8_pixels_and_pools_it_away(side):
    network = baseline_network().eval()
    assert network(torch.zeros(2, 3, side, side)).shape == (2, 10)
    assert network.features(torch.zeros(2, 3, side, side)).shape == (2, 384, side // 8, side // 8)


def test_logits_are_the_head_on_the_mean_of_the_features():
    network = network_for(TrainConfig(recipe="fast"), load_recipe("fast"), 7).eval()
    x = torch.randn(3, 3, 32, 32)
    pooled = network.features(x).mean((2, 3))
    expected = (pooled @ network.head.weight.T + network.head.bias) * network.logit_scale
    torch.testing.assert_close(network(x), expected)


def test_architecture_rebuilds_the_same_network():
    network = CifarNet(5, (8, 8, 8, 8), (0.0, 0.1, 0.2, 0.3), 0.5).eval()
    again = build_network(network.architecture)
    again.load_state_dict(network.state_dict())
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(again.eval()(x), network(x))
    assert again.architecture == network.architecture


def test_another_architecture_is_refused():
    with pytest.raises(ValueError, match="unknown architecture 'resnet'"):
        build_network({"name": "resnet"})
    with pytest.raises(ValueError, match="incomplete"):
        build_network({"name": "cifarnet", "classes": 10})
