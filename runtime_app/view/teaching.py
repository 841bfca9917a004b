"""How a person says which class a picture really shows."""

from runtime_app.presenter import state as presenter_state
from runtime_app.view import evidence_class
from runtime_app.view.framing import zoom
from runtime_app.view.ui import Ui


def pick_class(ui: Ui) -> None:
    """The list of classes, to say which one the picture really shows."""
    listed = None if ui.listing is None else ui.listing.order
    if ui.presenter.loaded is None or not ui.presenter.is_meant(listed):
        return
    ui.class_text, ui.asked_of = "", ui.presenter.current
    ui.typing_wanted = len(ui.presenter.loaded.bundle.manifest.classes) > presenter_state.KEYED
    ui.show_dialog("classes")


def find_class(ui: Ui, text: str) -> None:
    if text != ui.class_text:
        ui.class_text = text
        ui.presenter.changed()


def say(ui: Ui, name: str | None) -> None:
    """Close the list of classes with this answer."""
    ui.show_dialog(None)
    ui.presenter.say(name, ui.asked_of)


def digit(ui: Ui, digit: int) -> None:
    """1 to 9 and 0 for the tenth: what the picture really shows. While zoomed in, 0 fits the picture first."""
    p = ui.presenter
    if ui.dialog == "classes":
        if p.say_by_key(digit, ui.asked_of):
            ui.show_dialog(None)
    elif digit == 0 and ui.dialog is None and ui.camera.zoom > 1 and p.view == "picture":
        zoom(ui, None)
    else:
        p.say_of_current(digit, None if ui.listing is None else ui.listing.order)


def enter(ui: Ui) -> None:
    """Enter where nothing has the focus: the first class that fits what was typed, or the current picture large."""
    if ui.dialog == "classes" and ui.class_text:
        found = ui.presenter.classes_like(ui.class_text)
        if found:
            say(ui, found[0])
    elif ui.dialog == "evidence" and ui.class_text:
        evidence_class.choose_first(ui)
    elif ui.dialog is None:
        ui.presenter.enlarge()
