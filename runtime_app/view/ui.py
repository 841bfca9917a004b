"""The state that belongs to the window alone (scrolling, zoom, which dialog is open), and the actions that need no more."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runtime_app import file_dialog
from runtime_app.imaging import Region
from runtime_app.presenter import Presenter
from runtime_app.presenter.state import View
from runtime_app.view.canvas import Box, TextField
from runtime_app.view.geometry import Camera, Placement


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
    """scale: pixels of the screen per point; dialog: name of the open dialog or list; scroll: first row shown, per list;
    gesture: what a drag on the picture does; thumbnails_for: what was last asked for; card: the list row under the pointer;
    text_field: where text is typed, typing_wanted: the keyboard goes there; class_text: what was typed to find a class;
    asked_of: the picture for which the list of classes was opened, whichever is the current one meanwhile; listing: the list
    that the view shows; view_before: of the frame before; current_in: the current picture when a list was last laid out, per
    list; paged: what the keys scroll in a dialog; leave: the window is to close."""

    presenter: Presenter
    copy: Callable[[str], None] = lambda text: None
    toggle_fullscreen: Callable[[], None] = lambda: None
    browse: Callable[[file_dialog.Kind], None] = lambda kind: None
    scale: float = 1.0
    dialog: str | None = None
    scroll: dict[str, float] = field(default_factory=dict)
    camera: Camera = field(default_factory=Camera)
    placement: Placement | None = None
    shown_path: Path | None = None
    gesture: tuple[str, Region | None, Camera] | None = None
    thumbnails_for: tuple[tuple[int, ...], int] = ((), 0)
    rows: dict[str, int] = field(default_factory=dict)
    pointer: tuple[float, float] = (0.0, 0.0)
    window: Box = field(default_factory=lambda: Box(0, 0, 1280, 800))
    card: int | None = None
    text_field: TextField | None = None
    typing_wanted: bool = False
    class_text: str = ""
    asked_of: int | None = None
    listing: Listing | None = None
    view_before: View | None = None
    current_in: dict[str, int | None] = field(default_factory=dict)
    paged: Paged | None = None
    leave: bool = False

    # ---- actions -----------------------------------------------------------------------------------------------

    def show_dialog(self, name: str | None) -> None:
        if name is not None and self.presenter.errors:
            return  # it would open unseen below the error, and stand there afterwards
        self.dialog = None if name == self.dialog else name
        if self.dialog == "bundles":
            self.presenter.list_bundles()
        self.scroll.pop(f"dialog.{name}", None)
        self.presenter.changed()

    def copy_verdict(self) -> None:
        self.presenter.copy(self.copy)

    def selftest(self) -> None:
        """In the about window, which shows what comes out."""
        if self.dialog != "about":
            self.show_dialog("about")
        self.scroll.pop("dialog.about", None)
        self.presenter.selftest()

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
        if (indices, self.presenter.renewed) != self.thumbnails_for:
            self.thumbnails_for = (indices, self.presenter.renewed)
            self.presenter.request_thumbnails(indices)

    @property
    def over(self) -> bool:
        """Whether something lies over the view."""
        return self.dialog is not None or bool(self.presenter.errors)

    def type_name(self) -> None:
        self.presenter.set_view("gallery")
        self.typing_wanted = True

    def find_picture(self, text: str) -> None:
        if text != self.presenter.filter.text:
            self.presenter.set_filter(text=text)

    def scroll_to(self, name: str, value: float, most: float) -> None:
        value = min(max(value, 0.0), max(0.0, most))
        if value != self.scroll.get(name, 0.0):
            self.scroll[name] = value
            self.presenter.changed()

    def scrolled(self, name: str, most: float) -> float:
        return min(self.scroll.get(name, 0.0), max(0.0, most))
