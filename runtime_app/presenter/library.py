"""The opened pictures and what the network said of each, as arrays: a hundred thousand of them fit and sort quickly."""

import os
from bisect import bisect
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from runtime_app.errors import Explanation
from runtime_app.pipeline import Outcome, Result
from runtime_app.verdict import Verdict

Sort = Literal["name", "class", "confidence", "margin"]
SORTS: tuple[Sort, ...] = ("name", "class", "confidence", "margin")
PENDING, SURE, UNSURE, NONE, FAILED = -1, 0, 1, 2, 3
_CODES: dict[Verdict, int] = {"sure": SURE, "unsure": UNSURE, "none": NONE}
VERDICTS = {code: verdict for verdict, code in _CODES.items()}
_INPUTS_KEPT = 4096  # network inputs kept as tiny thumbnails: 12 MB at 32x32


@dataclass(frozen=True)
class Filter:
    """Which pictures a view lists. label: a class index; state: a verdict code; text: part of the file's name; wrong: only
    those whose known class is another than the network's."""

    label: int | None = None
    state: int | None = None
    least_confidence: float = 0.0
    most_confidence: float = 1.0
    text: str = ""
    wrong: bool = False


class Library:
    """Pictures by index, in the order in which they were opened.

    probabilities: float32 [n, K], NaN where not classified; states: int8 [n], one of the codes above; corrections: by
    index, the class that a person named.
    """

    def __init__(self, classes: int = 0) -> None:
        self.paths: list[Path] = []
        self.errors: dict[int, Explanation] = {}
        self.corrections: dict[int, str] = {}
        self.version = 0
        self._made: dict[str, Any] = {}
        self._made_at = 0
        self._known: dict[Path, int] = {}
        self._by_name = np.zeros(0, dtype=np.intp)
        self._inputs: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self._probabilities = np.full((0, classes), np.nan, dtype=np.float32)
        self._states = np.zeros(0, dtype=np.int8)
        self._stamps = np.zeros((0, 2), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def probabilities(self) -> NDArray[np.float32]:
        return self._probabilities[: len(self.paths)]

    @property
    def states(self) -> NDArray[np.int8]:
        return self._states[: len(self.paths)]

    @property
    def classified(self) -> int:
        """How many pictures have a result or a failure."""
        return self.once("classified", lambda: int((self.states != PENDING).sum()))

    @property
    def labels(self) -> NDArray[np.int64]:
        """int64 [n]: the most probable class, -1 without a result."""
        return self.once("labels", self._find_labels)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """float32 [n]: the largest probability, NaN without a result."""
        return self.once("confidence", self._find_confidence)

    def _find_labels(self) -> NDArray[np.int64]:
        labels = np.full(len(self), -1, dtype=np.int64)
        usable = np.flatnonzero((self.states >= SURE) & (self.states <= NONE))
        labels[usable] = self.probabilities[usable].argmax(axis=1) if len(usable) else 0
        return labels

    def _find_confidence(self) -> NDArray[np.float32]:
        if not self.probabilities.shape[1]:
            return np.full(len(self), np.nan, dtype=np.float32)
        return self.probabilities.max(axis=1)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Made again only after something changed: views ask in every frame."""
        if self._made_at != self.version:
            self._made, self._made_at = {}, self.version
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def add(self, paths: Iterable[Path]) -> list[int]:
        """Append pictures that are not there yet; returns the index of each named one, new or known."""
        self.version += 1
        indices = []
        for path in paths:
            if path not in self._known:
                self._known[path] = len(self.paths)
                self.paths.append(path)
            indices.append(self._known[path])
        if len(self.paths) > len(self._states):
            self._grow(max(len(self.paths), 2 * len(self._states)))
        return indices

    def forget_results(self, classes: int) -> None:
        """For another bundle or another resize rule: the pictures stay, what was said of them goes."""
        self.version += 1
        self.errors.clear()
        self._inputs.clear()
        self._probabilities = np.full((len(self._states), classes), np.nan, dtype=np.float32)
        self._states[:] = PENDING

    def forget(self, indices: list[int]) -> None:
        """Of files that changed: what was said of them goes."""
        self.version += 1
        self._probabilities[indices] = np.nan
        self._states[indices] = PENDING
        for index in indices:
            self.errors.pop(index, None)
            self._inputs.pop(index, None)

    @property
    def stamps(self) -> NDArray[np.int64]:
        """int64 [n, 2]: the state of each file when it was classified, zeros where that is not known."""
        return self._stamps[: len(self.paths)]

    def record(self, index: int, outcome: Outcome, stamp: tuple[int, int] = (0, 0)) -> None:
        """stamp: time (nanoseconds) and size (bytes) of the file that `outcome` is of."""
        self.version += 1
        self._stamps[index] = stamp
        if isinstance(outcome, Result):
            self.errors.pop(index, None)
            self._probabilities[index] = outcome.probabilities
            self._states[index] = _CODES[outcome.verdict]
            self._inputs[index] = outcome.image
            if len(self._inputs) > _INPUTS_KEPT:
                self._inputs.popitem(last=False)
        else:
            self.errors[index] = outcome.error
            self._probabilities[index] = np.nan  # it may have been readable before
            self._inputs.pop(index, None)
            self._states[index] = FAILED

    def index_of(self, path: Path) -> int | None:
        return self._known.get(path)

    def input_of(self, index: int) -> NDArray[np.uint8] | None:
        """uint8 [H, W, 3], what the network saw of this picture; None when not classified or no longer kept."""
        return self._inputs.get(index)

    def label_of(self, index: int) -> int | None:
        """The index of the most probable class, None without a result."""
        return int(self._probabilities[index].argmax()) if self._states[index] in (SURE, UNSURE, NONE) else None

    def pending(self) -> list[int]:
        return np.flatnonzero(self.states == PENDING).tolist()

    def listed(self, sort: Sort, chosen: Filter | None = None) -> NDArray[np.intp]:
        """Indices that pass the filter, sorted; confidence and margin: least sure first, unclassified last. name: by folder,
        then by the file's name, as a folder is listed."""
        self._sort_names()
        keep = self._by_name[self._passes(chosen)[self._by_name]] if chosen else self._by_name
        if sort == "name" or not len(keep):
            return keep
        rows = self.probabilities[keep]
        usable: NDArray[np.bool_] = np.isfinite(rows).all(axis=1) & (rows.shape[1] > 0)
        ranked = np.sort(np.where(usable[:, None], rows, 0.0), axis=1) if rows.shape[1] else rows
        if sort == "class":
            primary = np.where(usable, np.where(usable[:, None], rows, 0.0).argmax(axis=1), np.inf)
            return keep[np.lexsort((-ranked[:, -1], primary))]
        value = ranked[:, -1] if sort == "confidence" else ranked[:, -1] - ranked[:, -2]
        return keep[np.argsort(np.where(usable, value, np.inf), kind="stable")]

    def _sort_names(self) -> None:
        """Pictures that came since; those of one folder come in order, and mostly find their place together."""
        known = len(self._by_name)
        if known == len(self):
            return
        new = sorted(range(known, len(self)), key=self._name)
        first, last = (bisect(self._by_name, self._name(index), key=self._name) for index in (new[0], new[-1]))
        if first == last:
            self._by_name = np.insert(self._by_name, first, new)
        else:
            self._by_name = np.array(sorted(range(len(self)), key=self._name), dtype=np.intp)

    def _name(self, index: int) -> tuple[str, str]:
        folder, _, name = str(self.paths[index]).rpartition(os.sep)
        return folder.replace(os.sep, "\0"), name  # so that a folder's own files and subfolders come before "folder-2"

    def counts(self, classes: int) -> NDArray[np.intp]:
        """int [K]: how many pictures each class is the most probable of."""
        return self.once("counts", lambda: np.bincount(self.labels[self.labels >= 0], minlength=classes))

    def _passes(self, chosen: Filter) -> NDArray[np.bool_]:
        keep = np.ones(len(self), dtype=bool)
        if chosen.state is not None:
            keep &= self.states == chosen.state
        if chosen.label is not None:
            keep &= self.labels == chosen.label
        if chosen.least_confidence > 0 or chosen.most_confidence < 1:
            keep &= (self.confidence >= chosen.least_confidence) & (self.confidence <= chosen.most_confidence)
        if chosen.text:
            wanted = chosen.text.casefold()
            keep &= np.array([wanted in path.name.casefold() for path in self.paths], dtype=bool)
        return keep

    def _grow(self, size: int) -> None:
        added = size - len(self._states)
        fresh = np.full((added, self._probabilities.shape[1]), np.nan, dtype=np.float32)
        self._probabilities = np.concatenate([self._probabilities, fresh])
        self._states = np.concatenate([self._states, np.full(added, PENDING, dtype=np.int8)])
        self._stamps = np.concatenate([self._stamps, np.zeros((added, 2), dtype=np.int64)])
