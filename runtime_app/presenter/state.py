"""What the window shows at this moment: plain fields, and the choices that need no work in the background."""

from collections import OrderedDict
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from runtime_app.corrections import Correction
from runtime_app.errors import Explanation, explain
from runtime_app.imaging import Region, Resize
from runtime_app.jobs import Worker
from runtime_app.presenter.accuracy import Cell
from runtime_app.presenter.library import SORTS, Filter, Library, Sort
from runtime_app.presenter.tasks import Loaded, Look, Thumbnail
from runtime_app.presenter.truth import Truth
from runtime_app.settings import Settings
from runtime_app.terminal import log

View = Literal["picture", "heatmap", "gallery", "compare", "accuracy"]
VIEWS: tuple[View, ...] = ("picture", "heatmap", "gallery", "compare", "accuracy")

WORKERS = ("look", "batch", "thumbnails", "outside", "chores", "export", "watch", "bundle", "compare", "memory")
"""One thread each, so that what waits (a dialog, a watched folder) keeps nothing else waiting."""
_BACKGROUND = ("batch", "compare", "export")  # what they work on, nobody looks at yet
KEYED = 10
"""Classes that a digit key stands for: 1 to 9, and 0 for the tenth."""


class State:
    """One thread, the window's, calls this. `version` grows with every change of what is to be shown; unlisted: folders
    whose listing was cancelled; recent_folders: those opened before that are still there, newest first."""

    def __init__(self, settings: Settings, resize: Resize | None = None) -> None:
        self.settings = settings
        self.resize: Resize | None = resize or settings.resize or None
        self.version = 0
        self.workers = {name: Worker(name, background=name in _BACKGROUND) for name in WORKERS}
        self.library = Library()
        self.loaded: Loaded | None = None
        self.look: Look | None = None
        self.failure: Explanation | None = None
        self.current: int | None = None
        self.view: View = "picture"
        self.pinned_class: int | None = None
        self.hovered_class: int | None = None
        self.sort: Sort = "name"
        self.filter = Filter()
        self.log_scale = False
        self.cell: Cell | None = None
        self.errors: list[Explanation] = []
        self.notice: str | None = None
        self.replaced = ""
        self.looks: OrderedDict[Path, Look] = OrderedDict()
        self.thumbnails: OrderedDict[Path, Thumbnail] = OrderedDict()
        self.truth = Truth()
        self._listed_for: Any = None
        self._listed: Any = None
        self._unsaved: dict[Path, Correction] = {}
        self._recalled = 0
        self._recalled_again: dict[Path, None] = {}
        self._folders: list[Path] = []
        self._listing: list[Path] = []
        self.unlisted: list[Path] = []
        self.recent_folders: list[Path] = []
        self.renewed = 0  # grows when thumbnails that were made are no longer right
        self._explicit: Path | None = None
        self._region: Region | None = None
        self._folder_shown = False
        self._batch_due: float | None = None  # when a batch that waits for a look begins at the latest
        self._look_applied = False

    def changed(self) -> None:
        self.version += 1

    def tell(self, words: str | None) -> None:
        """Answer the person in the status line; None: nothing is to be said any more."""
        self.notice = words
        self.changed()

    # ---- choices -----------------------------------------------------------------------------------------------

    def set_view(self, view: View) -> None:
        self.view = view
        self.changed()

    def set_sort(self, sort: Sort) -> None:
        self.sort = sort
        self.changed()

    def next_sort(self) -> None:
        self.set_sort(SORTS[(SORTS.index(self.sort) + 1) % len(SORTS)])

    def set_filter(self, **changes: Any) -> None:
        self.filter = Filter(**{**vars(self.filter), **changes})
        self.changed()

    def list_only(self, **wanted: Any) -> None:
        """One filter on; the same again takes it off."""
        same = all(getattr(self.filter, name) == value for name, value in wanted.items())
        nothing = {name: getattr(Filter(), name) for name in wanted}
        self.set_filter(**(nothing if same else wanted))

    def list_all(self) -> None:
        self.set_filter(**vars(Filter()))

    def pin_class(self, class_index: int | None) -> None:
        """Show this class's evidence until another is chosen; None: that of the most probable class."""
        self.pinned_class = class_index
        self.changed()

    def hover_class(self, class_index: int | None) -> None:
        if class_index != self.hovered_class:
            self.hovered_class = class_index
            self.changed()

    def change_settings(self, **changes: Any) -> None:
        """Settings are plain values that the window keeps; it writes them when it closes."""
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self.changed()

    def toggle(self, name: Literal["show_evidence", "grid_cells"]) -> None:
        self.change_settings(**{name: not getattr(self.settings, name)})

    def toggle_theme(self) -> None:
        self.change_settings(theme="light" if self.settings.theme == "dark" else "dark")

    def change_opacity(self, by: float) -> None:
        self.change_settings(opacity=min(max(self.settings.opacity + by, 0.0), 1.0), show_evidence=True)

    def step_class(self, by: int) -> None:
        """Evidence of the next class in the order of the bars."""
        look = self.current_look
        if look is None or look.result is None:
            return
        order = (-look.result.probabilities).argsort(kind="stable").tolist()
        place = order.index(self.evidence_class) if self.evidence_class in order else 0
        self.pin_class(order[(place + by) % len(order)])

    @property
    def current_look(self) -> Look | None:
        """The look of the current picture; None while another one is still being decoded."""
        if self.look is None or self.current is None or self.look.path != self.library.paths[self.current]:
            return None
        return self.look

    @property
    def evidence_class(self) -> int | None:
        """The class whose evidence is shown: the one under the pointer, the pinned one, or the most probable."""
        if self.look is None or self.look.result is None:
            return None
        for chosen in (self.hovered_class, self.pinned_class):
            if chosen is not None and chosen < len(self.look.result.probabilities):
                return chosen
        return int(self.look.result.probabilities.argmax())

    def toggle_log_scale(self) -> None:
        self.log_scale = not self.log_scale
        self.changed()

    def choose_cell(self, cell: Cell | None) -> None:
        """List the pictures of one cell of the confusion matrix; the same again, or None: all mistakes."""
        self.cell = None if cell == self.cell else cell
        self.changed()

    @property
    def true_labels(self) -> NDArray[np.int64]:
        """int64 [n]: the class of each picture by its subfolder, negative where that is no class."""
        self.truth.extend(self.library.paths)
        return self.truth.labels

    @property
    def labelled(self) -> bool:
        """Whether the true class of any picture is known."""
        return self.library.once("labelled", lambda: bool((self.true_labels >= 0).any()))

    # ---- errors ------------------------------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """An exception of a callback becomes the error window; the program goes on."""
        explanation = explain(error)
        log.error("%s", explanation.details)
        self.errors.append(explanation)
        self.changed()

    def show_error(self, explanation: Explanation) -> None:
        self.errors.append(explanation)
        self.changed()

    def dismiss_error(self) -> None:
        if self.errors:
            self.errors.pop(0)
        self.changed()
