"""A small network trained on scikit-learn's digits: enough to export in seconds."""

from pathlib import Path

import torch
from torch import nn

from trainer.augment import normalise
from trainer.checkpoint import Checkpoint, save_best
from trainer.config import TrainConfig, encode_record
from trainer.data import Splits, channel_statistics, load_splits
from trainer.metrics import EpochMetrics, to_csv
from trainer.model import CifarNet
from trainer.setup import describe as describe_run

RUN = "20240101-120000-cifarnet-digits-s0"
SIZE = 16
WIDTHS, DEPTHS = (8, 16, 16, 32), (2, 3, 2, 2)
STEPS, BATCH = 150, 64


def digits() -> Splits:
    return load_splits(TrainConfig(data="digits", image_size=SIZE, flip=False))


def make_run(folder: Path, splits: Splits) -> Path:
    """A finished run, as the trainer leaves it, of a network with few channels."""
    torch.manual_seed(0)
    config = TrainConfig(data="digits", image_size=SIZE, flip=False, epochs=1, batch_size=BATCH)
    mean, std = (tuple(values) for values in channel_statistics(splits.train))
    untrained = CifarNet(10, WIDTHS, (0.0, 0.0, 0.0, 0.1), logit_scale=0.5, whitening=True, depths=DEPTHS)
    network = _train(untrained, splits, mean, std)
    accuracy = _accuracy(network, splits, mean, std)
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(encode_record(describe_run(config, splits, network)))
    save_best(folder / "best.pt", Checkpoint(network, splits.classes, mean, std, SIZE, 1, accuracy))
    row = EpochMetrics(1, 0.3, 0.9, 0.3, accuracy, 0.01, 1.0, 1000.0)
    (folder / "metrics.csv").write_bytes(to_csv(EpochMetrics, [row]))
    (folder / "summary.json").write_text("{}")
    (folder / "last.pt").write_bytes(b"")
    return folder


def _train(network: CifarNet, splits: Splits, mean: tuple[float, ...], std: tuple[float, ...]) -> CifarNet:
    images, labels = torch.from_numpy(splits.train.images), torch.from_numpy(splits.train.labels)
    pixels = normalise(images, torch.tensor(mean), torch.tensor(std))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    network.train()
    for _ in range(STEPS):
        chosen = torch.randint(0, len(labels), (BATCH,))
        loss = nn.functional.cross_entropy(network(pixels[chosen]), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def _accuracy(network: CifarNet, splits: Splits, mean: tuple[float, ...], std: tuple[float, ...]) -> float:
    pixels = normalise(torch.from_numpy(splits.validation.images), torch.tensor(mean), torch.tensor(std))
    return float((network(pixels).argmax(1).numpy() == splits.validation.labels).mean())
