"""The state that belongs to the window alone (scrolling, zoom, which dialog is open), and the actions with their keys."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_app import file_dialog, pasteboard
from runtime_app.imaging import Region
from runtime_app.presenter import Presenter
from runtime_app.presenter import state as presenter_state
from runtime_app.presenter.library import Filter
from runtime_app.presenter.wording import one_line, verdict_words
from runtime_app.view.canvas import Box, TextField
from runtime_app.view.geometry import Camera, Placement, middle_region, moved_region, pan, scaled_region


@dataclass(frozen=True)
class Listing:
    """The list that a view shows, for the keys. name: of its scroll position; order: library indices; columns: a row."""

    name: str
    order: NDArray[np.intp]
    columns: int = 1


@dataclass(frozen=True)
class Paged:
    """What lies on top and scrolls. name: of its scroll position; rows: all of them; fit: those that are shown."""

    name: str
    rows: int
    fit: int


@dataclass
class Ui:
    """dialog: name of the open dialog or list; scroll: first row shown, per list; gesture: what a drag on the picture
    does; thumbnails_for: what was last asked for; card: the list row under the pointer; text_field: where text is typed,
    typing_wanted: the keyboard goes there; class_text: what was typed to find a class; listing: the list that the view shows;
    paged: what the keys scroll in a dialog; leave: the window is to close."""

    presenter: Presenter
    copy: Callable[[str], None] = lambda text: None
    toggle_fullscreen: Callable[[], None] = lambda: None
    browse: Callable[[file_dialog.Kind], None] = lambda kind: None
    dialog: str | None = None
    scroll: dict[str, float] = field(default_factory=dict)
    camera: Camera = field(default_factory=Camera)
    placement: Placement | None = None
    shown_path: Path | None = None
    gesture: tuple[str, Region | None, Camera] | None = None
    thumbnails_for: tuple[int, ...] = ()
    rows: dict[str, int] = field(default_factory=dict)
    pointer: tuple[float, float] = (0.0, 0.0)
    window: Box = field(default_factory=lambda: Box(0, 0, 1280, 800))
    card: int | None = None
    text_field: TextField | None = None
    typing_wanted: bool = False
    class_text: str = ""
    listing: Listing | None = None
    paged: Paged | None = None
    leave: bool = False

    # ---- actions -----------------------------------------------------------------------------------------------

    def show_dialog(self, name: str | None) -> None:
        self.dialog = None if name == self.dialog else name
        if self.dialog == "bundles":
            self.presenter.list_bundles()
        self.scroll.pop(f"dialog.{name}", None)
        self.presenter.changed()

    def open_files(self) -> None:
        self._ask("files")

    def open_folder(self) -> None:
        self._ask("folder")

    def open_bundle_dialog(self) -> None:
        self.dialog = None
        self._ask("bundle")

    def open_zip_dialog(self) -> None:
        self.dialog = None
        self._ask("zip")

    def open_recent(self, folder: Path) -> None:
        self.dialog = None
        self.presenter.open_paths([folder])

    def _ask(self, kind: file_dialog.Kind) -> None:
        program = file_dialog.platform_dialog(kind)
        if program is None:
            self.browse(kind)
        elif not any(self.presenter.workers["outside"].pending(waiting) for waiting in ("open", "chosen bundle")):
            receiver = "chosen bundle" if kind in ("bundle", "zip") else "open"
            self.presenter.ask_outside(receiver, lambda: file_dialog.ask(program))

    def chosen(self, kind: file_dialog.Kind, paths: list[Path]) -> None:
        """The answer of the window's own dialog."""
        if kind in ("bundle", "zip"):
            self.presenter.open_bundle(paths[0])
        else:
            self.presenter.open_paths(paths)

    def paste(self) -> None:
        self.presenter.ask_outside("open", pasteboard.pasted_pictures)

    def toggle_watch(self) -> None:
        p = self.presenter
        if p.watched is not None:
            p.watch(None)
        elif p.current is not None:
            p.watch(p.library.paths[p.current].parent)
        else:
            p.fail_with(
                "There is no folder to watch.", "Open a folder first; new pictures in it then appear by themselves."
            )

    def toggle_theme(self) -> None:
        p = self.presenter
        p.change_settings(theme="light" if p.settings.theme == "dark" else "dark")

    def copy_verdict(self) -> None:
        p = self.presenter
        if p.errors:
            self.copy_details()
            return
        if p.look is None or p.look.result is None or p.loaded is None:
            return
        result = p.look.result
        words = verdict_words(result.verdict, result.probabilities, p.loaded.bundle.manifest)
        self.copy(f"{result.path.name}: {one_line(words)}")
        p.notice = "Copied."
        p.changed()

    def copy_details(self) -> None:
        """All that is known of the error that is shown."""
        error = self.presenter.errors[0]
        self.copy(f"{error.title}\n{error.advice}\n\n{error.details}")

    def selftest(self) -> None:
        """In the about window, which shows what comes out."""
        if self.dialog != "about":
            self.show_dialog("about")
        self.scroll.pop("dialog.about", None)
        self.presenter.selftest()

    def zoom(self, factor: float | None) -> None:
        """None: fit the picture again."""
        zoom = 1.0 if factor is None else min(max(self.camera.zoom * factor, 1.0), 32.0)
        self.camera = Camera(zoom, self.camera.centre if zoom > 1 else (0.5, 0.5))
        self.presenter.changed()

    def mark_square(self) -> None:
        """A square in the middle of the picture, or the whole one again."""
        p = self.presenter
        if p.view != "picture" or p.look is None or p.loaded is None:
            return
        spec = p.loaded.bundle.manifest.input
        middle = middle_region(p.look.picture.size, spec.width / spec.height)
        p.set_region(middle if p.region is None else None)

    def move_square(self, across: int, down: int) -> None:
        """By a twentieth of its size."""
        p = self.presenter
        if p.region is not None and p.look is not None:
            step = (p.region.right - p.region.left) / 20
            p.set_region(moved_region(p.region, across * step, down * step, p.look.picture.size))

    def scale_square(self, factor: float) -> None:
        p = self.presenter
        if p.region is not None and p.look is not None:
            p.set_region(scaled_region(p.region, factor, p.look.picture.size))

    def pan(self, across: int, down: int) -> None:
        """By a tenth of what is shown, while zoomed in."""
        if self.placement is not None and self.camera.zoom > 1:
            area = self.placement.area
            self.camera = pan(self.camera, self.placement, -across * area.w / 10, -down * area.h / 10)
            self.presenter.changed()

    def escape(self) -> None:
        """Close what is on top; with nothing on top, cancel long work, then the square."""
        p = self.presenter
        if p.errors:
            p.dismiss_error()
        elif self.dialog is not None:
            self.show_dialog(None)
        elif p.busy:
            p.cancel()
        else:
            p.set_region(None)

    def want_thumbnails(self, indices: tuple[int, ...]) -> None:
        """Ask for the thumbnails of what is visible, once per change of what is visible."""
        if indices != self.thumbnails_for:
            self.thumbnails_for = indices
            self.presenter.request_thumbnails(indices)

    def go(self, by: int) -> None:
        """To a neighbour of the current picture, in the order of the list that is shown; in a dialog: scroll."""
        if self.over:
            self.scroll_dialog(by)
            return
        if self.listing is None:
            self.presenter.step(by)
            return
        order = self.listing.order
        if not len(order):
            return
        places = (order == self.presenter.current).nonzero()[0]
        place = min(max(int(places[0]) + by, 0), len(order) - 1) if len(places) else 0
        self.presenter.notice = None
        self.presenter.show(int(order[place]))
        columns = self.listing.columns
        bring_into_view(self, self.listing.name, place // columns, -(-len(order) // columns))

    def down(self, by: int) -> None:
        """By a row of the list; beside a single picture, to the evidence of the next class."""
        if self.over:
            self.scroll_dialog(by)
        elif self.listing is None:
            self.presenter.step_class(by)
        else:
            self.go(by * self.listing.columns)

    def page(self, by: int) -> None:
        """By as many rows as are shown; beside a single picture, by ten pictures."""
        if self.over:
            self.scroll_dialog(by * (1 if self.paged is None else max(1, self.paged.fit - 1)))
        elif self.listing is None:
            self.go(10 * by)
        else:
            self.go(by * self.listing.columns * max(1, self.rows.get(self.listing.name, 1) - 1))

    @property
    def over(self) -> bool:
        """Whether something lies over the view."""
        return self.dialog is not None or bool(self.presenter.errors)

    def scroll_dialog(self, by: int) -> None:
        if self.paged is not None:
            most = self.paged.rows - self.paged.fit
            self.scroll_to(self.paged.name, self.scrolled(self.paged.name, most) + by, most)

    def list_only(self, **wanted: Any) -> None:
        """One filter on; the same again takes it off."""
        chosen = self.presenter.filter
        same = all(getattr(chosen, name) == value for name, value in wanted.items())
        nothing = {name: getattr(Filter(), name) for name in wanted}
        self.presenter.set_filter(**(nothing if same else wanted))

    def list_all(self) -> None:
        self.presenter.set_filter(**vars(Filter()))

    def type_name(self) -> None:
        self.presenter.set_view("gallery")
        self.typing_wanted = True

    def pick_class(self) -> None:
        """The list of classes, to say which one the picture really shows."""
        if self.presenter.current is None or self.presenter.loaded is None:
            return
        self.class_text = ""
        self.typing_wanted = len(self.presenter.loaded.bundle.manifest.classes) > presenter_state.KEYED
        self.show_dialog("classes")

    def find_class(self, text: str) -> None:
        if text != self.class_text:
            self.class_text = text
            self.presenter.changed()

    def find_picture(self, text: str) -> None:
        if text != self.presenter.filter.text:
            self.presenter.set_filter(text=text)

    def say(self, name: str | None) -> None:
        """Close the list of classes with this answer."""
        self.show_dialog(None)
        self.presenter.correct_as(name)

    def enter(self) -> None:
        """Enter where nothing has the focus: the first class that fits what was typed, or the current picture large."""
        p = self.presenter
        if self.dialog == "classes" and self.class_text:
            found = p.classes_like(self.class_text)
            if found:
                self.say(found[0])
        elif self.dialog is None and p.current is not None:
            p.set_view("picture")

    def digit(self, digit: int) -> None:
        """1 to 9 and 0 for the tenth: what the picture really shows. While zoomed in, 0 fits the picture first."""
        if digit == 0 and self.camera.zoom > 1:
            self.zoom(None)
        else:
            self.presenter.correct((digit - 1) % 10)
        if self.dialog == "classes":
            self.show_dialog(None)

    def open_file(self, path: Path) -> None:
        """With the platform's own program."""
        self.presenter.ask_outside("open", lambda: file_dialog.open_with_platform(path))

    def scroll_to(self, name: str, value: float, most: float) -> None:
        value = min(max(value, 0.0), max(0.0, most))
        if value != self.scroll.get(name, 0.0):
            self.scroll[name] = value
            self.presenter.changed()

    def scrolled(self, name: str, most: float) -> float:
        return min(self.scroll.get(name, 0.0), max(0.0, most))


def bring_into_view(ui: Ui, name: str, row: int, rows: int) -> None:
    """Scroll as little as needed to show `row`."""
    fit = ui.rows.get(name, 1)
    first = int(ui.scrolled(name, rows - fit))
    if row < first or row >= first + fit:
        ui.scroll_to(name, row if row < first else row - fit + 1, rows - fit)
