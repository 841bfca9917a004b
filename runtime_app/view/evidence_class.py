"""Which class's evidence is shown, chosen from the list of all classes."""

from runtime_app.presenter import state as presenter_state
from runtime_app.view.ui import Ui


def pick(ui: Ui) -> None:
    """The list of classes, to say whose evidence is shown."""
    p = ui.presenter
    if p.view != "picture" or p.loaded is None or p.evidence_class is None:
        return
    ui.class_text = ""
    ui.typing_wanted = len(p.loaded.bundle.manifest.classes) > presenter_state.KEYED
    ui.show_dialog("evidence")


def choose(ui: Ui, name: str | None) -> None:
    """Close the list with this class; None: follow the most probable class again."""
    p = ui.presenter
    ui.show_dialog(None)
    if p.loaded is not None:
        p.hover_class(None)  # the bar that was under the pointer when the list opened
        p.pin_class(None if name is None else p.loaded.bundle.manifest.classes.index(name))


def choose_first(ui: Ui) -> None:
    """The first class that fits what was typed, where there is one."""
    found = ui.presenter.classes_like(ui.class_text)
    if found:
        choose(ui, found[0])
