"""The bar along the top: the bundle, what to open, the views, theme, help and about."""

import math
from collections.abc import Callable
from functools import partial

from runtime_app.presenter.state import VIEWS
from runtime_app.typeface import MEDIUM
from runtime_app.view import opening, widgets
from runtime_app.view.canvas import BODY, Box, Canvas
from runtime_app.view.type_on_screen import text_width
from runtime_app.view.ui import Ui

HEIGHT = 52
_ICON = 32
_TAB = 78
_ROOMY = 1120  # points of width from which every word is shown
_TIGHT = 900  # points of width below which only the most used controls are shown; all have keys


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    c.cover(box, c.palette.surface)
    c.line(box.x, box.bottom - 0.5, box.right, box.bottom - 0.5, c.palette.border)
    row = Box(box.x + 12, box.y + 10, box.w - 24, widgets.HEIGHT)
    right = _icons(c, row, ui)
    p = ui.presenter
    roomy = box.w >= _ROOMY
    shown = [view for view in VIEWS if view != "accuracy" or p.view == view or p.labelled]
    width = (_TAB if roomy else 68 if box.w >= _TIGHT else 58) * len(shown)
    tabs = Box(right - 12 - width, row.y, width, row.h)
    labels = [(view, view.capitalize()) for view in shown]
    hints = [f"Ctrl+{place + 1}" for place in range(len(VIEWS))]
    widgets.tabs(c, tabs, "view", labels, p.view, p.set_view, hints)
    left = _openers(c, row, ui, tabs.x - 12, roomy=roomy)
    _bundle(c, Box(row.x, row.y, left - row.x - 12, row.h), ui, roomy=roomy)


def _icons(c: Canvas, row: Box, ui: Ui) -> float:
    x = row.right
    for name, click, hint in (
        ("about", lambda: ui.show_dialog("about"), "About: model card, versions, licences (Ctrl+I)"),
        ("help", lambda: ui.show_dialog("help"), "Help: all shortcuts (F1)"),
        ("settings", lambda: ui.show_dialog("settings"), "Settings (Ctrl+,)"),
        ("theme", ui.presenter.toggle_theme, "Dark or light (T)"),
    ):
        x -= _ICON
        icon = Box(x, row.y, _ICON, row.h)
        if c.hovered == name:
            c.rectangle(icon, c.palette.hover, radius=widgets.RADIUS)
        widgets.focus_ring(c, icon, name)
        _glyph(c, icon, name)
        c.hit(icon, name, click, tooltip=hint)
    return x


def _glyph(c: Canvas, icon: Box, name: str) -> None:
    """Drawn, not typed: the font has no such signs."""
    ink, x, y = c.palette.ink, icon.centre, icon.middle
    if name == "settings":
        for place, knob in ((-5, 3.0), (0, -3.0), (5, 1.0)):
            c.line(x - 7, y + place, x + 7, y + place, ink, 1.4)
            c.rectangle(Box(x + knob - 2.5, y + place - 2.5, 5, 5), ink, radius=2.5)
        return
    c.rectangle(Box(x - 8, y - 8, 16, 16), None, border=ink, radius=8, thickness=1.4)
    if name == "theme":
        arc = tuple((x - 8 * math.sin(t * math.pi / 12), y - 8 * math.cos(t * math.pi / 12)) for t in range(13))
        c.polygon(arc, ink)
    else:
        c.text(x, y, "?" if name == "help" else "i", 12, ink, anchor="m", bold=True)


def _openers(c: Canvas, row: Box, ui: Ui, end: float, *, roomy: bool) -> float:
    """Buttons from right to left, ending at `end`; returns where they begin."""
    p = ui.presenter
    watching = p.watched is not None
    buttons: list[tuple[str, str, Callable[[], None], str]] = [
        ("open", "Open\u2026" if roomy else "Open", partial(opening.open_files, ui), "Open pictures (Ctrl+O)"),
        (
            "folder",
            "Folder\u2026" if roomy else "Folder",
            partial(opening.open_folder, ui),
            "Open a folder and its subfolders (Ctrl+Shift+O)",
        ),
        ("recent", "", partial(opening.show_recent, ui), "Folders opened before (Ctrl+R)"),
        ("paste", "Paste", partial(opening.paste, ui), "Paste a picture or file names (Ctrl+V)"),
        (
            "watch",
            "Watch",
            p.toggle_watch,
            f"Watching {p.watched}" if watching else "Show new pictures of this folder (Ctrl+W)",
        ),
    ]
    widths = [widgets.button_width(label) - (0 if roomy else 8) if label else 20 for _, label, _, _ in buttons]
    if row.w < _TIGHT - 24:
        buttons, widths = buttons[:3], widths[:3]
    start = x = end - sum(widths)
    for (name, label, click, hint), width in zip(buttons, widths, strict=True):
        spot = Box(x, row.y, width, row.h)
        widgets.button(c, spot, name, label, click, tooltip=hint)
        if name == "recent":
            widgets.arrow(c, spot.centre, spot.middle, "down", size=3.2)
        if name == "watch" and watching:
            c.rectangle(Box(spot.x + 10, spot.bottom - 4, spot.w - 20, 2), c.palette.accent, radius=1)
        x += width
    c.line(start - 6, row.y + 6, start - 6, row.bottom - 6, c.palette.border)
    return start


def _bundle(c: Canvas, box: Box, ui: Ui, *, roomy: bool) -> None:
    """The open bundle (a click lists all), its test accuracy, and one click for the newest."""
    p = ui.presenter
    newest = widgets.button_width("Newest") - (0 if roomy else 8)
    newest = newest if box.w >= newest + 84 else 0.0
    choice = Box(box.x, box.y, max(min(box.w - newest - 4, 320), 28), box.h)
    c.rectangle(choice, c.palette.hover if c.hovered == "bundle" else c.palette.raised, radius=widgets.RADIUS)
    name, accuracy = "Choose a bundle", ""
    if p.loaded is not None:
        manifest = p.loaded.bundle.manifest
        name, accuracy = manifest.name, f"{100 * p.loaded.classifier.variant.test_accuracy:.1f} %"
    elif p.opening_bundle:
        name = "Opening\u2026"
    shown = text_width(accuracy, BODY) + 12 if accuracy and choice.w > 180 else 0
    narrow = choice.w < 72
    if not narrow:
        c.text(choice.x + 12, choice.middle, name, BODY, c.palette.ink, bold=True, width=choice.w - 44 - shown)
    if shown:
        x = choice.x + 12 + min(text_width(name, BODY, MEDIUM), choice.w - 44 - shown) + 10
        c.text(x, choice.middle, accuracy, BODY, c.palette.muted)
    widgets.arrow(c, choice.centre if narrow else choice.right - 16, choice.middle, "down")
    widgets.focus_ring(c, choice, "bundle")
    about = f"{name}: accuracy {accuracy} on the test pictures. " if accuracy else ""
    c.hit(choice, "bundle", lambda: ui.show_dialog("bundles"), tooltip=f"{about}Bundles (Ctrl+B)")
    if not newest:
        return
    spot = Box(choice.right + 4, box.y, newest, box.h)
    widgets.button(
        c, spot, "newest", "Newest", lambda: p.open_bundle(), kind="raised", tooltip="Open the newest bundle (Ctrl+N)"
    )
