"""Two bundles, or two variants of one, on the same pictures: what each says, and where they disagree most."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from runtime_app.presenter.library import Library
from runtime_app.presenter.tasks import Loaded


@dataclass
class Comparison:
    """The second opinion. library: the same pictures in the same order, with what the second bundle said of them."""

    loaded: Loaded | None = None
    library: Library = field(default_factory=Library)
    opening: str = ""

    def begin(self, loaded: Loaded) -> None:
        self.loaded, self.opening = loaded, ""
        self.library = Library(len(loaded.bundle.manifest.classes))


@dataclass(frozen=True)
class Ranking:
    """Both opinions on one class axis. first, second: float32 [n, len(axis)], NaN without a result; order: int [n],
    disagreements first; differing, both: how many pictures get another class, of how many with two results."""

    axis: tuple[str, ...]
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    order: NDArray[np.intp]
    differing: int
    both: int


def rank(mine: Loaded, library: Library, other: Loaded, others: Library) -> Ranking:
    """Kept until either library changes, because the view asks in every frame."""

    def make() -> Ranking:
        names, other_names = mine.bundle.manifest.classes, other.bundle.manifest.classes
        axis = shared_classes(names, other_names)
        count = min(len(library), len(others))
        first = on_axis(library.probabilities[:count], names, axis)
        second = on_axis(others.probabilities[:count], other_names, axis)
        apart = disagreement(first, second)
        order = np.argsort(-np.nan_to_num(apart, nan=-1.0), kind="stable")
        return Ranking(axis, first, second, order, int((apart >= 1).sum()), int(np.isfinite(apart).sum()))

    kept: dict[int, Ranking] = others.once("ranking", dict)
    if library.version not in kept:
        kept.clear()
        kept[library.version] = make()
    return kept[library.version]


def shared_classes(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    """One class axis for both: the first bundle's classes, then those that only the second has."""
    return first + tuple(name for name in second if name not in first)


def on_axis(probabilities: NDArray[np.float32], classes: tuple[str, ...], axis: tuple[str, ...]) -> NDArray[np.float32]:
    """probabilities: float32 [n, K] -> float32 [n, len(axis)], 0 where a bundle does not know the class, NaN without a
    result."""
    usable = np.isfinite(probabilities).all(axis=1, keepdims=True)
    spread = np.where(usable, np.float32(0), np.float32(np.nan)).repeat(len(axis), axis=1)
    spread[:, [axis.index(name) for name in classes]] = probabilities
    return spread


def disagreement(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Both float32 [n, K] on one axis -> float64 [n], NaN where one has no result.

    Another label counts 1, and the total variation distance (half the summed differences, 0 to 1) is added.
    """
    distance = 0.5 * np.abs(first.astype(np.float64) - second).sum(axis=1)
    usable = np.isfinite(distance)
    other = np.zeros(len(distance))
    other[usable] = first[usable].argmax(axis=1) != second[usable].argmax(axis=1)
    return distance + other
