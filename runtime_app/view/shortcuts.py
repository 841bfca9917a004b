"""Every action with its keys: what the loop runs and what the help window lists."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from runtime_app.presenter.library import UNSURE
from runtime_app.presenter.state import VIEWS
from runtime_app.view import evidence_class, framing, navigation, opening, teaching
from runtime_app.view.ui import Ui


@dataclass(frozen=True)
class Shortcut:
    """words: for the help window, "" where another line speaks for this one too; label: there instead of the keys."""

    keys: tuple[str, ...]
    words: str
    run: Callable[[Ui], None]
    label: str = ""


def _view(place: int) -> Shortcut:
    name = VIEWS[place]
    return Shortcut((f"Ctrl+{place + 1}",), f"{name.capitalize()} view", lambda ui: ui.presenter.set_view(name))


def _arrows(held: str, words: str, act: Callable[[Ui, int, int], None]) -> tuple[Shortcut, ...]:
    ways = (("Left", -1, 0), ("Right", 1, 0), ("Up", 0, -1), ("Down", 0, 1))
    return tuple(
        Shortcut((f"{held}+{way}",), "" if place else words, partial(_act, act, across, down), f"{held}+arrows")
        for place, (way, across, down) in enumerate(ways)
    )


def _act(act: Callable[[Ui, int, int], None], across: int, down: int, ui: Ui) -> None:
    act(ui, across, down)


SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(("Ctrl+O",), "Open pictures", opening.open_files),
    Shortcut(("Ctrl+Shift+O",), "Open a folder", opening.open_folder),
    Shortcut(("Ctrl+V",), "Paste a picture or file names", opening.paste),
    Shortcut(("Ctrl+W",), "Watch the picture's folder for new ones", lambda ui: ui.presenter.toggle_watch()),
    Shortcut(("Ctrl+B",), "List of bundles", lambda ui: ui.show_dialog("bundles")),
    Shortcut(("Ctrl+R",), "Folders opened before", opening.show_recent),
    Shortcut(("Ctrl+Shift+B",), "Open the bundle anew from the disk", lambda ui: ui.presenter.reopen_bundle()),
    Shortcut(("Ctrl+N",), "Open the newest bundle", lambda ui: ui.presenter.open_bundle()),
    Shortcut(("Right", "J"), "Next picture", lambda ui: navigation.go(ui, 1)),
    Shortcut(("Left", "K"), "Previous picture", lambda ui: navigation.go(ui, -1)),
    Shortcut(("PageDown",), "A page further, or ten pictures", lambda ui: navigation.page(ui, 1)),
    Shortcut(("PageUp",), "A page back, or ten pictures", lambda ui: navigation.page(ui, -1)),
    Shortcut(("Home",), "First picture", lambda ui: navigation.go(ui, -1_000_000)),
    Shortcut(("End",), "Last picture", lambda ui: navigation.go(ui, 1_000_000)),
    *(_view(place) for place in range(len(VIEWS))),
    Shortcut(("Space",), "Evidence map on or off", lambda ui: ui.presenter.toggle("show_evidence")),
    Shortcut(("Down",), "Evidence of the next class; next row of a list", lambda ui: navigation.down(ui, 1)),
    Shortcut(("Up",), "Evidence of the class before; row before", lambda ui: navigation.down(ui, -1)),
    Shortcut(("E",), "Evidence of a class, from a list", evidence_class.pick),
    Shortcut(("G",), "Evidence as grid cells or smooth", lambda ui: ui.presenter.toggle("grid_cells")),
    Shortcut(("[",), "Evidence fainter", lambda ui: ui.presenter.change_opacity(-0.1)),
    Shortcut(("]",), "Evidence stronger", lambda ui: ui.presenter.change_opacity(0.1)),
    Shortcut(("+",), "Zoom in", lambda ui: framing.zoom(ui, 1.25)),
    Shortcut(("-",), "Zoom out", lambda ui: framing.zoom(ui, 0.8)),
    Shortcut(("Ctrl+0",), "Fit the picture (also 0 while zoomed in)", lambda ui: framing.zoom(ui, None)),
    *_arrows("Ctrl", "Move what is shown, while zoomed in", framing.pan),
    Shortcut(("M",), "Mark a square in the middle, or none", framing.mark_square),
    *_arrows("Shift", "Move the marked square", framing.move_square),
    Shortcut(
        ("Shift+PageUp",), "Enlarge or shrink it", lambda ui: framing.scale_square(ui, 1.1), "Shift+PageUp, -Down"
    ),
    Shortcut(("Shift+PageDown",), "", lambda ui: framing.scale_square(ui, 1 / 1.1)),
    Shortcut(("R",), "The whole square again", lambda ui: ui.presenter.set_region(None)),
    Shortcut(("C",), "Say which class it really is, from a list", teaching.pick_class),
    Shortcut(("Ctrl+F",), "Find pictures by name", Ui.type_name),
    Shortcut(("U",), "List only unsure pictures, or all", lambda ui: ui.presenter.list_only(state=UNSURE)),
    Shortcut(("W",), "List only wrong ones, where that is known", lambda ui: ui.presenter.list_wrong()),
    Shortcut(("A",), "List all pictures again", lambda ui: ui.presenter.list_all()),
    Shortcut(("S",), "Sort by name, class, confidence, margin", lambda ui: ui.presenter.next_sort()),
    Shortcut(("L",), "Heatmap on a log scale", lambda ui: ui.presenter.toggle_log_scale()),
    Shortcut(("Ctrl+C",), "Copy the verdict, or an error's details", Ui.copy_verdict),
    Shortcut(("Ctrl+S",), "Save results or a training folder", lambda ui: ui.show_dialog("export")),
    Shortcut(("Ctrl+T",), "Run the bundle's self-test", Ui.selftest),
    Shortcut(("Ctrl+L",), "Open the log file", lambda ui: ui.presenter.open_log()),
    Shortcut(("F",), "Full screen", lambda ui: ui.toggle_fullscreen()),
    Shortcut(("T",), "Dark or light", lambda ui: ui.presenter.toggle_theme()),
    Shortcut(("Ctrl+,",), "Settings", lambda ui: ui.show_dialog("settings")),
    Shortcut(("F1",), "Help", lambda ui: ui.show_dialog("help")),
    Shortcut(("Ctrl+I",), "About: model card and versions", lambda ui: ui.show_dialog("about")),
    Shortcut(("Esc",), "Close a dialog, cancel long work", Ui.escape),
    Shortcut(("Ctrl+Q",), "Quit", lambda ui: setattr(ui, "leave", True)),
)
OVER_DIALOGS = (
    "Up",
    "Down",
    "PageUp",
    "PageDown",
    "Home",
    "End",
    "F1",
    "Ctrl+,",
    "Ctrl+I",
    "Ctrl+B",
    "Ctrl+R",
    "Ctrl+S",
    "Ctrl+T",
    "Ctrl+C",
    "Ctrl+L",
    "Ctrl+Q",
)
"""What keys mean also while a dialog is open."""
TYPING_KEYS = ("Esc", "Enter", "Tab", "Shift+Tab")
"""What keys mean also while text is typed."""
BY_KEY = {key: shortcut for shortcut in SHORTCUTS for key in shortcut.keys}
