"""The gate of the smaller variants: they may differ from fp32, but not in what they are worth to people.

Decided on the validation split alone; test figures are reported and decide nothing.
"""

from dataclasses import dataclass, replace

import numpy as np

from exporter.calibrate import measure
from exporter.consumer import Job
from exporter.describe import FILES
from exporter.draft import Draft, ask_app
from exporter.expectation import SMALL_COUNT, Expectation, largest, round_up
from exporter.golden import unfused
from exporter.parity import BULK_BATCH, SMALL_BATCHES, Refusal, unexplained
from exporter.quantize import with_other_steps
from exporter.reference import Outputs
from runtime_app.classifier import OUTPUTS
from runtime_app.manifest import Precision
from trainer.data import Splits

MOST_ACCURACY_LOST = 0.003
LEAST_AGREEMENT = 0.97
MOST_CALIBRATION_LOST = 0.005
LEAST_INT8_RATIO = 3.5
MOST_TOLERATED = 0.25  # of a probability: where more must be allowed, a golden vector shows nothing
# Another machine's kernels round elsewhere: what is allowed there is more than what was seen here. fp16 is compared with
# torch on all pictures of the gate, int8 with its own operators on the golden ones.
_FP16_FACTOR = 1.5
_INT8_FACTOR = 3
# Shares by which the int8 model's steps are changed to see what roundings that fall to the other side do.
_NUDGES = (1e-6, -1e-6, 1e-5, -1e-5)


@dataclass(frozen=True)
class VariantReport:
    """What the gate saw of one variant; the validation figures decide. max_difference: per output, from torch; tolerance:
    per output, from the golden outputs; agreement: share of validation pictures with fp32's most probable class; ratio:
    fp32's size by this one's."""

    refusals: tuple[Refusal, ...]
    precision: Precision
    device: str
    ratio: float
    validation_accuracy: float = 0.0
    accuracy_lost: float = 0.0
    agreement: float = 0.0
    calibration_lost: float = 0.0
    test_accuracy: float = 0.0
    max_difference: dict[str, float] | None = None
    tolerance: dict[str, float] | None = None

    @property
    def holds(self) -> bool:
        return not self.refusals


def check_variant(
    draft: Draft, precision: Precision, device: str, expected: Expectation, splits: Splits, ratio: float
) -> VariantReport:
    """Run the app on one variant of the draft, with all pictures of the gate. Never raises for a bad variant."""
    small = tuple(expected.pictures.spread(SMALL_COUNT).tolist())
    jobs = [Job("all", precision, device, BULK_BATCH)]
    jobs += [Job(f"batch-{batch}", precision, device, batch, small) for batch in SMALL_BATCHES]
    answers, outputs = ask_app(draft, expected.pictures.images, jobs)
    failed = [Refusal(f"the app cannot run it ({answer.error})") for answer in answers if answer.error is not None]
    if failed:
        return VariantReport(tuple(failed), precision, device, ratio)
    bulk = outputs["all"]
    distance = {name: largest(getattr(bulk, name), getattr(expected.float32, name))[0] for name in OUTPUTS}
    if precision == "int8":
        tolerance = _int8_tolerance(draft.models[FILES["int8"]], bulk, expected)
    else:
        tolerance = {name: round_up(_FP16_FACTOR * value) for name, value in distance.items()}
    refusals = _compare_batches(outputs, bulk.take(np.asarray(small)), tolerance)
    refusals += _check_evidence(bulk, expected)
    if tolerance["probabilities"] > MOST_TOLERATED:
        refusals.append(Refusal("the runtime's fusions change its percentages", "probabilities"))
    return _judge(
        bulk,
        expected,
        splits,
        VariantReport(
            tuple(refusals),
            precision,
            device,
            ratio,
            max_difference={name: round_up(value) for name, value in distance.items()},
            tolerance=tolerance,
        ),
    )


def _int8_tolerance(model: bytes, bulk: Outputs, expected: Expectation) -> dict[str, float]:
    """Per output: a few times what the runtime's fusions do, or roundings that fall to the other side, whichever is more."""
    golden = expected.pictures.positions("golden")
    images = expected.pictures.images[golden]
    plain = unfused(model, images)
    others = [bulk.take(golden), *(unfused(with_other_steps(model, share), images) for share in _NUDGES)]
    return {
        name: round_up(_INT8_FACTOR * max(largest(getattr(other, name), getattr(plain, name))[0] for other in others))
        for name in OUTPUTS
    }


def _judge(bulk: Outputs, expected: Expectation, splits: Splits, seen: VariantReport) -> VariantReport:
    validation, test = (expected.pictures.positions(part) for part in ("validation", "test"))
    labels = splits.validation.labels
    before = measure(expected.float32.logits[validation], labels, expected.temperature)
    after = measure(bulk.logits[validation], labels, expected.temperature)
    same = bulk.logits[validation].argmax(1) == expected.float32.logits[validation].argmax(1)
    lost, agreement, calibration = before.accuracy - after.accuracy, float(same.mean()), after.ece - before.ece
    refusals = list(seen.refusals)
    if lost > MOST_ACCURACY_LOST:
        refusals.append(Refusal(f"it loses {lost:.2%} of validation accuracy, allowed are {MOST_ACCURACY_LOST:.1%}"))
    if agreement < LEAST_AGREEMENT:
        refusals.append(
            Refusal(f"it agrees with fp32 on {agreement:.1%} of the validation pictures, not {LEAST_AGREEMENT:.0%}")
        )
    if calibration > MOST_CALIBRATION_LOST:
        refusals.append(
            Refusal(f"its calibration error is {calibration:.2%} worse, allowed are {MOST_CALIBRATION_LOST:.1%}")
        )
    if seen.precision == "int8" and seen.ratio < LEAST_INT8_RATIO:
        refusals.append(Refusal(f"it is only {seen.ratio:.2f} times smaller, not {LEAST_INT8_RATIO}"))
    return replace(
        seen,
        refusals=tuple(refusals),
        validation_accuracy=after.accuracy,
        accuracy_lost=round(lost, 6),
        agreement=round(agreement, 6),
        calibration_lost=round(calibration, 6),
        test_accuracy=float((bulk.logits[test].argmax(1) == splits.test.labels).mean()),
    )


def _compare_batches(outputs: dict[str, Outputs], bulk: Outputs, allowed: dict[str, float]) -> list[Refusal]:
    """Batch N must be N times batch 1, whatever the precision."""
    refusals = []
    for batch in (*SMALL_BATCHES[1:], BULK_BATCH):
        found = bulk if batch == BULK_BATCH else outputs[f"batch-{batch}"]
        for name in OUTPUTS:
            difference = largest(getattr(found, name), getattr(outputs["batch-1"], name))[0]
            if not difference <= allowed[name]:
                refusals.append(
                    Refusal(f"{name} in batches of {batch} differs from one by one by {difference:.3g}", name)
                )
    return refusals


def _check_evidence(bulk: Outputs, expected: Expectation) -> list[Refusal]:
    """The head is in fp32 (int8) or its mean is (fp16): the map still adds up to the logit, to a thousandth of its range."""
    difference, row = unexplained(bulk, expected)
    if difference <= 1e-3 * float(np.abs(bulk.evidence).max()):
        return []
    return [Refusal(f"the evidence of {expected.pictures.name_of(row)} does not add up to its logits", "evidence")]
