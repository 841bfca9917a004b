"""How a person says which class a picture really shows."""

from runtime_app.presenter import state as presenter_state
from runtime_app.view import evidence_class
from runtime_app.view.framing import zoom
from runtime_app.view.ui import Ui


def pick_class(ui: Ui) -> None:
    """The list of classes, to say which one the picture really shows."""
    if ui.presenter.current is None or ui.presenter.loaded is None:
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
    ui.presenter.correct_as(name, ui.asked_of)
    _tell(ui, ui.asked_of)


def digit(ui: Ui, digit: int) -> None:
    """1 to 9 and 0 for the tenth: what the picture really shows. While zoomed in, 0 fits the picture first.

    In a list that does not hold the current picture there is nothing that a person could mean.
    """
    p = ui.presenter
    classes = 0 if p.loaded is None else len(p.loaded.bundle.manifest.classes)
    resets = digit == 0 and ui.dialog is None and ui.camera.zoom > 1 and p.view == "picture"
    if p.current is not None and classes and (digit - 1) % 10 >= classes and not resets:
        p.notice = f"Key {digit} stands for no class: there are {classes}."
        p.changed()
    elif ui.dialog == "classes":
        p.correct((digit - 1) % 10, ui.asked_of)
        ui.show_dialog(None)
        _tell(ui, ui.asked_of)
    elif resets:
        zoom(ui, None)
    elif p.view == "picture" or (ui.listing is not None and p.current in ui.listing.order):
        p.correct((digit - 1) % 10)
        _tell(ui, p.current)
    elif p.current is not None:
        p.notice = f"Nothing was said of {p.library.paths[p.current].name}: it is not in this list."
        p.changed()


def _tell(ui: Ui, index: int | None) -> None:
    """Where the picture is not the one that is seen large, its name is said with the answer."""
    p = ui.presenter
    if index is None or (p.view == "picture" and index == p.current):
        return
    said, name = p.correction(index), p.library.paths[index].name
    p.notice = f"{name}: what you said was taken back." if said is None else f"{name}: you said {said}."
    p.changed()


def enter(ui: Ui) -> None:
    """Enter where nothing has the focus: the first class that fits what was typed, or the current picture large."""
    p = ui.presenter
    if ui.dialog == "classes" and ui.class_text:
        found = p.classes_like(ui.class_text)
        if found:
            say(ui, found[0])
    elif ui.dialog == "evidence" and ui.class_text:
        evidence_class.choose_first(ui)
    elif ui.dialog is None and p.current is not None:
        order = p.listed()
        if p.view == "gallery" and len(order) and p.current not in order:
            p.show(int(order[0]))
        p.set_view("picture")
