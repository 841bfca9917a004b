"""The whole way from a checkpoint to a published bundle, in reading order."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from exporter.control import require_refusal
from exporter.describe import about_model, describe, variant
from exporter.draft import Draft, draft_of
from exporter.errors import GateError
from exporter.evaluation import Evaluation, evaluate
from exporter.golden import encode_golden, golden_pictures
from exporter.graph import Deployable, to_onnx
from exporter.out_of_class import out_of_class_sets
from exporter.parity import Expectation, GateReport, check, expect, summarise
from exporter.pictures import GatePictures, gather
from exporter.progress import Steps
from exporter.publish import entries, publish, refuse_early
from exporter.reference import Outputs, Reference
from exporter.report import report_files, to_json
from exporter.source import Source
from runtime_app import providers
from runtime_app.errors import UserError
from runtime_app.manifest import Manifest, encode
from trainer.data import Splits
from trainer.files import write_bytes_atomically

# How far a rebuilt validation split may be from the accuracy that training wrote down: rounding of a GPU in half
# precision moves a few pictures, a wrong split or wrong classes move many.
_ACCURACY_SLACK = 0.01


@dataclass(frozen=True)
class Exported:
    """destination: the bundle; created: False when the identical bundle was there already."""

    destination: Path
    manifest: Manifest
    created: bool


@dataclass(frozen=True)
class _Measured:
    pictures: GatePictures
    outputs: Outputs
    evaluation: Evaluation


def export(source: Source, splits: Splits, destination: Path, steps: Steps, *, overwrite: bool = False) -> Exported:
    """Publish a bundle, or raise and leave everything as it was. Raises GateError when the gate refuses the model."""
    name = destination.name
    refuse_early(destination, source.checkpoint_sha256, overwrite=overwrite)
    measured = _measure(source, splits, steps)
    evaluation = measured.evaluation
    with steps.step("torch in fp64, to measure what rounding costs"):
        expected = expect(source.checkpoint, measured.pictures, measured.outputs, evaluation.temperature)
    model, gate = _gated_model(name, source, splits, evaluation, expected, steps)
    with steps.step("negative control: the gate must refuse one changed weight"):
        require_refusal(_draft(name, source, splits, evaluation, model), expected)
    variants = (variant("fp32", model, gate.tolerance, evaluation.metrics.test.accuracy),)
    manifest = describe(name, source, splits, evaluation, variants, summarise(gate))
    with steps.step("card, figures and plots"):
        contents = report_files(manifest, evaluation, {"fp32": gate}, source, splits)
        contents |= {"model.onnx": model, "golden.npz": _golden(source, evaluation.temperature)}
    manifest = msgspec.structs.replace(manifest, files=entries(contents))
    with steps.step("publishing"):
        created = publish(destination, contents, encode(manifest), overwrite=overwrite)
    return Exported(destination, manifest, created)


def _measure(source: Source, splits: Splits, steps: Steps) -> _Measured:
    """Torch's answers to everything, and all figures that follow from them."""
    with steps.step("gathering pictures for the gate"):
        pictures = gather(splits)
    with steps.step(f"torch in fp32 on {len(pictures):,} pictures"):
        reference = Reference(source.checkpoint)
        outputs = reference.run(pictures.images)
    validation, test = (outputs.logits[pictures.positions(part)] for part in ("validation", "test"))
    accuracy = float((validation.argmax(1) == splits.validation.labels).mean())
    if abs(accuracy - source.checkpoint.validation_accuracy) > _ACCURACY_SLACK:
        raise UserError(
            f"The checkpoint was saved with a validation accuracy of {source.checkpoint.validation_accuracy:.2%}, but has "
            f"{accuracy:.2%} on the rebuilt validation split.",
            "Check that best.pt and config.json belong together and that the data is unchanged.",
            exit_status=1,
        )
    with steps.step("calibration: temperature, score and thresholds"):
        sets = out_of_class_sets(source.checkpoint.image_size, splits.name)
        foreign = {name: reference.run(images).logits for name, images in sets.items()}
        evaluation = evaluate(splits, validation, test, foreign)
    return _Measured(pictures, outputs, evaluation)


def _gated_model(
    name: str, source: Source, splits: Splits, evaluation: Evaluation, expected: Expectation, steps: Steps
) -> tuple[bytes, GateReport]:
    """The model that holds the gate: as optimised by torch.onnx or, when that changed results, as traced."""
    reports = []
    for optimize in (True, False):
        with steps.step(f"ONNX{'' if optimize else ', without fusions'}"):
            module = Deployable(source.checkpoint, evaluation.temperature).eval()
            about = about_model(name, source)
            model = to_onnx(module, source.checkpoint.image_size, about, optimize=optimize)
        draft = _draft(name, source, splits, evaluation, model)
        with steps.step(f"the gate: the app on {len(expected.pictures):,} pictures, without torch"):
            report = check(draft, expected, gate_devices())
        if report.holds:
            return model, report
        reports.append(report)
        steps.note(f"refused: {report.refusals[0].sentence}")
    _leave_report(source, reports[-1])
    raise GateError(reports[-1])


def gate_devices() -> tuple[str, ...]:
    """Every execution provider that really runs here."""
    return ("cpu",) if providers.cuda_obstacle() else ("cpu", "cuda")


def _draft(name: str, source: Source, splits: Splits, evaluation: Evaluation, model: bytes) -> Draft:
    variants = (variant("fp32", model, {}, 0.0),)
    return draft_of(describe(name, source, splits, evaluation, variants), {variants[0].file: model})


def _golden(source: Source, temperature: float) -> bytes:
    images = golden_pictures(source.checkpoint.image_size)
    return encode_golden(images, Reference(source.checkpoint, torch.float64).run(images, temperature))


def _leave_report(source: Source, report: GateReport) -> None:
    write_bytes_atomically(source.folder / "parity.json", to_json({"fp32": report}))
