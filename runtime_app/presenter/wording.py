"""The words of the window: verdicts, figures, the status line. Pure functions from results to text."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from runtime_app.classifier import Engine
from runtime_app.manifest import Manifest
from runtime_app.verdict import Verdict

Tone = Literal["sure", "unsure", "none", "failed", "quiet"]


@dataclass(frozen=True)
class Words:
    """headline: large; detail: below it; hint: what the percentage means, shown on request."""

    headline: str
    detail: str
    tone: Tone
    hint: str = ""


@dataclass(frozen=True)
class Bar:
    """One class. share: its probability; percent: as text; class_index: its place in the manifest."""

    class_index: int
    name: str
    share: float
    percent: str


def verdict_words(verdict: Verdict, probabilities: NDArray[np.float32], manifest: Manifest) -> Words:
    """Words first, numbers second; never surer than the calibration on the test pictures supports."""
    first, second = (int(k) for k in np.argsort(-probabilities, kind="stable")[:2])
    names = manifest.classes
    top = f"{names[first]} {percent(probabilities[first])} %"
    if verdict == "sure":
        words = names[first], f"{percent(probabilities[first])} %"
    elif verdict == "unsure":
        words = "unsure", f"{top}, {names[second]} {percent(probabilities[second])} %"
    else:
        words = "may be none of these classes", f"looks most like {top}"
    return Words(*words, verdict, calibration_hint(float(probabilities[first]), manifest))


def calibration_hint(confidence: float, manifest: Manifest) -> str:
    test = manifest.metrics.test
    of_which = f" (measured with {manifest.variants[0].precision})" if len(manifest.variants) > 1 else ""
    return (
        f"Of {test.n:,} test pictures, those that got about {percent(confidence)} % were right about that often; "
        f"such figures were off by {100 * manifest.calibration.ece_after:.1f} points on average{of_which}. "
        "Pictures of another kind than the training data can be wrong more often."
    )


def one_line(words: Words) -> str:
    """For the clipboard and the gallery: "cat, 93 %"."""
    if words.tone == "sure":
        return f"{words.headline}, {words.detail}"
    return f"{words.headline}: {words.detail}" if words.tone == "unsure" else f"{words.headline} ({words.detail})"


def bars(probabilities: NDArray[np.float32], classes: tuple[str, ...]) -> tuple[Bar, ...]:
    """All classes, the most probable first."""
    order = np.argsort(-probabilities, kind="stable")
    return tuple(Bar(int(k), classes[k], float(probabilities[k]), percent(probabilities[k])) for k in order)


def percent(share: float) -> str:
    """Whole percent; what rounds to 0 or 100 without being it is "<1" or ">99"."""
    value = 100 * float(share)
    if 0 < value <= 0.5:
        return "<1"
    if 99.5 <= value < 100:
        return ">99"
    return f"{value:.0f}"


def engine_words(engine: Engine, notice: str | None) -> tuple[str, str]:
    """What really runs, and why it is not what was asked for ("" when it is)."""
    threads = f", {engine.threads} threads" if engine.threads > 1 else ", 1 thread"
    running = f"{engine.provider_name} {engine.precision}" + (threads if engine.provider_name == "CPU" else "")
    return running, notice or (f"not on the GPU: {engine.fallback.reason}" if engine.fallback else "")


def milliseconds(value: float) -> str:
    return f"{value:.0f}" if value >= 9.5 else f"{value:.1f}"


def times_words(decode_ms: float, prepare_ms: float, run_ms: float) -> str:
    return f"decode {milliseconds(decode_ms)}  prepare {milliseconds(prepare_ms)}  run {milliseconds(run_ms)} ms"
