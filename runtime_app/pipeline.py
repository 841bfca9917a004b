"""Many pictures through imaging and the classifier: decoded ahead in threads, run in batches, results in order."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_app.bundle import Bundle
from runtime_app.classifier import BESIDE, Classifier, Prediction
from runtime_app.errors import Explanation, explain
from runtime_app.imaging import BYTES_PER_PIXEL, MAX_PIXELS, Prepared, Region, Resize, open_picture, prepare
from runtime_app.memory_budget import MemoryBudget
from runtime_app.verdict import Verdict, scores, verdict

BATCH = 64
# All decoding threads together hold as much as the largest picture that is accepted (a WebP of more than three quarters of
# its size is decoded alone); small ones never wait.
DECODING = MemoryBudget(BYTES_PER_PIXEL * MAX_PIXELS)


@dataclass(frozen=True)
class Result:
    """One classified picture. probabilities: float32 [K]; logits: float32 [K]; evidence: float32 [K, h, w], logit units;
    image: uint8 [H, W, 3], what the network saw; region: the part of the picture that it shows; confidence: the largest
    probability."""

    path: Path
    label: str
    confidence: float
    verdict: Verdict
    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    evidence: NDArray[np.float32]
    image: NDArray[np.uint8]
    region: Region


@dataclass(frozen=True)
class Failure:
    """One picture that could not be classified, and why."""

    path: Path
    error: Explanation


Outcome = Result | Failure
Source = Path | bytes | Failure
"""Where a picture comes from: its file, its bytes, or the reason why it cannot be had."""


def prepare_file(path: Path, bundle: Bundle, resize: Resize | None, source: Source | None = None) -> Prepared | Failure:
    """source: where the picture comes from when `path` is only its name."""
    size = bundle.manifest.input
    if isinstance(source, Failure):
        return source
    # The share ends last: until then an error holds on to the picture that it came from.
    with DECODING.share() as share:
        try:
            picture = open_picture(path if source is None else source, str(path), before_decoding=share.take)
            return prepare(picture, (size.height, size.width), resize or size.resize)
        except Exception as error:  # one bad picture must not stop the others
            return Failure(path, explain(error))


def classify_files(
    paths: Iterable[Path], classifier: Classifier, resize: Resize | None = None, batch: int = BATCH
) -> Iterator[Outcome]:
    """Yield one outcome per path, in order. While two batches run, the next is decoded; no more are in memory."""
    return classify_sources(((path, path) for path in paths), classifier, resize, batch)


def classify_sources(
    pictures: Iterable[tuple[Path, Source]],
    classifier: Classifier,
    resize: Resize | None = None,
    batch: int = BATCH,
    threads: int = 0,
) -> Iterator[Outcome]:
    """The same for pictures that are not all files: (name, source). threads: that decode; 0: one for every core."""
    classifier.open_for_batches()
    workers = max(2, threads or os.cpu_count() or 1)
    remaining = iter(pictures)
    waiting: deque[Future[list[Outcome]]] = deque()
    decoders = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    runners = ThreadPoolExecutor(BESIDE, thread_name_prefix="run")

    def begin() -> None:
        chunk = [
            (path, decoders.submit(prepare_file, path, classifier.bundle, resize, source))
            for path, source in islice(remaining, batch)
        ]
        if chunk:
            waiting.append(
                runners.submit(lambda: classify_prepared([(path, f.result()) for path, f in chunk], classifier))
            )

    try:
        for _ in range(BESIDE + 1):
            begin()
        while waiting:
            outcomes = waiting.popleft().result()
            begin()
            yield from outcomes
    finally:  # also when nobody wants the rest
        decoders.shutdown(wait=False, cancel_futures=True)  # first, for a batch that waits for its pictures
        runners.shutdown(cancel_futures=True)
        decoders.shutdown()


def classify_prepared(ready: list[tuple[Path, Prepared | Failure]], classifier: Classifier) -> list[Outcome]:
    """Run the prepared pictures as one batch; failures keep their places."""
    usable = [(path, item) for path, item in ready if isinstance(item, Prepared)]
    if not usable:
        return [item for _, item in ready if isinstance(item, Failure)]
    prediction = classifier.predict_beside(np.stack([item.image for _, item in usable]))
    results = iter(interpret(usable, prediction, classifier.bundle))
    return [item if isinstance(item, Failure) else next(results) for _, item in ready]


def interpret(prepared: list[tuple[Path, Prepared]], prediction: Prediction, bundle: Bundle) -> list[Result]:
    """Network outputs -> labels, confidences and verdicts by the bundle's own rule."""
    manifest = bundle.manifest
    score = scores(prediction.logits, manifest.calibration.temperature, manifest.verdict.score)
    results = []
    for row, (path, item) in enumerate(prepared):
        probabilities = prediction.probabilities[row]
        best = int(probabilities.argmax())
        results.append(
            Result(
                path=path,
                label=manifest.classes[best],
                confidence=float(probabilities[best]),
                verdict=verdict(float(score[row]), manifest.verdict),
                probabilities=probabilities,
                logits=prediction.logits[row],
                evidence=prediction.evidence[row],
                image=item.image,
                region=item.region,
            )
        )
    return results
