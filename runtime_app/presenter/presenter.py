"""The whole presenter: the session, a second opinion to compare with, a watched folder, what is saved and checked."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from runtime_app import platform_program
from runtime_app.colours import SEQUENTIAL, Scale
from runtime_app.errors import UserError, explain
from runtime_app.imaging import Resize
from runtime_app.jobs import Report, Ticket
from runtime_app.presenter import bundles, exports, tasks
from runtime_app.presenter.about import selftest_words
from runtime_app.presenter.accuracy import accuracy
from runtime_app.presenter.bundles import BundleEntry
from runtime_app.presenter.comparison import Comparison
from runtime_app.presenter.folders import Folders
from runtime_app.presenter.shown import copied_words
from runtime_app.presenter.state import View
from runtime_app.presenter.tasks import Loaded
from runtime_app.settings import Settings
from runtime_app.terminal import log, log_file

_SAVING = 0.8  # seconds from closing the window until results that are still being saved are given up


class Presenter(Folders):
    """What the view asks and tells. cards: model cards that were read, by the digest of their bundle; bundles: what can
    be opened, None before it was looked up."""

    def __init__(self, settings: Settings, resize: Resize | None = None) -> None:
        super().__init__(settings, resize)
        self.comparison = Comparison()
        self.cards: dict[str, str] = {}
        self.selftest_words = ""
        self.bundles: list[BundleEntry] | None = None
        self._exports: deque[Callable[[Ticket], str]] = deque()  # the first one runs
        self.find_recent_folders()

    def list_bundles(self) -> None:
        """Look again which bundles there are: in the usual folders, newest first, then those opened before from elsewhere."""
        elsewhere = [Path(name) for name in self.settings.recent_bundles]
        self.run_chore("bundles", lambda: bundles.list_bundles(elsewhere))

    def _bundles_listed(self, entries: list[BundleEntry]) -> None:
        self.bundles = entries

    def set_view(self, view: View) -> None:
        if view == "compare":
            self.list_bundles()
        super().set_view(view)

    def selftest(self) -> None:
        """Repeat the bundle's golden vectors on the running session, in the background."""
        if self.loaded is not None:
            classifier = self.loaded.classifier
            self.selftest_words = "Running\u2026"
            self.run_chore("selftest", lambda: selftest_words(classifier))
            self.changed()

    def _selftest_done(self, words: str) -> None:
        self.selftest_words = words

    def copy(self, put: Callable[[str], None]) -> None:
        """Give `put`, which fills the clipboard, what a person wants to take along, and say so where they can see it."""
        text = copied_words(self)
        if text is None:
            self.tell("There is no verdict to copy yet.")
            return
        put(text)
        if not self.errors:
            self.tell("Copied.")

    def open_log(self) -> None:
        self.run_chore("opened", _show_log)

    def export_folder(self) -> Path:
        return exports.default_folder()

    def export(self, kind: exports.Kind) -> None:
        """Save results in the background, after what was asked for before."""
        if self.loaded is None:
            advice = "Choose a bundle first (Ctrl+B)." if len(self.library) else "Open pictures first."
            raise UserError("There is nothing to save yet.", advice)
        found = accuracy(self)
        counts = None if found is None else found.evaluation.counts
        bundle, scale = self.loaded.bundle, Scale(SEQUENTIAL[self.settings.colours], self.log_scale)
        seen = exports.Shown(self.listed(), scale, bundle, self.resize)
        taken = exports.snapshot(self.library, bundle.manifest.classes, counts, seen, self.true_labels)
        folder = self.export_folder()
        self._exports.append(lambda ticket: exports.save(kind, taken, folder, before_each=ticket.require_wanted))
        if len(self._exports) == 1:
            self._begin_export()

    def _begin_export(self) -> None:
        self.workers["export"].submit("export", self._exports[0])

    def _export_ended(self) -> None:
        self._exports.popleft()
        if self._exports:
            self._begin_export()

    def _exported(self, words: str) -> None:
        self.notice = words
        self._export_ended()

    def close(self, seconds: float) -> bool:
        """What was asked to be saved gets a moment of its own before; of what takes longer nothing stays."""
        self.cancel()
        end = time.monotonic() + _SAVING
        while self._exports and time.monotonic() < end:
            try:
                self.poll()
            except Exception as error:  # nothing may keep the window from closing
                log.error("%s", explain(error).details)
            time.sleep(0.005)
        if self._exports:
            log.warning("The window was closed before all results were saved; %d are missing.", len(self._exports))
        return super().close(seconds)

    # ---- a second opinion --------------------------------------------------------------------------------------

    def comparable(self) -> list[bundles.Opinion]:
        """Other variants of the open bundle, then other bundles."""
        return bundles.list_opinions(self.loaded, self.bundles or [])

    def compare_with(self, opinion: bundles.Opinion | None) -> None:
        """Classify all pictures by this bundle too; None: choose anew."""
        self._cancel_second()
        self.comparison = Comparison()
        if opinion is not None:
            threads = self.settings.threads
            self.workers["compare"].submit(
                "second", lambda ticket: tasks.load(opinion.path, "auto", opinion.precision, threads)
            )
        self.changed()

    def _second_opened(self, loaded: Loaded) -> None:
        self.comparison.begin(loaded)
        self._compare_pending()

    def _bundle_opened(self, loaded: Loaded) -> None:
        """A second opinion that has become the first one is none any more; a self-test was of the session before."""
        super()._bundle_opened(loaded)
        self.workers["chores"].cancel("selftest")
        self.selftest_words = ""
        second = self.comparison.loaded
        if second is not None and _same_opinion(second, loaded):
            self.compare_with(None)

    def set_resize(self, resize: Resize | None) -> None:
        super().set_resize(resize)
        if self.comparison.loaded is not None:
            self._cancel_second()
            self.comparison.begin(self.comparison.loaded)
            self._compare_pending()

    def classify_pending(self) -> None:
        """Pictures that came later get a second opinion too."""
        super().classify_pending()
        self._compare_pending()

    def _compare_pending(self) -> None:
        loaded, others = self.comparison.loaded, self.comparison.library
        if loaded is None:
            return
        others.add(self.library.paths)
        wanted = [(index, others.paths[index]) for index in others.pending()]
        if wanted:
            self.workers["compare"].submit("second results", tasks.classify_all(wanted, loaded, self.resize))

    def _second_classified(self, chunk: list[tasks.Classified]) -> None:
        for index, outcome, _ in chunk:
            self.comparison.library.record(index, outcome)

    def _files_changed(self, indices: list[int]) -> None:
        super()._files_changed(indices)
        others = self.comparison.library
        known = [index for index in indices if index < len(others)]
        if known:
            goes_on = self.comparing or others.classified == len(others)  # what was cancelled stays so
            self._cancel_second()
            others.forget(known)
            if goes_on:
                self._compare_pending()

    def _cancel_second(self) -> None:
        for kind in ("second", "second results"):
            self.workers["compare"].cancel(kind)

    @property
    def comparing(self) -> bool:
        """Whether a second opinion is being formed."""
        return any(self.workers["compare"].pending(kind) for kind in ("second", "second results"))

    @property
    def busy(self) -> bool:
        return super().busy or self.comparing

    def cancel(self) -> None:
        """Stop long work; what was done stays."""
        self._cancel_second()
        super().cancel()

    def variant_words(self, loaded: Loaded) -> str:
        return f"{loaded.bundle.manifest.name} {loaded.classifier.engine.precision}"

    def _apply_failure(self, report: Report) -> None:
        if report.kind == "selftest":
            self.selftest_words = ""
        if report.kind == "export":
            self._export_ended()
        if report.kind == "opened" and report.error is not None:
            shown = self.errors[:1]  # from which the log may have been asked for: the answer comes on top, and once
            if not shown or shown[0].title != report.error.title:
                self.errors.insert(0, report.error)
            return
        super()._apply_failure(report)

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        **Folders._receivers,
        "bundle": _bundle_opened,
        "selftest": _selftest_done,
        "export": _exported,
        "bundles": _bundles_listed,
        "second": _second_opened,
        "second results": _second_classified,
    }


def _show_log() -> None:
    path = log_file()
    if not path.exists():
        raise UserError(f"There is no {path.name} yet: nothing has gone wrong.", "")
    platform_program.show_file(path)


def _same_opinion(first: Loaded, second: Loaded) -> bool:
    digests = {each.bundle.manifest.digest for each in (first, second)}
    return len(digests) == 1 and first.classifier.engine.precision == second.classifier.engine.precision
