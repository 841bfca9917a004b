"""What is seen of the picture, and the square that is marked in it."""

from runtime_app.view.geometry import Camera, limited_zoom, middle_region, moved_region, scaled_region
from runtime_app.view.geometry import pan as panned
from runtime_app.view.ui import Ui


def zoom(ui: Ui, factor: float | None) -> None:
    """None: fit the picture again."""
    zoom = 1.0 if factor is None else limited_zoom(ui.camera.zoom * factor)
    ui.camera = Camera(zoom, ui.camera.centre if zoom > 1 else (0.5, 0.5))
    ui.presenter.changed()


def pan(ui: Ui, across: int, down: int) -> None:
    """By a tenth of what is shown, while zoomed in."""
    if ui.placement is not None and ui.camera.zoom > 1:
        area = ui.placement.area
        ui.camera = panned(ui.camera, ui.placement, -across * area.w / 10, -down * area.h / 10)
        ui.presenter.changed()


def mark_square(ui: Ui) -> None:
    """A square in the middle of the picture, or the whole one again."""
    p = ui.presenter
    look = p.current_look
    if p.view != "picture" or look is None or p.loaded is None:
        return
    spec = p.loaded.bundle.manifest.input
    middle = middle_region(look.picture.size, spec.width / spec.height)
    p.set_region(middle if p.region is None else None)


def move_square(ui: Ui, across: int, down: int) -> None:
    """By a twentieth of its size."""
    p = ui.presenter
    look = p.current_look
    if p.region is not None and look is not None:
        step = (p.region.right - p.region.left) / 20
        p.set_region(moved_region(p.region, across * step, down * step, look.picture.size))


def scale_square(ui: Ui, factor: float) -> None:
    p = ui.presenter
    look = p.current_look
    if p.region is not None and look is not None:
        p.set_region(scaled_region(p.region, factor, look.picture.size))
