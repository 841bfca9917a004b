"""The whole way from a checkpoint to a published bundle, in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from exporter.bisection import first_departure
from exporter.control import require_refusal
from exporter.describe import FILES, about_model, describe, variant
from exporter.draft import Draft, draft_of
from exporter.errors import GateError
from exporter.evaluation import Evaluation, evaluate
from exporter.expectation import Expectation, expect
from exporter.golden import encode_golden, golden_pictures, unfused
from exporter.graph import Deployable, to_onnx
from exporter.notes import plot_evidence, write_times
from exporter.out_of_class import out_of_class_sets
from exporter.parity import GateReport, Refusal, check, summarise
from exporter.pictures import GatePictures, gather
from exporter.progress import Steps
from exporter.publish import entries, publish
from exporter.quantize import calibration_pictures, to_fp16, to_int8
from exporter.reference import Outputs, Reference
from exporter.report import report_files, to_json
from exporter.source import Source
from exporter.variants import VariantReport, check_variant
from runtime_app import providers
from runtime_app.bundle import Bundle
from runtime_app.classifier import Classifier
from runtime_app.errors import UserError, explain, one_line
from runtime_app.manifest import Manifest, Precision, Variant, encode
from runtime_app.providers import Device
from runtime_app.selftest import run_golden
from trainer.data import Splits
from trainer.files import write_bytes_atomically

# How far a rebuilt validation split may be from the accuracy that training wrote down: rounding of a GPU in half
# precision moves a few pictures, a wrong split or wrong classes move many. Of a small split one picture is more than that.
_ACCURACY_SLACK, _FEW_PICTURES = 0.01, 3

# Each variant and the device that it is for.
_SMALLER: tuple[tuple[Precision, Device], ...] = (("int8", "cpu"), ("fp16", "cuda"))


@dataclass(frozen=True)
class Exported:
    """destination: the bundle; created: False when the identical bundle was there already."""

    destination: Path
    manifest: Manifest
    created: bool


@dataclass(frozen=True)
class _Job:
    """What is exported, under which name, and who is told."""

    name: str
    source: Source
    splits: Splits
    steps: Steps


@dataclass(frozen=True)
class _Measured:
    """Torch's outputs for all pictures of the gate, and the figures that follow from them."""

    pictures: GatePictures
    outputs: Outputs
    evaluation: Evaluation


def export(
    source: Source,
    splits: Splits,
    destination: Path,
    steps: Steps,
    precisions: Sequence[Precision] = ("fp32",),
    *,
    overwrite: bool = False,
    archive: Path | None = None,
) -> Exported:
    """Publish a bundle, and as a .zip too where `archive` names one, or raise and leave everything as it was. Raises
    GateError when the gate refuses the model."""
    job = _Job(destination.name, source, splits, steps)
    measured = _measure(job)
    evaluation = measured.evaluation
    with steps.step("torch in fp64, to measure what rounding costs"):
        expected = expect(source.checkpoint, measured.pictures, measured.outputs, evaluation.temperature)
    model, gate = _gated_model(job, evaluation, expected)
    with steps.step("negative control: the gate must refuse one changed weight"):
        control = require_refusal(_draft(job, evaluation, {"fp32": model}), expected)
    models, variants, reports = _smaller_variants(job, evaluation, expected, model, precisions)
    variants = (variant("fp32", model, gate.tolerance, evaluation.metrics.test.accuracy), *variants)
    manifest = describe(job.name, source, splits, evaluation, variants, summarise(gate))
    parity = {"fp32": gate, "negative_control": control, **reports}
    with steps.step("card, figures and plots"):
        contents = report_files(manifest, evaluation, parity, source, splits)
        contents |= {FILES["fp32"]: model, **models, "golden.npz": _golden(source, evaluation.temperature, models)}
    manifest = msgspec.structs.replace(manifest, files=entries(contents))
    with steps.step("the finished bundle's self-test, and publishing"):
        created = publish(
            destination, contents, encode(manifest), overwrite=overwrite, archive=archive, examine=_require_selftest
        )
    _leave_notes(job, measured, encode(manifest))
    return Exported(destination, manifest, created)


def gate_devices() -> tuple[str, ...]:
    """Every execution provider that really runs here."""
    return ("cpu",) if providers.cuda_obstacle() else ("cpu", "cuda")


def _measure(job: _Job) -> _Measured:
    source, splits, steps = job.source, job.splits, job.steps
    with steps.step("gathering pictures for the gate"):
        pictures = gather(splits)
    with steps.step(f"torch in fp32 on {len(pictures):,} pictures"):
        reference = Reference(source.checkpoint)
        outputs = reference.run(pictures.images)
    validation, test = (outputs.logits[pictures.positions(part)] for part in ("validation", "test"))
    _refuse_overflow({"validation": validation, "test": test})
    accuracy = float((validation.argmax(1) == splits.validation.labels).mean())
    slack = max(_ACCURACY_SLACK, _FEW_PICTURES / len(validation))
    if not abs(accuracy - source.checkpoint.validation_accuracy) <= slack:  # NaN is refused too
        raise UserError(
            f"The checkpoint was saved with a validation accuracy of {source.checkpoint.validation_accuracy:.2%}, but has "
            f"{accuracy:.2%} on the rebuilt validation split.",
            "Check that best.pt and config.json belong together and that the data is unchanged.",
            exit_status=1,
        )
    with steps.step("calibration: temperature, score and thresholds"):
        sets = out_of_class_sets(source.checkpoint.image_size, source.record.config.data)
        foreign = {name: reference.run(images).logits for name, images in sets.items()}
        evaluation = evaluate(splits, validation, test, foreign)
    return _Measured(pictures, outputs, evaluation)


def _refuse_overflow(logits: dict[str, NDArray[np.float32]]) -> None:
    for part, found in logits.items():
        bad = np.flatnonzero(~np.isfinite(found).all(axis=1))
        if len(bad):
            raise UserError(
                f"The network's logits are not finite on {part} picture {bad[0]} (and on {len(bad) - 1:,} others).",
                "Train again, or name another checkpoint.",
                exit_status=1,
            )


def _gated_model(job: _Job, evaluation: Evaluation, expected: Expectation) -> tuple[bytes, GateReport]:
    """The model that holds the gate: as optimised by torch.onnx or, when that changed results, as traced."""
    source, steps = job.source, job.steps
    for optimize in (True, False):
        with steps.step(f"ONNX{'' if optimize else ', without fusions'}"):
            module = Deployable(source.checkpoint, evaluation.temperature).eval()
            model = to_onnx(module, source.checkpoint.image_size, about_model(job.name, source), optimize=optimize)
        with steps.step(f"the gate: the app on {len(expected.pictures):,} pictures, without torch"):
            report = check(_draft(job, evaluation, {"fp32": model}), expected, gate_devices())
        if report.holds:
            return model, report
        steps.note(f"refused: {report.refusals[0].sentence}")
    raise _refused(source, model, report, expected)


def _refused(source: Source, model: bytes, report: GateReport, expected: Expectation) -> GateError:
    """Look for the layer, and leave parity.json beside the checkpoint."""
    worst = report.measured.worst_picture
    images = expected.pictures.images[[worst, worst]]  # two, as the graph was traced
    departure = first_departure(model, source.checkpoint, expected.temperature, images)
    details: Path | None = source.folder / "parity.json"
    try:
        write_bytes_atomically(source.folder / "parity.json", to_json({"fp32": report, "first_departure": departure}))
    except OSError:  # a read-only or full folder must not hide what the gate found
        details = None
    return GateError(report, departure.layer if departure else None, details)


def _smaller_variants(
    job: _Job, evaluation: Evaluation, expected: Expectation, model: bytes, precisions: Sequence[Precision]
) -> tuple[dict[str, bytes], tuple[Variant, ...], dict[str, VariantReport]]:
    """(file -> bytes and manifest entries of the variants that hold their gate, precision -> report of all tried)."""
    models: dict[str, bytes] = {}
    variants: list[Variant] = []
    reports: dict[str, VariantReport] = {}
    for precision, device in _SMALLER:
        if precision not in precisions:
            continue
        if device not in gate_devices():
            job.steps.note(f"{precision} is left out: its gate needs a machine where CUDA runs.")
            continue
        with job.steps.step(f"{precision}: converting, and its gate"):
            smaller, report = _smaller_variant(job, evaluation, expected, model, precision, device)
        reports[precision] = report
        if not report.holds:
            job.steps.note(f"{precision} is left out: {report.refusals[0].sentence}.")
            continue
        models[FILES[precision]] = smaller
        variants.append(variant(precision, smaller, report.tolerance or {}, report.test_accuracy))
    return models, tuple(variants), reports


def _smaller_variant(
    job: _Job, evaluation: Evaluation, expected: Expectation, model: bytes, precision: Precision, device: str
) -> tuple[bytes, VariantReport]:
    """(its bytes, what its gate saw); a model that cannot be converted is refused as one that is not good enough is."""
    try:
        smaller = to_fp16(model) if precision == "fp16" else to_int8(model, calibration_pictures(job.splits.train))
    except (UserError, OSError, MemoryError):
        raise
    except Exception as error:  # the converters raise nearly anything, and fp32 is as good as before
        cause = one_line(" ".join(str(error).split()) or type(error).__name__)
        return b"", VariantReport((Refusal(f"it cannot be converted ({cause})"),), precision, device, 0.0)
    draft = _draft(job, evaluation, {"fp32": model, precision: smaller})
    return smaller, check_variant(draft, precision, device, expected, job.splits, len(model) / len(smaller))


def _draft(job: _Job, evaluation: Evaluation, models: dict[Precision, bytes]) -> Draft:
    variants = tuple(variant(precision, model, {}, 0.0) for precision, model in models.items())
    manifest = describe(job.name, job.source, job.splits, evaluation, variants)
    return draft_of(manifest, {FILES[precision]: model for precision, model in models.items()})


def _golden(source: Source, temperature: float, smaller: dict[str, bytes]) -> bytes:
    images = golden_pictures(source.checkpoint.image_size)
    int8 = unfused(smaller[FILES["int8"]], images) if FILES["int8"] in smaller else None
    return encode_golden(images, Reference(source.checkpoint, torch.float64).run(images, temperature), int8)


def _require_selftest(bundle: Bundle) -> None:
    """As on a user's machine: the golden vectors and what may differ from them are parts of a bundle that no gate saw."""
    for each in bundle.manifest.variants:
        device = dict(_SMALLER).get(each.precision, "cpu")
        for found in run_golden(Classifier(bundle, device, each.precision)):
            if not found.passed:
                raise UserError(
                    f"The finished bundle fails its own self-test: {found.output} of {each.file} differ from the golden "
                    f"vectors by {found.difference:.3g}, allowed are {found.allowed:.3g}.",
                    "Nothing was published.",
                    exit_status=1,
                )


def _leave_notes(job: _Job, measured: _Measured, manifest: bytes) -> None:
    """In the run's own folder; a checkpoint that was copied elsewhere gets none."""
    if not job.source.is_run:
        return
    folder, digest = job.source.folder, msgspec.json.decode(manifest)["digest"]
    lacking = "export.json and no evidence.png"
    try:
        write_times(folder, job.name, digest, job.steps.seconds)
        lacking = "evidence.png"
        with job.steps.step(f"evidence on some test pictures, for {folder}"):
            plot_evidence(folder / lacking, job.splits, measured.pictures, measured.outputs)
    except Exception as error:  # the bundle is published and whole: whatever a note lacks, memory too, is no failure
        job.steps.note(f"{folder} got no {lacking}: {explain(error).title}")
