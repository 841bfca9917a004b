"""One small network, trained once on scikit-learn's digits, and one export of it that most tests look at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from exporter.describe import about_model, describe, variant
from exporter.draft import Draft, draft_of
from exporter.evaluation import Evaluation, evaluate
from exporter.expectation import Expectation, expect
from exporter.golden import golden_pictures
from exporter.graph import Deployable, to_onnx
from exporter.out_of_class import out_of_class_sets
from exporter.pictures import GatePictures, edge_cases, written_by_tools
from exporter.quantize import calibration_pictures, to_int8
from exporter.reference import Reference
from exporter.source import Source, load_data, load_source
from tests.exporter.samples import RUN, SIZE, digits, make_run
from trainer.data import Splits


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
    return digits()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, splits: Splits) -> Path:
    """A finished run, as the trainer leaves it, of a network with few channels."""
    return make_run(tmp_path_factory.mktemp("runs") / RUN, splits)


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
    generated, golden, edges = written_by_tools(test, 20), golden_pictures(SIZE), edge_cases(SIZE, SIZE)
    images = np.concatenate([validation, test, generated, golden, edges])
    parts = (("validation", 60), ("test", 60), ("generated", 20), ("golden", len(golden)), ("edge-case", len(edges)))
    return GatePictures(images, parts)


@pytest.fixture(scope="session")
def int8(export: Export) -> bytes:
    """The exported model, quantised."""
    return to_int8(export.model, calibration_pictures(export.splits.train))
