"""What is shown belongs to the picture and the bundle that are current, at every moment in between too."""

from pathlib import Path

import pytest

from runtime_app.imaging import Region
from runtime_app.presenter import Presenter
from runtime_app.presenter.shown import status, words
from runtime_app.view import frame, framing
from runtime_app.view.canvas import Sprite
from runtime_app.view.ui import Ui
from tests.runtime_app.samples import rename_bundle, until


def looking(presenter: Presenter, paths: list[Path]) -> Presenter:
    presenter.open_paths(paths)
    until(presenter, lambda: presenter.current_look is not None and presenter.current_look.result is not None)
    return presenter


def pictures_shown(ui: Ui) -> set[object]:
    """Keys of the textures that belong to a result: the evidence map and what the network sees."""
    canvas = frame.compose(ui, None, None, with_tooltip=False)
    keys = [shape.key for shape in canvas.shapes if isinstance(shape, Sprite)]
    return {key for key in keys if isinstance(key, tuple) and key[0] in ("evidence", "input")}


def test_no_texture_of_one_bundle_is_taken_for_another(presenter: Presenter, tiny_bundle: Path, digits: Path) -> None:
    ui = Ui(looking(presenter, [digits / "one.png"]))
    before = pictures_shown(ui)
    assert len(before) == 2
    seen = set(before)
    rename_bundle(tiny_bundle, "other")
    loaded = presenter.loaded
    presenter.open_bundle(tiny_bundle)
    until(presenter, lambda: seen.update(pictures_shown(ui)) or presenter.loaded is not loaded)
    assert presenter.current_look is not None and presenter.current_look.result is None
    assert words(presenter).detail == "Classifying\u2026" and seen | pictures_shown(ui) == before
    until(presenter, lambda: presenter.current_look.result is not None)
    assert not before & pictures_shown(ui)


def test_textures_of_two_pictures_differ_even_when_the_first_result_is_gone(presenter: Presenter, digits: Path) -> None:
    ui, seen = Ui(looking(presenter, sorted(digits.iterdir()))), []
    for place in (1, 2, 0, 1, 2, 0):
        presenter.looks.clear()
        presenter.look = None
        presenter.show(place)
        until(presenter, lambda: presenter.current_look is not None and presenter.current_look.result is not None)
        seen.append(pictures_shown(ui))
    assert len(set.union(*seen)) == 12


@pytest.mark.parametrize("act", [framing.mark_square, lambda ui: ui.presenter.set_region(Region(0, 0, 20, 20))])
def test_a_square_asked_for_while_the_next_picture_is_coming_is_not_laid_on_the_one_before(
    act, presenter: Presenter, digits: Path
) -> None:
    ui = Ui(looking(presenter, sorted(digits.iterdir())))
    presenter.step(1)
    act(ui)
    assert presenter.region is None
    until(presenter, lambda: presenter.current_look is not None and not presenter.workers["look"].queue_length)
    assert presenter.current_look.path.name == "seven.png"


def test_nothing_is_copied_of_the_picture_before(presenter: Presenter, digits: Path) -> None:
    copied: list[str] = []
    ui = Ui(looking(presenter, sorted(digits.iterdir())), copy=copied.append)
    presenter.step(1)
    ui.copy_verdict()
    assert not copied and presenter.notice == "There is no verdict to copy yet."
    until(presenter, lambda: presenter.current_look is not None)
    ui.copy_verdict()
    assert copied[0].startswith("seven.png: ")


def test_what_was_wrong_with_one_picture_is_not_said_of_the_next(presenter: Presenter, digits: Path) -> None:
    broken = digits / "broken.png"
    broken.write_bytes(b"no picture")
    presenter.open_paths([broken, digits / "one.png"])
    until(presenter, lambda: presenter.failure is not None)
    presenter.step(1)
    assert words(presenter).detail == "Opening\u2026"


def test_the_reason_of_one_start_of_the_network_goes_with_the_next(presenter: Presenter) -> None:
    presenter.set_engine(precision="fp16")
    until(presenter, lambda: presenter.loaded.notice is not None)
    assert "fp16" in status(presenter).reason and status(presenter).state == "attention"
    presenter.set_engine(precision="auto")
    until(presenter, lambda: presenter.loaded.notice is None)
    assert not status(presenter).reason and status(presenter).state == "ready"
