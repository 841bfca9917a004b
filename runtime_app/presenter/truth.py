"""What pictures really show, where that is known: by the subfolder of an opened folder, as `evaluate` reads it."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_app.errors import some_of

UNKNOWN = -1


class Truth:
    """The class of each picture by the name of its subfolder (case ignored), kept up while pictures come in.

    A folder with a subfolder of pictures that is named after no class tells nothing, exactly as `evaluate` refuses it
    (hidden ones do not count); strays: those names, by folder. Of opened folders that lie in each other, the innermost
    that knows a picture's class decides. Paths alone decide: nothing is read.
    """

    def __init__(self, folders: Sequence[Path] = (), classes: tuple[str, ...] = ()) -> None:
        self.classes = classes
        self.strays: dict[Path, set[str]] = {}
        roots = [(_prefix(folder), folder) for folder in folders]
        # Of those around one picture, the innermost has the longest name.
        self._roots = sorted(roots, key=lambda root: len(root[0]), reverse=True)
        self._known = {name.casefold(): k for k, name in enumerate(classes)}
        self._named: set[Path] = set()
        self._by_parent: dict[str, tuple[int, Path | None]] = {}
        self._labels: list[int] = []
        self._sources: list[Path | None] = []
        self._array = np.zeros(0, dtype=np.int64)
        self._refused: set[Path] = set()

    def extend(self, paths: Sequence[Path]) -> None:
        """Take in the pictures that are new since the last call; `paths` grows at its end only."""
        for path in paths[len(self._labels) :]:
            parent = os.path.dirname(path)
            if parent not in self._by_parent:
                self._by_parent[parent] = self._look_up(parent)
            label, source = self._by_parent[parent]
            self._labels.append(label)
            self._sources.append(source)

    @property
    def labels(self) -> NDArray[np.int64]:
        """int64 [n], UNKNOWN where nothing is known."""
        refused = self.strays.keys() & self._named
        if len(self._array) != len(self._labels) or refused != self._refused:
            self._array, self._refused = np.array(self._labels, dtype=np.int64), refused
            if refused:
                self._array[[source in refused for source in self._sources]] = UNKNOWN
        return self._array

    @property
    def obstacle(self) -> tuple[str, str] | None:
        """(title, advice): why a folder that has class names among its subfolders tells nothing; None when none does."""
        for folder in self.strays.keys() & self._named:
            strays = some_of(sorted(self.strays[folder]))
            title = f"{folder} has subfolders that are no class of the bundle ({strays})."
            return title, f"Name the subfolders after the classes: {some_of(self.classes)}."
        return None

    def _look_up(self, parent: str) -> tuple[int, Path | None]:
        for prefix, folder in self._roots:
            if not parent.startswith(prefix):
                continue
            name = parent[len(prefix) :].split(os.sep, 1)[0]
            label = self._known.get(name.casefold(), UNKNOWN)
            if label != UNKNOWN:
                self._named.add(folder)
                return label, folder
            if not name.startswith("."):
                self.strays.setdefault(folder, set()).add(name)
        return UNKNOWN, None


def _prefix(folder: Path) -> str:
    text = str(folder)
    return "" if text == "." else text if text.endswith(os.sep) else text + os.sep
