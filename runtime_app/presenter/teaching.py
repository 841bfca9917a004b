"""Teaching back: what a person says that a picture shows, kept between runs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from runtime_app import corrections
from runtime_app.corrections import Correction
from runtime_app.presenter.library import VERDICTS
from runtime_app.presenter.state import KEYED, State

_OF_ANOTHER_BUNDLE = 1_000_000  # a corrected class that the open bundle does not have: whatever it says is wrong


class Teaching(State):
    """Corrections are class names: they outlive a change of bundle. What is written is written by a worker."""

    def correct(self, class_index: int, index: int | None = None) -> None:
        """Say what a picture (the current one) really shows; the same class again takes the correction back."""
        if self.loaded is not None and class_index < len(self.loaded.bundle.manifest.classes):
            name = self.loaded.bundle.manifest.classes[class_index]
            self.correct_as(None if self.correction(index) == name else name, index)

    def correct_as(self, name: str | None, index: int | None = None) -> None:
        """A picture (the current one) shows this class; None takes back what was said."""
        index = self.current if index is None else index
        if index is None:
            return
        if name is None:
            self.library.corrections.pop(index, None)
        else:
            self.library.corrections[index] = name
        self.library.version += 1
        self._unsaved[self.library.paths[index]] = self._correction(index, name)
        self._keep()
        self.changed()

    def say(self, name: str | None, index: int | None) -> None:
        """The answer from a list of classes; None takes back what was said. It is repeated, see `_repeat`."""
        self.correct_as(name, index)
        self._repeat(index)

    def say_by_key(self, digit: int, index: int | None) -> bool:
        """The same by a digit key, 1 to 9 and 0 for the tenth; False, and told, when it stands for no class."""
        if not self._stands_for_a_class(digit):
            return False
        self.correct((digit - 1) % KEYED, index)
        self._repeat(index)
        return True

    def say_of_current(self, digit: int, listed: NDArray[np.intp] | None) -> None:
        """A digit key that nobody asked for. listed: as for `is_meant`."""
        if self.current is not None and self._stands_for_a_class(digit) and self.is_meant(listed):
            self.say_by_key(digit, self.current)

    def is_meant(self, listed: NDArray[np.intp] | None) -> bool:
        """Whether a person who names a class can mean the current picture; told where not. listed: int [m], the list that is
        shown, None where none is: in one that does not hold the picture there is nothing that could be meant."""
        if self.current is None:
            return False
        seen = self.view == "picture" or (listed is not None and self.current in listed)
        if not seen:
            self.tell(f"Nothing was said of {self.library.paths[self.current].name}: it is not in this list.")
        return seen

    def _stands_for_a_class(self, digit: int) -> bool:
        classes = 0 if self.loaded is None else len(self.loaded.bundle.manifest.classes)
        missing = 0 < classes <= (digit - 1) % KEYED
        if missing:
            self.tell(f"Key {digit} stands for no class: there are {classes}.")
        return not missing

    def _repeat(self, index: int | None) -> None:
        """Where the picture is not the one that is seen large, its name is told with what was said of it."""
        if index is None or (self.view == "picture" and index == self.current):
            return
        said, name = self.correction(index), self.library.paths[index].name
        self.tell(f"{name}: what you said was taken back." if said is None else f"{name}: you said {said}.")

    def correction(self, index: int | None = None) -> str | None:
        """What a person said that a picture (the current one) shows."""
        index = self.current if index is None else index
        return None if index is None else self.library.corrections.get(index)

    def classes_like(self, text: str) -> list[str]:
        """The open bundle's classes whose name contains `text`, those that begin with it first."""
        if self.loaded is None:
            return []
        wanted = text.casefold().strip()
        found = [name for name in self.loaded.bundle.manifest.classes if wanted in name.casefold()]
        return sorted(found, key=lambda name: not name.casefold().startswith(wanted)) if wanted else found

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """bool [n]: a class is known (a correction goes before the subfolder) and it is not the network's."""
        return self.library.once("wrong", self._find_wrong)

    def _find_wrong(self) -> NDArray[np.bool_]:
        known = self.true_labels.copy()
        classes = {} if self.loaded is None else {c: k for k, c in enumerate(self.loaded.bundle.manifest.classes)}
        for index, name in self.library.corrections.items():
            known[index] = classes.get(name, _OF_ANOTHER_BUNDLE)
        return (known >= 0) & (self.library.labels >= 0) & (known != self.library.labels)

    @property
    def knows_classes(self) -> bool:
        """Whether the right class of any picture is known, by its subfolder or a correction."""
        return bool(self.library.corrections) or self.labelled

    def list_wrong(self) -> None:
        """List only the wrong ones, or all again; where no right class is known, that is told."""
        if self.knows_classes or self.filter.wrong:
            self.list_only(wrong=True)
        else:
            self.tell(
                "The right class of no picture is known: say it (C), or open a folder with one subfolder per class."
            )

    def recall_corrections(self) -> None:
        """Ask for what was said in earlier runs of the pictures that are new since the last answer."""
        new, again = self.library.paths[self._recalled :], tuple(self._recalled_again)
        if new or again:
            self.workers["memory"].submit(
                "recall", lambda ticket: (len(new), again, corrections.recall((*new, *again)))
            )

    def recall_again(self, indices: list[int]) -> None:
        """Of files that hold something else now: what was said of a picture that is no longer there goes."""
        for index in indices:
            self.library.corrections.pop(index, None)
            self._recalled_again[self.library.paths[index]] = None
        self.recall_corrections()

    def flush(self, seconds: float) -> None:
        """Wait for corrections that are still being written, before the window closes."""
        end = time.monotonic() + seconds
        while self.workers["memory"].pending("keep") and time.monotonic() < end:
            time.sleep(0.005)

    def _correction(self, index: int, name: str | None) -> Correction:
        path, label = self.library.paths[index], self.library.label_of(index)
        if label is None or self.loaded is None:
            return Correction(path, name)
        manifest = self.loaded.bundle.manifest
        confidence = float(self.library.probabilities[index, label])
        verdict = VERDICTS[int(self.library.states[index])]
        return Correction(path, name, manifest.classes[label], confidence, verdict, manifest.digest)

    def _keep(self) -> None:
        """All that is not known to be written yet: a newer request replaces the ones that wait."""
        unsaved = tuple(self._unsaved.values())

        def work(ticket: Any) -> tuple[tuple[Correction, ...], list[Path]]:
            return unsaved, corrections.keep(unsaved)

        self.workers["memory"].submit("keep", work)

    def _kept(self, answer: tuple[tuple[Correction, ...], list[Path]]) -> None:
        saved, gone = answer
        if gone:
            self.notice = f"{gone[0].name} cannot be read: what you said of it holds until the window closes."
        for correction in saved:
            if self._unsaved.get(correction.path) is correction:
                del self._unsaved[correction.path]

    def _recalled_corrections(self, answer: tuple[int, tuple[Path, ...], dict[Path, str]]) -> None:
        count, again, found = answer
        self._recalled += count
        for path in again:
            self._recalled_again.pop(path, None)
        for path, name in found.items():
            index = self.library.index_of(path)
            if index is not None and path not in self._unsaved:
                self.library.corrections.setdefault(index, name)
                self.library.version += 1

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        "keep": _kept,
        "recall": _recalled_corrections,
    }
