"""Places on the screen and in the picture: zoom, the square, an evidence map."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from runtime_app import evidence
from runtime_app.imaging import Region
from runtime_app.view import framing, geometry
from runtime_app.view.canvas import Box, Same
from runtime_app.view.ui import Ui

if TYPE_CHECKING:
    from runtime_app.presenter import Presenter


def test_evidence_scale_is_one_for_all_classes() -> None:
    maps = np.zeros((3, 4, 4), dtype=np.float32)
    maps[0, 0, 0], maps[1, 3, 3] = 7.2, -1.0
    limit = evidence.scale_limit(maps)
    assert limit == 8
    strong, weak = (evidence.overlay(maps[k], limit, grid=True) for k in (0, 1))
    assert strong[0, 0, 3] > weak[-1, -1, 3] > 0, "weak evidence looks weak"
    assert strong[0, 0, 0] > strong[0, 0, 2] and weak[-1, -1, 2] > weak[-1, -1, 0], "red for, blue against"
    assert evidence.overlay(maps[2], limit, grid=False)[..., 3].max() == 0, "no evidence covers nothing"


def test_screen_and_picture_coordinates_agree_at_any_zoom() -> None:
    area = Box(16, 68, 876, 652)
    camera = geometry.Camera()
    placement = geometry.place((4032, 3024), area, camera)
    under = placement.to_picture(300, 300)
    for _ in range(5):
        camera = geometry.zoom_at(camera, placement, 300, 300, 1.2)
        placement = geometry.place((4032, 3024), area, camera)
    assert placement.to_picture(300, 300) == pytest.approx(under, abs=1)
    box = placement.to_screen(Region(100, 200, 300, 400))
    assert placement.to_picture(box.x, box.y) == pytest.approx((100, 200))


def test_way_back_begins_at_once_after_panning_beyond_an_edge() -> None:
    area, size = Box(0, 0, 400, 300), (400, 300)
    corner = geometry.Camera(1.25, (0.02, 0.99))  # what zooming at a corner leaves
    for camera in (geometry.Camera(1.25), corner):
        for _ in range(6):
            camera = geometry.pan(camera, geometry.place(size, area, camera), -40, -30)
        edge = geometry.place(size, area, camera)
        assert (edge.whole.right, edge.whole.bottom) == pytest.approx((400, 300))
        back = geometry.place(size, area, geometry.pan(camera, edge, 10, 10))
        assert (back.whole.x, back.whole.y) == pytest.approx((edge.whole.x + 10, edge.whole.y + 10))
    moved = geometry.pan(corner, geometry.place(size, area, corner), -40, 0)
    assert geometry.place(size, area, moved).whole.x == pytest.approx(-40), "from what is shown, not from the corner"
    fitted = geometry.place((100, 300), area, geometry.Camera())
    assert geometry.pan(geometry.Camera(), fitted, 40, 40) == geometry.Camera(), "nothing to move"


def test_drawn_square_stays_a_square_inside_the_picture() -> None:
    drawn = geometry.drawn_region((90, 90), (500, 95), (100, 100), 1.0)
    assert drawn == Region(90, 90, 100, 100)
    assert geometry.drawn_region((10, 10), (11, 11), (100, 100), 1.0) is None
    assert geometry.moved_region(Region(0, 0, 50, 50), 80, -20, (100, 100)) == Region(50, 0, 100, 50)


def test_square_moved_and_scaled_by_keys_stays_a_square_inside_the_picture() -> None:
    middle = geometry.middle_region((200, 100), 1.0)
    assert middle == Region(75, 25, 125, 75)
    assert geometry.scaled_region(middle, 100.0, (200, 100)) == Region(50, 0, 150, 100)
    tiny = geometry.scaled_region(middle, 0.0, (200, 100))
    assert (tiny.right - tiny.left, tiny.bottom - tiny.top) == (4, 4)


def test_a_texture_key_is_never_mistaken_for_that_of_a_later_array():
    """Where a freed array's place in memory is used again, the picture of the old one would be drawn."""
    keys = {Same(np.zeros(3, np.uint8)): number for number in range(100)}
    assert len(keys) == 100
    array = np.zeros(3, np.uint8)
    assert Same(array) == Same(array) and hash(Same(array)) == hash(Same(array))
    assert Same(array) != Same(array.copy())


def test_keys_and_wheel_zoom_between_the_same_ends() -> None:
    ui = Ui(cast("Presenter", SimpleNamespace(changed=lambda: None)))
    placement = geometry.place((4032, 3024), Box(0, 0, 400, 300), geometry.Camera())
    for factor in (1e9, 1e-9):
        framing.zoom(ui, factor)
        assert ui.camera.zoom == geometry.zoom_at(geometry.Camera(), placement, 10, 10, factor).zoom


@pytest.mark.parametrize("grid", [True, False])
def test_a_map_lies_where_its_cells_lie(grid: bool) -> None:
    cells = np.zeros((4, 4), dtype=np.float32)
    cells[0, 3] = 1.0
    alpha = evidence.overlay(cells, 1.0, grid=grid)[..., 3].astype(float)
    assert alpha[:32, 96:].mean() > 100, "upper right, as in the picture"
    assert alpha[96:, :32].mean() < 10
