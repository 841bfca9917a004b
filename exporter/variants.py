"""The gate of the smaller variants: they may differ from fp32, but not in what they are worth to people.

Decided on the validation split alone; test figures are reported and decide nothing.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exporter.calibrate import measure
from exporter.consumer import Job
from exporter.describe import FILES
from exporter.draft import Draft, ask_app
from exporter.expectation import SMALL_COUNT, Expectation, largest, round_up
from exporter.golden import unfused
from exporter.parity import BULK_BATCH, SMALL_BATCHES, Refusal, unexplained
from exporter.quantize import with_other_steps
from exporter.reference import Outputs, with_temperature
from runtime_app.classifier import OUTPUTS
from runtime_app.manifest import Manifest, Precision
from runtime_app.verdict import scores
from trainer.data import Splits

MOST_ACCURACY_LOST = 0.003
LEAST_AGREEMENT = 0.97
MOST_CALIBRATION_LOST = 0.005
MOST_VERDICTS_MOVED = 0.02  # of the pictures; of a few, those whose scores the thresholds were taken from may move
_FEW_PICTURES = 2
# A head in fp32 gives 2e-7 here, one in fp16 4e-4; a temperature that is off by 2% gives 9e-3.
MOST_PERCENTAGE_OFF = 0.002
# Of a CifarNet, int8 moves its maps by 0.15 of what they show, fp16 by 0.004; maps with swapped axes lie 1.1 away.
MOST_EVIDENCE_MOVED = 0.5
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
    per output, from the golden outputs; agreement: share of validation pictures with fp32's most probable class;
    verdicts_moved: by how much the share of them above a threshold of the verdict differs from fp32's, of the two the
    larger; evidence_moved: how far their maps are from fp32's, as a share of what these show; ratio: fp32's size by this
    one's."""

    refusals: tuple[Refusal, ...]
    precision: Precision
    device: str
    ratio: float
    validation_accuracy: float = 0.0
    accuracy_lost: float = 0.0
    agreement: float = 0.0
    calibration_lost: float = 0.0
    verdicts_moved: float = 0.0
    evidence_moved: float = 0.0
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
    refusals += _check_percentages(bulk, expected)
    refusals += _check_evidence(bulk, expected)
    if tolerance["probabilities"] > MOST_TOLERATED:
        refusals.append(Refusal("the runtime's fusions change its percentages", "probabilities"))
    return _judge(
        bulk,
        expected,
        splits,
        draft.manifest,
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


def _judge(
    bulk: Outputs, expected: Expectation, splits: Splits, manifest: Manifest, seen: VariantReport
) -> VariantReport:
    validation, test = (expected.pictures.positions(part) for part in ("validation", "test"))
    labels = splits.validation.labels
    right, found = expected.float32.take(validation), bulk.take(validation)
    before = measure(right.logits, labels, expected.temperature)
    after = measure(found.logits, labels, expected.temperature)
    report = replace(
        seen,
        validation_accuracy=after.accuracy,
        accuracy_lost=round(before.accuracy - after.accuracy, 6),
        agreement=round(float((found.logits.argmax(1) == right.logits.argmax(1)).mean()), 6),
        calibration_lost=round(after.ece - before.ece, 6),
        verdicts_moved=round(_verdicts_moved(found, right, manifest), 6),
        evidence_moved=round_up(_evidence_moved(found.evidence, right.evidence)),
        test_accuracy=float((bulk.logits[test].argmax(1) == splits.test.labels).mean()),
    )
    return replace(report, refusals=(*seen.refusals, *objections(report, len(labels))))


def objections(seen: VariantReport, pictures: int) -> list[Refusal]:
    """What the figures say against a variant; the refusals that it has already are left aside. pictures: how many the
    figures are of."""
    most_moved = max(MOST_VERDICTS_MOVED, _FEW_PICTURES / pictures)
    said = (
        (
            seen.accuracy_lost > MOST_ACCURACY_LOST,
            f"it loses {seen.accuracy_lost:.2%} of validation accuracy, allowed are {MOST_ACCURACY_LOST:.1%}",
        ),
        (
            seen.agreement < LEAST_AGREEMENT,
            f"it agrees with fp32 on {seen.agreement:.1%} of the validation pictures, not {LEAST_AGREEMENT:.0%}",
        ),
        (
            seen.calibration_lost > MOST_CALIBRATION_LOST,
            f"its calibration error is {seen.calibration_lost:.2%} worse, allowed are {MOST_CALIBRATION_LOST:.1%}",
        ),
        (
            seen.verdicts_moved > most_moved,
            f"{seen.verdicts_moved:.1%} more or fewer of the validation pictures reach a threshold of the verdict, allowed "
            f"are {most_moved:.1%}",
        ),
        (
            not seen.evidence_moved <= MOST_EVIDENCE_MOVED,
            f"its maps differ from fp32's by {seen.evidence_moved:.0%} of what these show, allowed are "
            f"{MOST_EVIDENCE_MOVED:.0%}",
        ),
        (
            seen.precision == "int8" and seen.ratio < LEAST_INT8_RATIO,
            f"it is only {seen.ratio:.2f} times smaller, not {LEAST_INT8_RATIO}",
        ),
    )
    return [Refusal(sentence) for holds_not, sentence in said if holds_not]


def _verdicts_moved(found: Outputs, right: Outputs, manifest: Manifest) -> float:
    """The thresholds were fitted to fp32's scores; another precision may shift all scores and leave every percentage."""
    rule, temperature = manifest.verdict, manifest.calibration.temperature
    score, wanted = (scores(outputs.logits, temperature, rule.score) for outputs in (found, right))
    return max(
        abs(float((score >= limit).mean() - (wanted >= limit).mean())) for limit in (rule.none_below, rule.unsure_below)
    )


def _evidence_moved(found: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    """Root mean square of the difference by that of fp32's maps, each map without its mean, which the logit tells."""
    shown, moved = (
        values - values.mean((2, 3), keepdims=True)
        for values in (right.astype(np.float64), found.astype(np.float64) - right)
    )
    size = float(np.sqrt((shown**2).mean()))
    return float(np.sqrt((moved**2).mean())) / size if size else 0.0  # a map of one cell shows no place


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


def _check_percentages(bulk: Outputs, expected: Expectation) -> list[Refusal]:
    """People see the probabilities, while accuracy and calibration are measured on the logits: one must follow from the
    other, whatever the precision."""
    right = with_temperature(bulk, expected.temperature).probabilities
    difference, row = largest(bulk.probabilities, right)
    if difference <= MOST_PERCENTAGE_OFF:
        return []
    picture = expected.pictures.name_of(row)
    sentence = (
        f"the probabilities of {picture} do not follow from its logits (by {difference:.3g}, allowed is "
        f"{MOST_PERCENTAGE_OFF})"
    )
    return [Refusal(sentence, "probabilities", picture, round_up(difference), MOST_PERCENTAGE_OFF)]


def _check_evidence(bulk: Outputs, expected: Expectation) -> list[Refusal]:
    """The head is in fp32 (int8) or its mean is (fp16): the map still adds up to the logit, to a thousandth of its range."""
    difference, row = unexplained(bulk, expected)
    if difference <= 1e-3 * float(np.abs(bulk.evidence).max()):
        return []
    return [Refusal(f"the evidence of {expected.pictures.name_of(row)} does not add up to its logits", "evidence")]
