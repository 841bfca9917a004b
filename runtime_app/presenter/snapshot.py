"""What is to be saved, as it was when a person asked for it: taken in no time by the window, read by a worker."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_app.bundle import Bundle
from runtime_app.colours import Scale
from runtime_app.errors import Explanation, UserError
from runtime_app.heatmap_png import MAX_ROWS
from runtime_app.imaging import Region, Resize
from runtime_app.pipeline import Failure, Outcome, Result
from runtime_app.presenter.library import FAILED, SURE, VERDICTS, Library

_NOTHING = np.zeros((0,), dtype=np.float32)
_NO_IMAGE = np.zeros((0, 0, 3), dtype=np.uint8)


@dataclass(frozen=True)
class Shown:
    """How the window shows the heatmap. order: int [m], the pictures that it lists; bundle, resize: by which a picture
    that is no longer in memory is made again."""

    order: NDArray[np.intp]
    scale: Scale
    bundle: Bundle
    resize: Resize | None


@dataclass(frozen=True)
class Snapshot:
    """states: int8 [n] and probabilities: float32 [n, K] of all `paths`, copied; errors, corrections, inputs: by index;
    counts: int64 [K, K], the confusion matrix where the right classes are known; shown: None for all in their order;
    known: int64 [n], the class by the subfolder, negative where that is none."""

    paths: list[Path]
    states: NDArray[np.int8]
    probabilities: NDArray[np.float32]
    errors: dict[int, Explanation]
    corrections: dict[int, str]
    inputs: dict[int, NDArray[np.uint8]]
    classes: tuple[str, ...]
    counts: NDArray[np.int64] | None
    shown: Shown | None
    known: NDArray[np.int64] | None = None

    @property
    def classified(self) -> NDArray[np.intp]:
        """int [m]: pictures with a result or a failure, in the order in which they were opened."""
        return np.flatnonzero(self.states >= SURE)

    @property
    def listed(self) -> NDArray[np.intp]:
        """int [m]: the same, those that the window lists, in its order."""
        return self.classified if self.shown is None else self.shown.order[self.states[self.shown.order] >= SURE]

    def outcome(self, index: int) -> Outcome:
        """Raises IndexError for a picture that is not classified."""
        path, state = self.paths[index], int(self.states[index])
        if state == FAILED:
            return Failure(path, self.errors[index])
        probabilities = self.probabilities[index]
        label = int(probabilities.argmax())
        return Result(
            path,
            self.classes[label],
            float(probabilities[label]),
            VERDICTS[state],
            probabilities,
            logits=_NOTHING,
            evidence=_NOTHING,
            image=self.inputs.get(index, _NO_IMAGE),
            region=Region(0, 0, 0, 0),
        )

    def rows(self) -> Iterator[tuple[Outcome, str | None]]:
        """(outcome, correction) of all that is classified."""
        for index in self.classified.tolist():
            yield self.outcome(index), self.corrections.get(index)

    def labels(self) -> Iterator[tuple[Path, str]]:
        """(picture, class) for training: what the person said, else the class by the subfolder, else what the network said
        where it was sure; the others are left out, and those that cannot be read."""
        for index in self.classified.tolist():
            state, said = self.states[index], self.corrections.get(index)
            if said is None and self.known is not None and self.known[index] >= 0:
                said = self.classes[self.known[index]]
            if state == FAILED or (state != SURE and said is None):
                continue
            yield self.paths[index], said or self.classes[int(self.probabilities[index].argmax())]


def snapshot(
    library: Library,
    classes: tuple[str, ...],
    counts: NDArray[np.int64] | None = None,
    shown: Shown | None = None,
    known: NDArray[np.int64] | None = None,
) -> Snapshot:
    """Raises UserError when nothing has been classified."""
    if not library.classified:
        advice = "Wait until a picture is classified." if len(library) else "Open pictures first."
        raise UserError("There is nothing to save yet.", advice)
    first = np.arange(len(library)) if shown is None else shown.order
    kept = ((index, library.input_of(index)) for index in first[library.states[first] >= SURE][:MAX_ROWS].tolist())
    return Snapshot(
        library.paths.copy(),
        library.states.copy(),
        library.probabilities.copy(),
        library.errors.copy(),
        library.corrections.copy(),
        {index: image for index, image in kept if image is not None},
        classes,
        counts,
        shown,
        None if known is None else known.copy(),
    )
