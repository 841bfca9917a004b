import pytest
import torch
from torch import nn

from tests.trainer.samples import small, trainer
from trainer.augment import normalise
from trainer.checkpoint import load_best
from trainer.config import TrainConfig, read_record
from trainer.data import load_splits
from trainer.model import Block, CifarNet, build_network
from trainer.recipes import load_recipe
from trainer.setup import build_network as network_for
from trainer.whitening import whitening_filters


def baseline_network() -> CifarNet:
    return network_for(TrainConfig(), load_recipe("baseline"), tuple("0123456789"))


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


def test_stem_keeps_the_size_and_only_its_bias_learns():
    network = CifarNet(3, (8, 8, 8, 8), whitening=True)
    assert network.stem(torch.zeros(2, 3, 8, 8)).shape == (2, 24, 8, 8)
    assert [name for name, p in network.stem.named_parameters() if p.requires_grad] == ["conv.bias"]


def test_whitened_patches_are_uncorrelated_with_variance_one():
    # Neighbouring pixels and colours of a smooth picture are much alike; afterwards nothing is.
    pictures = nn.functional.interpolate(torch.randn(64, 3, 8, 8), 32, mode="bilinear") + 0.3 * torch.randn(
        64, 3, 32, 32
    )
    filters = whitening_filters(pictures, 2)
    assert torch.equal(filters[:12], -filters[12:])
    channels = nn.functional.conv2d(pictures, filters[:12]).permute(1, 0, 2, 3).flatten(1)
    torch.testing.assert_close(channels @ channels.T / channels.shape[1], torch.eye(12), atol=0.02, rtol=0)


def test_a_run_whitens_by_its_own_training_pictures(pictures, tmp_path):
    answer = trainer(*small(pictures, tmp_path, "--recipe", "fast", "--epochs", 1))
    assert answer.status == 0, answer.err
    checkpoint = load_best(answer.folder / "best.pt")
    record = read_record(answer.folder / "config.json")
    train = load_splits(record.config).train.images
    normalised = normalise(torch.from_numpy(train), torch.tensor(checkpoint.mean), torch.tensor(checkpoint.std))
    torch.testing.assert_close(checkpoint.network.stem.conv.weight.data, whitening_filters(normalised.contiguous(), 2))


def test_logits_are_the_head_on_the_mean_of_the_features():
    network = network_for(TrainConfig(recipe="fast"), load_recipe("fast"), tuple("abcdefg")).eval()
    x = torch.randn(3, 3, 32, 32)
    pooled = network.features(x).mean((2, 3))
    expected = (pooled @ network.head.weight.T + network.head.bias) * network.logit_scale
    torch.testing.assert_close(network(x), expected)


@pytest.mark.parametrize("whitening", [False, True])
def test_architecture_rebuilds_the_same_network(whitening):
    depths = (1, 2, 3, 4)
    network = CifarNet(5, (8, 8, 8, 8), (0.0, 0.1, 0.2, 0.3), 0.5, whitening=whitening, depths=depths).eval()
    again = build_network(network.architecture)
    again.load_state_dict(network.state_dict())
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(again.eval()(x), network(x))
    assert again.architecture == network.architecture


def test_checkpoints_from_before_the_stem_have_none():
    architecture = CifarNet(10).architecture
    del architecture["whitening"]
    assert isinstance(build_network(architecture).stem, nn.Identity)


def test_checkpoints_from_before_blocks_could_be_deeper_have_two_convolutions_in_each():
    architecture = CifarNet(10, depths=(3, 3, 3, 3)).architecture
    del architecture["depths"]
    assert build_network(architecture).architecture["depths"] == [2, 2, 2, 2]


def test_block_adds_what_each_further_convolution_finds():
    block = Block(3, 4, 3, pool=True, dropout=0.0).eval()
    x = torch.randn(2, 3, 8, 8)
    expected = block.act(block.norm1(block.pool(block.conv1(x))))
    for number in (2, 3):
        conv, norm = block.layer(number)
        expected = expected + block.act(norm(conv(expected)))
    assert torch.equal(block(x), expected) and expected.shape == (2, 4, 4, 4)


def test_another_architecture_is_refused():
    with pytest.raises(ValueError, match="unknown architecture 'resnet'"):
        build_network({"name": "resnet"})
    with pytest.raises(ValueError, match="incomplete"):
        build_network({"name": "cifarnet", "classes": 10})
