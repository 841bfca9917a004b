"""What changed between two bundles: accuracy, calibration, classes, verdicts, size, and speed on this machine."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from exporter.golden import golden_pictures
from runtime_app.bundle import Bundle, open_bundle
from runtime_app.classifier import Classifier
from runtime_app.manifest import Provenance

_TIMED_RUNS = 30


@dataclass(frozen=True)
class Change:
    """One property of two bundles, None where a bundle lacks it; where both are numbers, how much B is above A."""

    name: str
    a: str | float | None
    b: str | float | None
    difference: float | None
    changed: bool


def compare(first: Path, second: Path) -> list[Change]:
    """Open and verify both bundles, then compare. Raises BundleError when one is refused."""
    a, b = open_bundle(first), open_bundle(second)
    before, after = _properties(a), _properties(b)
    names = [*before, *(name for name in after if name not in before)]
    return [_change(name, before.get(name), after.get(name)) for name in names]


def show(changes: list[Change]) -> None:
    table = Table(box=None)
    for title in ("", "A", "B", "change"):
        table.add_column(title, overflow="fold")
    for change in changes:
        difference = f"{change.difference:+.4g}" if change.difference else ("changed" if change.changed else "")
        table.add_row(
            change.name, _text(change.a), _text(change.b), difference, style="bold" if change.changed else "dim"
        )
    Console().print(table)


def _properties(bundle: Bundle) -> dict[str, str | float]:
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
        if variant.precision != "fp16":
            found[f"{variant.precision}: one picture here (ms, CPU)"] = _milliseconds(bundle, variant.precision)
    return found


def _commit(origin: Provenance) -> str:
    return f"{(origin.git_commit or 'unknown')[:12]}{' with local changes' if origin.git_dirty else ''}"


def _change(name: str, a: str | float | None, b: str | float | None) -> Change:
    number = isinstance(a, float) and isinstance(b, float)
    difference = round(float(b) - float(a), 6) if number else None  # type: ignore[arg-type]
    timed = name.endswith("CPU)")  # two measurements are never equal: a time that moved is no change of the bundle
    return Change(name, a, b, difference, a != b and not timed)


def _text(value: str | float | None) -> str:
    if value is None:
        return "none"
    return f"{value:.4f}" if isinstance(value, float) else escape(value)


def _milliseconds(bundle: Bundle, precision: str) -> float:
    """Median time of one generated picture through the app's classifier."""
    classifier = Classifier(bundle, device="cpu", precision=precision)
    picture = golden_pictures(bundle.manifest.input.height)[:1]
    seconds = []
    for _ in range(_TIMED_RUNS):
        started = time.perf_counter()
        classifier.predict(picture)
        seconds.append(time.perf_counter() - started)
    return round(1000 * float(np.median(seconds)), 2)
