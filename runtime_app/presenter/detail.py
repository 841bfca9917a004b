"""What is seen of a large picture when it is enlarged beyond its preview: a part of it in full sharpness, made on demand."""

from collections.abc import Callable
from typing import Any, ClassVar

from runtime_app.imaging import Region
from runtime_app.presenter import tasks
from runtime_app.presenter.session import Session
from runtime_app.presenter.tasks import Detail, Look
from runtime_app.settings import Settings


class Details(Session):
    """detail: the part that was made last, of whichever picture."""

    def __init__(self, settings: Settings, *arguments: Any) -> None:
        super().__init__(settings, *arguments)
        self.detail: Detail | None = None
        self._detail_wanted: object = None

    def detail_of(self, look: Look) -> Detail | None:
        """What was made of this very state of the picture."""
        found = self.detail
        return found if found is not None and (found.path, found.stamp) == (look.path, look.stamp) else None

    def want_detail(self, look: Look, region: Region, size: tuple[int, int]) -> None:
        """Ask for a part of the picture, `size` pixels wide and high; the last one that was asked for comes."""
        wanted = (look.path, look.stamp, region, size)
        if wanted != self._detail_wanted:
            self._detail_wanted = wanted
            self.workers["thumbnails"].submit("detail", lambda ticket: tasks.detail(look, region, size))

    def show(self, index: int, *, keep_explicit: bool = False) -> None:
        self.workers["thumbnails"].cancel("detail")
        self.detail = self._detail_wanted = None
        super().show(index, keep_explicit=keep_explicit)

    def _detailed(self, detail: Detail) -> None:
        self.detail = detail

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {**Session._receivers, "detail": _detailed}
