"""Teaching back: what a person says that a picture shows, kept between runs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from runtime_app import corrections
from runtime_app.corrections import Correction
from runtime_app.presenter.state import State

_VERDICTS = ("sure", "unsure", "none")
_OF_ANOTHER_BUNDLE = 1_000_000  # a corrected class that the open bundle does not have: whatever it says is wrong


class Teaching(State):
    """Corrections are class names: they outlive a change of bundle. What is written is written by a worker."""

    def correct(self, class_index: int) -> None:
        """Say what the current picture really shows; the same class again takes the correction back."""
        if self.current is None or self.loaded is None or class_index >= len(self.loaded.bundle.manifest.classes):
            return
        name = self.loaded.bundle.manifest.classes[class_index]
        self.correct_as(None if self.library.corrections.get(self.current) == name else name)

    def correct_as(self, name: str | None) -> None:
        """The current picture shows this class; None takes back what was said."""
        if self.current is None:
            return
        if name is None:
            self.library.corrections.pop(self.current, None)
        else:
            self.library.corrections[self.current] = name
        self.library.version += 1
        self._unsaved[self.library.paths[self.current]] = self._correction(self.current, name)
        self._keep()
        self.changed()

    def correction(self) -> str | None:
        """What a person said that the current picture shows."""
        return None if self.current is None else self.library.corrections.get(self.current)

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

    def recall_corrections(self) -> None:
        """Ask for what was said in earlier runs of the pictures that are new since the last answer."""
        paths = self.library.paths[self._recalled :]
        if paths:
            self.workers["memory"].submit("recall", lambda ticket: (len(paths), corrections.recall(paths)))

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
        verdict = _VERDICTS[int(self.library.states[index])]
        return Correction(path, name, manifest.classes[label], confidence, verdict, manifest.digest)

    def _keep(self) -> None:
        """All that is not known to be written yet: a newer request replaces the ones that wait."""
        unsaved = tuple(self._unsaved.values())

        def work(ticket: Any) -> tuple[Correction, ...]:
            corrections.keep(unsaved)
            return unsaved

        self.workers["memory"].submit("keep", work)

    def _kept(self, saved: tuple[Correction, ...]) -> None:
        for correction in saved:
            if self._unsaved.get(correction.path) is correction:
                del self._unsaved[correction.path]

    def _recalled_corrections(self, answer: tuple[int, dict[Path, str]]) -> None:
        count, found = answer
        self._recalled += count
        for path, name in found.items():
            index = self.library.index_of(path)
            if index is not None and path not in self._unsaved:
                self.library.corrections.setdefault(index, name)
                self.library.version += 1

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        "keep": _kept,
        "recall": _recalled_corrections,
    }
