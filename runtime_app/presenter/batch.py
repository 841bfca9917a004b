"""All pictures, in the background: results for what has none yet, thumbnails for what is visible."""

import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from runtime_app.presenter import tasks
from runtime_app.presenter.tasks import Classified, Thumbnail
from runtime_app.presenter.teaching import Teaching

_THUMBNAILS_KEPT = 400
_PATIENCE = 0.5  # seconds that the batch waits for the picture that is looked at


class Batch(Teaching):
    """A picture that a person waits for comes first: the batch begins a frame after it."""

    def classify_pending(self) -> None:
        """Classify what has no result yet, once a bundle is open and folders are listed."""
        if self.loaded is None or self.workers["batch"].pending("folder"):
            return
        if self._batch_due is None and self.workers["look"].pending("look"):
            self._batch_due, self._look_applied = time.perf_counter() + _PATIENCE, False
        if self._batch_due is None:
            self._begin()
        self.changed()

    def begin_when_due(self) -> None:
        """Called at the start of a frame: the picture that the batch waits for is then on the screen."""
        if self._batch_due is not None and (self._look_applied or time.perf_counter() > self._batch_due):
            self._batch_due = None
            self._begin()
            self.changed()

    def _begin(self) -> None:
        wanted = [(index, self.library.paths[index]) for index in self.library.pending()]
        if self.loaded is None or not wanted:
            self.workers["batch"].cancel("classify")
            return
        self.workers["batch"].submit("classify", tasks.classify_all(wanted, self.loaded, self.resize))

    def cancel_batch(self) -> None:
        """What was classified stays."""
        self._batch_due = None
        self.workers["batch"].cancel("classify")

    @property
    def busy(self) -> bool:
        """Whether long work goes on that a person may cancel."""
        return self.classifying or self.workers["batch"].pending("folder")

    @property
    def classifying(self) -> bool:
        """Whether pictures are being classified, or wait for the one that is looked at."""
        return self._batch_due is not None or self.workers["batch"].pending("classify")

    def cancel(self) -> None:
        """Stop long work; what was done stays."""
        self.cancel_batch()
        self.workers["batch"].cancel("folder")
        self.unlisted = list(dict.fromkeys([*self.unlisted, *self._listing]))
        self._listing = []
        self.changed()

    def _classified(self, chunk: list[Classified]) -> None:
        for index, outcome, stamp in chunk:
            self.library.record(index, outcome, stamp)

    def request_thumbnails(self, indices: Iterable[int]) -> None:
        """Make thumbnails of what is visible; what was asked for before and is not wanted any more is dropped."""
        paths = [self.library.paths[index] for index in indices]
        missing = [path for path in paths if path not in self.thumbnails]
        if missing:
            self.workers["thumbnails"].submit("thumbnails", tasks.thumbnails(missing))

    def _thumbnail_made(self, thumbnail: Thumbnail) -> None:
        self.thumbnails[thumbnail.path] = thumbnail
        if len(self.thumbnails) > _THUMBNAILS_KEPT:
            self.thumbnails.popitem(last=False)

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        **Teaching._receivers,
        "classify": _classified,
        "thumbnails": _thumbnail_made,
    }
