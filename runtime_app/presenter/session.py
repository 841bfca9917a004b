"""The bundle and the picture that is looked at: requests go to the workers and come back in `poll`, where they change what
is shown."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from runtime_app.bundle import Bundle
from runtime_app.errors import Explanation
from runtime_app.imaging import Region, Resize
from runtime_app.jobs import Report
from runtime_app.pipeline import Failure, Outcome
from runtime_app.presenter import tasks, watching
from runtime_app.presenter.batch import Batch
from runtime_app.presenter.library import FAILED, Filter
from runtime_app.presenter.tasks import Loaded, Look
from runtime_app.presenter.teaching import Teaching
from runtime_app.presenter.truth import Truth
from runtime_app.providers import Device
from runtime_app.settings import remember

_LOOKS_KEPT = 3  # whole pictures: 36 MB each at 12 megapixels
_LOOKED_PIXELS_KEPT = 60_000_000
_POLL_SECONDS = 0.012


class Session(Batch):
    """Every action returns at once."""

    # ---- bundles -----------------------------------------------------------------------------------------------

    def open_bundle(self, source: Bundle | Path | None = None) -> None:
        """Open this bundle, or the newest; the one that is open stays until its successor runs."""
        settings = self.settings
        self.workers["look"].submit(
            "bundle", lambda ticket: tasks.load(source, settings.device, settings.precision, settings.threads)
        )
        self.changed()

    def set_engine(
        self, device: Device | None = None, precision: str | None = None, threads: int | None = None
    ) -> None:
        """Change the provider, precision or threads of the open bundle while the window stays."""
        chosen = {"device": device, "precision": precision, "threads": threads}
        self.change_settings(**{name: value for name, value in chosen.items() if value is not None})
        if self.loaded is not None:
            self.open_bundle(self.loaded.bundle)

    def set_resize(self, resize: Resize | None) -> None:
        self.resize = resize
        self.change_settings(resize=resize or "")
        self._classify_again()

    @property
    def opening_bundle(self) -> bool:
        return self.workers["look"].pending("bundle")

    def _bundle_opened(self, loaded: Loaded) -> None:
        self.loaded = loaded
        if loaded.notice:
            self.notice = None  # it would hide why this is not what was asked for
        recent = remember(self.settings.recent_bundles, loaded.bundle.path)
        self.change_settings(recent_bundles=recent)
        self.pinned_class = self.hovered_class = None
        self.filter = Filter()
        self._read_truth()
        self._classify_again()
        self.replaced = ""
        self.workers["bundle"].submit("replaced", watching.watch_bundle(loaded.bundle))

    def _bundle_replaced(self, words: str) -> None:
        self.replaced = words
        if words:
            self.notice = None

    def reopen_bundle(self) -> None:
        """What lies now where the open bundle was opened from."""
        if self.loaded is not None:
            self.open_bundle(self.loaded.bundle.path)

    def _read_truth(self) -> None:
        """After another bundle or another folder: which pictures have a known class."""
        classes = () if self.loaded is None else self.loaded.bundle.manifest.classes
        self.truth, self.cell = Truth(self._folders, classes), None
        self.library.version += 1

    def _classify_again(self) -> None:
        if self.loaded is None:
            return
        self.cancel_batch()  # what it still reports is of before
        self.library.forget_results(len(self.loaded.bundle.manifest.classes))
        for path, look in self.looks.items():
            self.looks[path] = replace(look, result=None)
        if self.look is not None:
            self.look = replace(self.look, result=None)
        self._region = None
        self._request_look()
        self.classify_pending()

    # ---- pictures ----------------------------------------------------------------------------------------------

    def show(self, index: int, *, keep_explicit: bool = False) -> None:
        """Look at one picture; requests for others that have not been answered yet are dropped."""
        if not 0 <= index < len(self.library):
            return
        if not keep_explicit:
            self._explicit = None
        self.current = index
        self.failure = None
        self.pinned_class = self.hovered_class = None
        self._region = None
        self._request_look()
        self.changed()

    def _request_look(self) -> None:
        if self.current is None:
            return
        path, loaded, resize = self.library.paths[self.current], self.loaded, self.resize
        known = self.looks.get(path)
        self.workers["look"].cancel("region")
        self.workers["look"].submit("look", lambda ticket: tasks.look(path, loaded, resize, known))

    def _looked(self, look: Look) -> None:
        self.look, self.failure = look, None
        self.looks[look.path] = look
        self.looks.move_to_end(look.path)
        while len(self.looks) > 1 and (len(self.looks) > _LOOKS_KEPT or self._looked_pixels() > _LOOKED_PIXELS_KEPT):
            self.looks.popitem(last=False)
        if look.result is not None and self.current is not None and self._region is None:
            self._record(self.current, look.result, look.stamp)

    def _record(self, index: int, outcome: Outcome, stamp: tasks.Stamp) -> None:
        """Of a picture that is looked at: what else is known may be of another state of the file."""
        before, state = tuple(self.library.stamps[index].tolist()), self.library.states[index]
        self.library.record(index, outcome, stamp)
        gone, was_gone = stamp == (0, 0), before == (0, 0)
        # What was away may be the same file again: what was said of it is looked up by what it holds.
        if not gone and stamp != before and (not was_gone or state == FAILED):
            self._files_changed([index])

    def _files_changed(self, indices: list[int]) -> None:
        """What is known of these pictures beside their results may be of other ones that had their names."""
        for index in indices:
            self.thumbnails.pop(self.library.paths[index], None)
        self.renewed += 1
        self.recall_again(indices)

    def _looked_pixels(self) -> int:
        return sum(look.picture.width * look.picture.height for look in self.looks.values())

    def _look_failed(self, error: Explanation) -> None:
        self.look, self.failure = None, error
        if self.current is not None:
            path = self.library.paths[self.current]
            self._record(self.current, Failure(path, error), tasks.stamp_of(path))
            if path == self._explicit:
                self._explicit = None  # said once, even when the bundle opens only now and the picture is tried again
                self.errors.append(error)

    # ---- the square --------------------------------------------------------------------------------------------

    @property
    def region(self) -> Region | None:
        """The part of the picture that a person marked, None while the resize rule decides."""
        return self._region

    def set_region(self, region: Region | None) -> None:
        """Classify a part of the picture; called again and again while the square is dragged, the last call wins."""
        look, loaded, resize = self.current_look, self.loaded, self.resize
        if look is None or region == self._region:
            return
        self._region = region
        if loaded is not None:
            self.workers["look"].submit("region", lambda ticket: tasks.classify_look(look, loaded, resize, region))
        self.changed()

    # ---- the way back from the workers -------------------------------------------------------------------------

    def poll(self) -> bool:
        """Apply what the workers have finished. Called once a frame; False when more has come than a frame has time for,
        which stays for the next one. A picture that has come is shown before anything else is taken."""
        self.begin_when_due()
        end = time.perf_counter() + _POLL_SECONDS
        for name, worker in self.workers.items():
            taken = 0
            for report in worker.reports():
                self._apply(report)
                self.changed()
                taken += 1
                if time.perf_counter() > end:
                    return False
            if name == "look" and taken:
                return not any(worker.has_reports for worker in self.workers.values())
        return True

    def _apply(self, report: Report) -> None:
        if report.kind == "look" and report.last:
            self._look_applied = True
        if report.error is not None:
            self._apply_failure(report)
            return
        if report.value is not None:
            self._receivers[report.kind](self, report.value)
        if report.last and report.kind == "folder":
            self._folders_listed()

    def _folders_listed(self) -> None:
        self._listing = []
        self.classify_pending()

    def _apply_failure(self, report: Report) -> None:
        assert report.error is not None
        if report.kind == "look":
            self._look_failed(report.error)
        elif report.kind in Teaching._receivers:
            self.notice = f"{report.error.title} {report.error.advice}".strip()  # the picture is looked at all the same
        else:
            self.errors.append(report.error)
        if report.kind == "folder":
            self._folders_listed()

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        **Batch._receivers,
        "bundle": _bundle_opened,
        "look": _looked,
        "region": _looked,
        "replaced": _bundle_replaced,
        "chosen bundle": lambda self, paths: self.open_bundle(paths[0]),
    }

    def ask_outside(self, kind: str, work: Callable[[], Any]) -> None:
        """Run a dialog of the platform's beside the window, unless one is open. kind: "open" or "chosen bundle"."""
        if not any(self.workers["outside"].pending(waiting) for waiting in ("open", "chosen bundle")):
            self.workers["outside"].submit(kind, lambda ticket: work())

    def run_chore(self, kind: str, work: Callable[[], Any]) -> None:
        """Short work that nothing else waits for; its value goes to the receiver of this kind."""
        self.workers["chores"].submit(kind, lambda ticket: work())

    def close(self, seconds: float) -> bool:
        """Stop all workers; True when every thread has ended within `seconds`. Corrections are written first."""
        self.flush(seconds)
        for worker in self.workers.values():
            worker.close(0)
        # What saves needs time to take half a file away; nothing is lost by the others.
        patience = {name: seconds if name == "export" else seconds / len(self.workers) for name in self.workers}
        ended = [worker.close(patience[name]) for name, worker in self.workers.items()]
        return all(ended)
