"""One frame of the window: bars, the chosen view, dialogs on top, the tooltip above all."""

from runtime_app.view import (
    accuracy_panel,
    compare_panel,
    dialogs,
    gallery_panel,
    heatmap_panel,
    navigation,
    picture_panel,
    status_bar,
    top_bar,
    verdict_panel,
    widgets,
)
from runtime_app.view.canvas import Box, Canvas
from runtime_app.view.palette import PALETTES
from runtime_app.view.ui import Ui


def compose(ui: Ui, hovered: str | None, focused: str | None, *, with_tooltip: bool) -> Canvas:
    """Lay out everything for a window of ui.window points."""
    c = _laid_out(ui, hovered, focused, with_tooltip=with_tooltip)
    if navigation.follow(ui):  # how many rows a list shows is known once it is laid out
        c = _laid_out(ui, hovered, focused, with_tooltip=with_tooltip)
    return c


def _laid_out(ui: Ui, hovered: str | None, focused: str | None, *, with_tooltip: bool) -> Canvas:
    c = Canvas(PALETTES[ui.presenter.settings.theme], hovered, focused)
    window = ui.window
    ui.card = ui.text_field = ui.listing = None
    body = Box(0, top_bar.HEIGHT, window.w, window.h - top_bar.HEIGHT - status_bar.HEIGHT)
    view = ui.presenter.view
    c.on_surface = view == "picture" and ui.presenter.current_look is not None  # a picture covers most of the rest
    if view == "picture":
        side = verdict_panel.width_for(window.w) if ui.presenter.current is not None else 0.0
        picture_panel.draw(c, Box(0, body.y, window.w - side, body.h), ui)
        if side:
            verdict_panel.draw(c, Box(window.w - side, body.y, side, body.h), ui)
    elif view == "heatmap":
        heatmap_panel.draw(c, body, ui)
    elif view == "gallery":
        gallery_panel.draw(c, body, ui)
    elif view == "compare":
        compare_panel.draw(c, body, ui)
    else:
        accuracy_panel.draw(c, body, ui)
    top_bar.draw(c, Box(0, 0, window.w, top_bar.HEIGHT), ui)
    status_bar.draw(c, Box(0, window.h - status_bar.HEIGHT, window.w, status_bar.HEIGHT), ui)
    if ui.presenter.errors or ui.dialog:
        ui.card = ui.text_field = ui.paged = None
        dialogs.draw(c, ui)
    if ui.card is not None:
        heatmap_panel.card(c, ui)
    elif with_tooltip:
        _tooltip(c, ui)
    return c


def _tooltip(c: Canvas, ui: Ui) -> None:
    hit = next((hit for hit in reversed(c.hits) if hit.name == c.hovered), None)
    if hit is not None and hit.tooltip:
        widgets.tooltip(c, hit.tooltip, *ui.pointer, ui.window)
