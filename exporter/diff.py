"""What changed between two bundles: accuracy, calibration, classes, verdicts, size, and speed on this machine."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from exporter.golden import golden_pictures
from runtime_app.bundle import Bundle, open_bundle
from runtime_app.classifier import Classifier
from runtime_app.manifest import Provenance

_ROUNDS, _RUNS = 10, 8  # of each model
_TIME = "{}: one picture here (ms, CPU)"


@dataclass(frozen=True)
class Change:
    """One property of two bundles, None where a bundle lacks it; where both are numbers, how much B is above A, but of two
    times None where that is no more than what the measurements scatter."""

    name: str
    a: str | float | None
    b: str | float | None
    difference: float | None
    changed: bool


def compare(first: Path, second: Path) -> list[Change]:
    """Open and verify both bundles, then compare. Raises BundleError when one is refused."""
    a, b = open_bundle(first), open_bundle(second)
    times = _milliseconds(a, b)
    before, after = _properties(a, times[0]), _properties(b, times[1])
    names = [*before, *(name for name in after if name not in before)]
    return [_change(name, before.get(name), after.get(name), [t[name] for t in times if name in t]) for name in names]


def show(changes: list[Change]) -> None:
    table = Table(box=None)
    for title in ("", "A", "B", "change"):
        table.add_column(title, overflow="fold")
    for change in changes:
        style = "bold" if change.changed else "dim"
        table.add_row(change.name, _text(change.a), _text(change.b), _what_changed(change), style=style)
    Console().print(table)


def _what_changed(change: Change) -> str:
    if change.difference:
        return f"{change.difference:+.4g}"
    if isinstance(change.a, float) and isinstance(change.b, float) and not change.changed:
        return "about the same" if change.difference is None else ""
    return "changed" if change.changed else ""


def _properties(bundle: Bundle, times: dict[str, NDArray[np.float64]]) -> dict[str, str | float]:
    manifest = bundle.manifest
    found: dict[str, str | float] = {
        "digest": manifest.digest[:12],
        "run": manifest.provenance.run,
        "checkpoint": manifest.provenance.checkpoint_sha256[:12],
        "exported at commit": _commit(manifest.provenance),
        "data": manifest.provenance.data_sha256[:12],
        "classes": json.dumps(manifest.classes, ensure_ascii=False),
        "input": f"{manifest.input.height}x{manifest.input.width}, {manifest.input.resize}",
        "test accuracy": manifest.metrics.test.accuracy,
        "validation accuracy": manifest.metrics.validation.accuracy,
        "test calibration error": manifest.metrics.test.ece,
        "test log-likelihood, negative (nats)": manifest.metrics.test.nll,
        "test Brier score": manifest.metrics.test.brier,
        "temperature": manifest.calibration.temperature,
        "score of the verdict": manifest.verdict.score,
        "none below": manifest.verdict.none_below,
        "unsure below": manifest.verdict.unsure_below,
    }
    found |= {f"version of {name}": version for name, version in sorted(manifest.provenance.versions.items())}
    for variant in manifest.variants:
        found[f"{variant.precision}: size (MB)"] = round(variant.bytes / 1e6, 3)
        found[f"{variant.precision}: test accuracy"] = variant.test_accuracy
        name = _TIME.format(variant.precision)
        if name in times:
            found[name] = round(float(np.median(times[name])), 2)
    return found


def _commit(origin: Provenance) -> str:
    return f"{(origin.git_commit or 'unknown')[:12]}{' with local changes' if origin.git_dirty else ''}"


def _change(name: str, a: str | float | None, b: str | float | None, times: list[NDArray[np.float64]]) -> Change:
    """times: those that a and b are the medians of; none where they were not measured."""
    difference = round(b - a, 6) if isinstance(a, float) and isinstance(b, float) else None
    if times and difference is not None and abs(difference) <= max(_spread(measured) for measured in times):
        difference = None
    return Change(name, a, b, difference, a != b and not times)  # a time that moved is no change of the bundle


def _spread(measured: NDArray[np.float64]) -> float:
    """How far the middle half of the rounds lies apart: a single round that something else disturbed does not count."""
    low, high = np.percentile(measured, (25, 75))
    return float(high - low)


def _text(value: str | float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.4f}" if isinstance(value, float) else escape(value)


def _milliseconds(a: Bundle, b: Bundle) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]]:
    """Of each bundle: name -> what one generated picture takes through the app's classifier, the median of every round.

    The bundles take turns at going first, and each round opens its model anew, so that neither what else the machine does
    nor where a model happens to lie in memory counts as a difference."""
    found: tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]]] = ({}, {})
    for precision in ("fp32", "int8"):  # fp16 is for GPUs
        pairs: list[tuple[Bundle, dict[str, NDArray[np.float64]], list[float]]] = [
            (bundle, times, [])
            for bundle, times in zip((a, b), found, strict=True)
            if any(variant.precision == precision for variant in bundle.manifest.variants)
        ]
        for number in range(_ROUNDS):
            for bundle, _, rounds in pairs[:: 1 if number % 2 == 0 else -1]:
                rounds.append(_one_round(bundle, precision))
        for _, times, rounds in pairs:
            times[_TIME.format(precision)] = np.array(rounds)
    return found


def _one_round(bundle: Bundle, precision: str) -> float:
    classifier = Classifier(bundle, device="cpu", precision=precision)
    picture = golden_pictures(bundle.manifest.input.height)[:1]
    seconds = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        classifier.predict(picture)
        seconds.append(time.perf_counter() - started)
    return 1000 * float(np.median(seconds))
