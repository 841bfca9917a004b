"""One small network, trained once on scikit-learn's digits, and one export of it that most tests look at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from exporter.describe import about_model, describe, variant
from exporter.draft import Draft, draft_of
from exporter.evaluation import Evaluation, evaluate
from exporter.expectation import Expectation, expect
from exporter.graph import Deployable, to_onnx
from exporter.out_of_class import out_of_class_sets
from exporter.pictures import GatePictures, edge_cases, written_by_tools
from exporter.reference import Reference
from exporter.source import Source, load_data, load_source
from trainer.augment import normalise
from trainer.checkpoint import Checkpoint, save_best
from trainer.config import TrainConfig, encode_record
from trainer.data import Splits, channel_statistics, load_splits
from trainer.metrics import EpochMetrics, to_csv
from trainer.model import CifarNet
from trainer.setup import describe as describe_run

SIZE = 16
WIDTHS = (8, 16, 16, 32)
STEPS, BATCH = 150, 64


@dataclass(frozen=True)
class Export:
    """Everything on the way to a bundle, short of publishing it; the gate's pictures are few, its rules are all there."""

    source: Source
    splits: Splits
    evaluation: Evaluation
    expected: Expectation
    model: bytes

    def draft(self, model: bytes | None = None) -> Draft:
        model = self.model if model is None else model
        variants = (variant("fp32", model, {}, 0.0),)
        return draft_of(describe("tiny", self.source, self.splits, self.evaluation, variants), {"model.onnx": model})


@pytest.fixture(scope="session")
def splits() -> Splits:
    return load_splits(TrainConfig(data="digits", image_size=SIZE, flip=False))


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, splits: Splits) -> Path:
    """A finished run, as the trainer leaves it, of a network with few channels."""
    torch.manual_seed(0)
    config = TrainConfig(data="digits", image_size=SIZE, flip=False, epochs=1, batch_size=BATCH)
    mean, std = (tuple(values) for values in channel_statistics(splits.train))
    network = _train(CifarNet(10, WIDTHS, (0.0, 0.0, 0.0, 0.1), logit_scale=0.5), splits, mean, std)
    accuracy = _accuracy(network, splits, mean, std)
    folder = tmp_path_factory.mktemp("runs") / "20240101-120000-cifarnet-digits-s0"
    folder.mkdir()
    (folder / "config.json").write_bytes(encode_record(describe_run(config, splits, network)))
    save_best(folder / "best.pt", Checkpoint(network, splits.classes, mean, std, SIZE, 1, accuracy))
    row = EpochMetrics(1, 0.3, 0.9, 0.3, accuracy, 0.01, 1.0, 1000.0)
    (folder / "metrics.csv").write_bytes(to_csv(EpochMetrics, [row]))
    (folder / "summary.json").write_text("{}")
    (folder / "last.pt").write_bytes(b"")
    return folder


@pytest.fixture(scope="session")
def export(run_folder: Path) -> Export:
    source = load_source(run_folder / "best.pt")
    splits = load_data(source, None)
    pictures = _few_pictures(splits)
    outputs = Reference(source.checkpoint).run(pictures.images)
    reference = Reference(source.checkpoint)
    foreign = {
        name: reference.run(images).logits for name, images in out_of_class_sets(SIZE, "digits", per_set=40).items()
    }
    logits = [reference.run(part.images).logits for part in (splits.validation, splits.test)]
    evaluation = evaluate(splits, logits[0], logits[1], foreign)
    expected = expect(source.checkpoint, pictures, outputs, evaluation.temperature)
    module = Deployable(source.checkpoint, evaluation.temperature).eval()
    return Export(source, splits, evaluation, expected, to_onnx(module, SIZE, about_model("tiny", source)))


def _few_pictures(splits: Splits) -> GatePictures:
    validation, test = splits.validation.images[:60], splits.test.images[:60]
    generated, edges = written_by_tools(test, 20), edge_cases(SIZE, SIZE)
    images = np.concatenate([validation, test, generated, edges])
    return GatePictures(images, (("validation", 60), ("test", 60), ("generated", 20), ("edge-case", len(edges))))


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
