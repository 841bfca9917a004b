"""The gate: does the app, opening the saved bytes, say what torch says? Everything else about a bundle rests on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from exporter.consumer import Answer, Job
from exporter.draft import Draft, ask_app
from exporter.expectation import FACTOR, SMALL_COUNT, Expectation, largest, per_picture, round_up
from exporter.pictures import GatePictures
from exporter.reference import Outputs
from runtime_app.classifier import OUTPUTS
from runtime_app.manifest import ParitySummary

BULK_BATCH = 64
SMALL_BATCHES = (1, 2, 7)


@dataclass(frozen=True)
class Refusal:
    """One way in which a model failed. sentence: for people; the rest says which output, which picture, how far."""

    sentence: str
    output: str | None = None
    picture: str | None = None
    difference: float | None = None
    allowed: float | None = None


@dataclass(frozen=True)
class Measurements:
    """Per output, the largest distance of the app from torch in fp64 (app_error) and from torch in fp32, on the CPU.

    argmax_differences: pictures with another most probable class; worst_picture: the position farthest from torch.
    """

    app_error: dict[str, float] = field(default_factory=dict)
    max_difference: dict[str, float] = field(default_factory=dict)
    argmax_differences: int = 0
    worst_picture: int = 0


@dataclass(frozen=True)
class GateReport:
    """What the gate saw and allowed. Dictionaries are keyed by output; measured is empty when nothing could be compared."""

    refusals: tuple[Refusal, ...]
    parts: dict[str, int]
    batch_sizes: tuple[int, ...]
    providers: tuple[str, ...]
    factor: float
    exact_pictures: int
    torch_error: dict[str, float]
    tolerance: dict[str, float]
    measured: Measurements

    @property
    def holds(self) -> bool:
        return not self.refusals


def check(draft: Draft, expected: Expectation, devices: Sequence[str] = ("cpu",)) -> GateReport:
    """Run the app on the draft's fp32 model and compare. Never raises for a wrong model: the report says what is wrong."""
    small = tuple(expected.pictures.spread(SMALL_COUNT).tolist())
    jobs = []
    for device in devices:
        jobs.append(Job(f"all-{device}", "fp32", device, BULK_BATCH))
        jobs += [Job(f"batch-{batch}-{device}", "fp32", device, batch, small) for batch in SMALL_BATCHES]
    answers, outputs = ask_app(draft, expected.pictures.images, jobs)
    refusals = _compare_names(draft, expected)
    for answer in answers:
        if answer.error is not None:
            refusals.append(Refusal(f"the app cannot run the model ({answer.name}): {answer.error}"))
    measured = Measurements()
    for device in devices:
        found = {job.batch: outputs[job.name] for job in jobs if job.device == device and job.name in outputs}
        refusals += _compare(found, expected, small)
        if device == devices[0] and BULK_BATCH in found and _fits(found[BULK_BATCH], expected.float32):
            measured = _measure(found[BULK_BATCH], expected)
    return GateReport(
        refusals=tuple(refusals),
        parts=dict(expected.pictures.parts),
        batch_sizes=(*SMALL_BATCHES, BULK_BATCH),
        providers=_providers(answers),
        factor=FACTOR,
        exact_pictures=len(expected.exact_at),
        torch_error=expected.rounding,
        tolerance=expected.tolerance,
        measured=measured,
    )


def summarise(report: GateReport) -> ParitySummary:
    parts = report.parts
    return ParitySummary(
        held_out_pictures=parts["validation"] + parts["test"],
        generated_pictures=parts["generated"],
        edge_cases=parts["edge-case"],
        batch_sizes=report.batch_sizes,
        max_difference=report.measured.max_difference,
        argmax_differences=report.measured.argmax_differences,
        providers=report.providers,
    )


def _compare(found: dict[int, Outputs], expected: Expectation, small: tuple[int, ...]) -> list[Refusal]:
    """found: batch size -> outputs, of one device."""
    refusals: list[Refusal] = []
    bulk = found.get(BULK_BATCH)
    if bulk is None:
        return refusals
    if not _fits(bulk, expected.float32):
        return [Refusal("the app's outputs have other shapes than torch's")]
    refusals += _differences(bulk, expected.float32, expected.tolerance, expected.pictures, None, "torch")
    exact_limits = {name: round_up(FACTOR * error) for name, error in expected.rounding.items()}
    refusals += _differences(
        bulk.take(expected.exact_at),
        expected.exact,
        exact_limits,
        expected.pictures,
        expected.exact_at,
        "torch in fp64",
    )
    refusals += _compare_argmax(bulk, expected)
    refusals += _check_evidence(bulk, expected)
    positions = np.asarray(small)
    for batch, outputs in found.items():
        if batch != 1 and 1 in found:
            part = outputs.take(positions) if batch == BULK_BATCH else outputs
            other = f"the same pictures one by one (batches of {batch})"
            refusals += _differences(part, found[1], expected.tolerance, expected.pictures, positions, other)
    return refusals


def _differences(
    found: Outputs,
    right: Outputs,
    allowed: dict[str, float],
    pictures: GatePictures,
    positions: np.ndarray | None,
    other: str,
) -> list[Refusal]:
    """One refusal for each output that is too far away. positions: of these rows among the gate's pictures."""
    refusals = []
    for name in OUTPUTS:
        difference, row = largest(getattr(found, name), getattr(right, name))
        if not difference <= allowed[name]:  # a NaN is not within any limit
            picture = pictures.name_of(row if positions is None else int(positions[row]))
            sentence = f"{name} of {picture} differs from {other} by {difference:.3g}, allowed is {allowed[name]:.3g}"
            refusals.append(Refusal(sentence, name, picture, round_up(difference), allowed[name]))
    return refusals


def _compare_argmax(bulk: Outputs, expected: Expectation) -> list[Refusal]:
    """Another class may win only where torch's two best are nearer to each other than rounding can decide."""
    logits = expected.float32.logits
    differs = np.flatnonzero(bulk.logits.argmax(1) != logits.argmax(1))
    if not len(differs):
        return []
    top = np.sort(logits[differs], axis=1)
    margin = top[:, -1] - top[:, -2]
    limit = 2 * largest(bulk.logits, logits)[0]
    limit = min(limit, 2 * expected.tolerance["logits"])
    wrong = differs[margin >= limit]
    if not len(wrong):
        return []
    picture = expected.pictures.name_of(int(wrong[0]))
    return [
        Refusal(f"the most probable class of {picture} and {len(wrong) - 1} others is not torch's", "logits", picture)
    ]


def unexplained(found: Outputs, expected: Expectation) -> tuple[float, int]:
    """How far mean over the map plus bias is from the logit at most, and for which picture."""
    return largest(found.evidence.astype(np.float64).mean((2, 3)) + expected.bias, found.logits)


def _check_evidence(bulk: Outputs, expected: Expectation) -> list[Refusal]:
    """Mean over the map plus bias is the logit, or the map would not explain the decision."""
    difference, row = unexplained(bulk, expected)
    allowed = expected.tolerance["evidence"] + expected.tolerance["logits"]
    if difference <= allowed:
        return []
    picture = expected.pictures.name_of(row)
    sentence = (
        f"the evidence of {picture} does not add up to its logits (by {difference:.3g}, allowed is {allowed:.3g})"
    )
    return [Refusal(sentence, "evidence", picture, round_up(difference), allowed)]


def _compare_names(draft: Draft, expected: Expectation) -> list[Refusal]:
    """The manifest's and the model's own class names are the checkpoint's, in logit order."""
    refusals = []
    for where, names in (("the manifest", draft.manifest.classes), ("the model's metadata", draft.classes_in_model())):
        if tuple(names) != expected.classes:
            refusals.append(Refusal(f"the classes in {where} are not the checkpoint's, or in another order"))
    return refusals


def _measure(bulk: Outputs, expected: Expectation) -> Measurements:
    at = expected.exact_at
    distance = {name: per_picture(getattr(bulk, name), getattr(expected.float32, name)) for name in OUTPUTS}
    worst = max(OUTPUTS, key=lambda name: distance[name].max() / (expected.tolerance[name] or np.finfo(float).tiny))
    return Measurements(
        app_error={n: round_up(largest(getattr(bulk.take(at), n), getattr(expected.exact, n))[0]) for n in OUTPUTS},
        max_difference={n: round_up(float(distance[n].max())) for n in OUTPUTS},
        argmax_differences=int((bulk.logits.argmax(1) != expected.float32.logits.argmax(1)).sum()),
        worst_picture=int(distance[worst].argmax()),
    )


def _fits(found: Outputs, right: Outputs) -> bool:
    return all(getattr(found, name).shape == getattr(right, name).shape for name in OUTPUTS)


def _providers(answers: Sequence[Answer]) -> tuple[str, ...]:
    return tuple(sorted({answer.provider for answer in answers if answer.provider}))
