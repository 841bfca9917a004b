"""A picture that is enlarged beyond its preview shows its own pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.presenter import Presenter
from runtime_app.view import framing
from runtime_app.view.canvas import Sprite
from runtime_app.view.geometry import Camera
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import laid_out
from tests.runtime_app.samples import until

SIZE = (2400, 1600)


@pytest.fixture
def large(presenter: Presenter, tmp_path: Path) -> Ui:
    """A picture larger than its preview, in which each pixel has a colour of its own, and a small one."""
    pixels = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", compress_level=1)
    Image.fromarray(pixels[:300, :300]).save(tmp_path / "b.png")
    presenter.open_paths([tmp_path / "a.png", tmp_path / "b.png"])
    until(presenter, lambda: presenter.current_look is not None and presenter.current_look.result is not None)
    ui = Ui(presenter)
    laid_out(ui)
    return ui


def seen(ui: Ui) -> dict[str, Sprite]:
    """The sprites of the picture itself by kind."""
    sprites = [shape for shape in laid_out(ui).shapes if isinstance(shape, Sprite)]
    return {
        str(shape.key[0]): shape
        for shape in sprites
        if isinstance(shape.key, tuple) and shape.key[0] in ("preview", "detail")
    }


def sharp(ui: Ui) -> Sprite:
    laid_out(ui)
    until(ui.presenter, lambda: not ui.presenter.workers["thumbnails"].queue_length)
    shown = seen(ui)
    assert set(shown) == {"detail"}
    return shown["detail"]


def test_the_pixels_of_a_part_are_those_of_the_file(large: Ui) -> None:
    framing.zoom(large, 8.0)
    assert set(seen(large)) == {"preview"}, "until its pixels are there"
    sprite, detail = sharp(large), large.presenter.detail
    assert detail is not None and large.placement is not None and sprite.box == large.placement.visible
    region = detail.region
    box = tuple(round(edge) for edge in (region.left, region.top, region.right, region.bottom))
    assert detail.size == (box[2] - box[0], box[3] - box[1]), "the screen shows more pixels than there are"
    file = np.asarray(Image.open(large.presenter.library.paths[0]).crop(box), dtype=np.float32) / 255
    values, width, height = sprite.make()
    np.testing.assert_allclose(values.reshape(height, width, 4)[..., :3], file, atol=1e-6)
    left, top = large.placement.to_picture(sprite.box.x, sprite.box.y)
    assert sprite.uv[:2] == pytest.approx(((left - box[0]) / width, (top - box[1]) / height))


def test_nothing_is_made_where_the_preview_is_enough(large: Ui) -> None:
    assert set(seen(large)) == {"preview"} and not large.presenter.workers["thumbnails"].queue_length
    framing.zoom(large, 8.0)
    sharp(large)
    framing.zoom(large, None)
    assert set(seen(large)) == {"preview"}
    large.presenter.step(1)
    assert large.presenter.detail is None
    until(large.presenter, lambda: large.presenter.current_look is not None)
    framing.zoom(large, 8.0)
    assert set(seen(large)) == {"preview"} and not large.presenter.workers["thumbnails"].queue_length


def test_moving_a_little_needs_nothing_new_and_moving_far_does(large: Ui) -> None:
    framing.zoom(large, 8.0)
    sharp(large)
    first = large.presenter.detail
    framing.pan(large, 1, 0)
    assert set(seen(large)) == {"detail"} and not large.presenter.workers["thumbnails"].queue_length
    large.camera = Camera(large.camera.zoom, (0.9, 0.9))
    assert sharp(large) and large.presenter.detail is not first


def test_a_screen_of_more_pixels_gets_a_sharp_picture_without_zoom(large: Ui) -> None:
    large.scale = 2.0
    sharp(large)
    detail = large.presenter.detail
    assert detail is not None and 1024 < detail.size[0] <= SIZE[0] and detail.size[0] * detail.size[1] <= 1_510_000


def test_a_file_that_was_overwritten_is_not_shown_as_it_was(large: Ui) -> None:
    framing.zoom(large, 8.0)
    sharp(large)
    path, before = large.presenter.library.paths[0], large.presenter.detail
    Image.new("RGB", SIZE, (10, 20, 30)).save(path)
    large.presenter._request_look()
    until(large.presenter, lambda: large.presenter.current_look.stamp != before.stamp)
    assert set(seen(large)) == {"preview"}
    values = sharp(large).make()[0].reshape(-1, 4)
    np.testing.assert_allclose(values[:, :3] * 255, [[10, 20, 30]] * len(values), atol=0.01)
