"""What a person says is kept for the picture that they meant."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from runtime_app.presenter import Presenter
from runtime_app.presenter.library import NONE, PENDING, SURE, UNSURE, Filter, Library
from runtime_app.presenter.snapshot import snapshot
from runtime_app.view import navigation, opening, teaching
from runtime_app.view.frame import compose
from runtime_app.view.shortcuts import BY_KEY
from runtime_app.view.ui import Ui
from tests.runtime_app.samples import draw_digit, until


@pytest.fixture
def ui(presenter: Presenter, digits: Path) -> Ui:
    """Pictures of one, seven and zero, classified; the first is looked at."""
    presenter.open_paths([digits])
    settled(presenter, 3)
    return Ui(presenter)


def settled(presenter: Presenter, classified: int) -> None:
    until(
        presenter,
        lambda: (
            presenter.library.classified == classified
            and not any(
                worker.queue_length for name, worker in presenter.workers.items() if name not in ("watch", "bundle")
            )
        ),
    )


def lay_out(ui: Ui) -> None:
    compose(ui, None, None, with_tooltip=False)


def said(ui: Ui) -> dict[str, str]:
    library = ui.presenter.library
    return {library.paths[index].name: name for index, name in library.corrections.items()}


@pytest.mark.parametrize("way", ["list", "key"])
def test_an_answer_belongs_to_the_picture_for_which_the_list_was_opened(ui: Ui, way: str) -> None:
    teaching.pick_class(ui)
    ui.presenter.show(2)  # as a watched folder does with a picture that comes
    lay_out(ui)
    if way == "list":
        teaching.say(ui, "4")
    else:
        teaching.digit(ui, 5)
    assert said(ui) == {"one.png": "4"} and ui.dialog is None
    assert ui.presenter.notice == "one.png: you said 4."


def test_what_was_said_goes_when_the_file_holds_another_picture(ui: Ui, digits: Path) -> None:
    p = ui.presenter
    p.correct_as("4")
    until(p, lambda: not p._unsaved)
    shutil.copy(digits / "one.png", digits / "kept.png")
    draw_digit("zero", 200).save(digits / "one.png")
    p.open_paths([digits])
    settled(p, 4)
    until(p, lambda: not said(ui))
    (digits / "kept.png").replace(digits / "one.png")
    p.open_paths([digits / "one.png"])
    until(p, lambda: said(ui) == {"one.png": "4"})


def test_in_a_list_that_does_not_hold_the_current_picture_nothing_is_said_of_it(ui: Ui) -> None:
    p = ui.presenter
    p.set_view("gallery")
    p.set_filter(text="zero")
    lay_out(ui)
    for act in (lambda: teaching.digit(ui, 3), lambda: teaching.pick_class(ui)):
        p.tell(None)
        act()
        assert said(ui) == {} and p.notice == "Nothing was said of one.png: it is not in this list."
        assert ui.dialog is None
    p.set_filter(text="")
    lay_out(ui)
    teaching.digit(ui, 3)
    assert said(ui) == {"one.png": "2"} and p.notice == "one.png: you said 2."
    teaching.digit(ui, 3)
    assert said(ui) == {} and p.notice == "one.png: what you said was taken back."


def test_a_picture_that_cannot_be_read_any_more_is_named_when_what_was_said_of_it_is_not_kept(
    ui: Ui, digits: Path
) -> None:
    (digits / "one.png").unlink()
    ui.presenter.correct_as("4")
    until(ui.presenter, lambda: (ui.presenter.notice or "").startswith("one.png cannot be read"))


def test_after_a_mistake_was_settled_the_next_one_follows(presenter: Presenter, tmp_path: Path) -> None:
    for place in range(6):
        (tmp_path / "known" / "0").mkdir(parents=True, exist_ok=True)
        draw_digit("seven", 90 + place).save(tmp_path / "known" / "0" / f"{place}.png")
    presenter.open_paths([tmp_path / "known"])
    settled(presenter, 6)
    presenter.set_filter(wrong=True)
    wrong = presenter.listed().tolist()
    assert len(wrong) == 6
    for by, next_one in ((1, wrong[3]), (-1, wrong[1])):
        presenter.show(wrong[2])
        presenter.correct_as("7")
        assert wrong[2] not in presenter.listed()
        presenter.step(by)
        assert presenter.current == next_one
        presenter.show(wrong[2])
        presenter.correct_as(None)


def test_first_last_and_ten_further_end_at_the_ends(ui: Ui) -> None:
    lay_out(ui)
    for by, place in ((1_000_000, 2), (-1_000_000, 0), (10, 2), (1, 2), (-10, 0)):
        navigation.go(ui, by)
        assert ui.presenter.current == place


@pytest.mark.parametrize("way", ["dropped", "chosen", "pasted"])
@pytest.mark.parametrize("view", ["gallery", "accuracy", "heatmap"])
def test_a_picture_that_a_person_just_named_is_seen(ui: Ui, view: str, way: str, tmp_path: Path) -> None:
    p, path = ui.presenter, tmp_path / "named.png"
    draw_digit("seven", 70).save(path)
    p.set_view(view)  # type: ignore[arg-type]
    p.set_filter(text="zero")
    if way == "dropped":
        opening.dropped(ui, [Path(f"file:{path}")])
    elif way == "chosen":
        opening.chosen(ui, "files", [path])
    else:
        p.run_chore("open", lambda: [path])  # as `opening.paste` does
    until(p, lambda: len(p.library) == 4)
    assert (p.view, p.filter, p.current) == ("picture", Filter(), 3)
    assert p.library.paths[3] == path


def test_a_dropped_folder_of_bundles_opens_the_newest(ui: Ui, tiny_bundle: Path, tmp_path: Path) -> None:
    home = tmp_path / "bundles"
    home.mkdir()
    moved = Path(shutil.move(tiny_bundle, home / "moved"))
    opening.dropped(ui, [home])
    until(ui.presenter, lambda: ui.presenter.loaded is not None and ui.presenter.loaded.bundle.path == moved)
    assert len(ui.presenter.library) == 3


def test_a_watched_picture_does_not_close_the_question(ui: Ui, digits: Path) -> None:
    p = ui.presenter
    p.watch(digits)
    time.sleep(1.0)  # the watching thread has certainly seen what was there before
    teaching.pick_class(ui)
    draw_digit("zero", 50).save(digits / "a.png")
    until(p, lambda: len(p.library) == 4)
    assert ui.dialog == "classes" and p.current == 3
    teaching.say(ui, "1")
    assert said(ui) == {"one.png": "1"}
    assert np.flatnonzero(p.library.states >= 0).size >= 3


def test_a_digit_beyond_the_classes_says_so_and_nothing_else(ui: Ui) -> None:
    loaded = ui.presenter.loaded
    assert loaded is not None
    manifest = msgspec.structs.replace(loaded.bundle.manifest, classes=("cat", "dog", "owl"))
    ui.presenter.loaded = replace(loaded, bundle=replace(loaded.bundle, manifest=manifest))
    teaching.digit(ui, 2)
    assert said(ui) == {"one.png": "dog"}
    ui.presenter.notice = None
    teaching.digit(ui, 7)
    assert said(ui) == {"one.png": "dog"} and ui.presenter.notice == "Key 7 stands for no class: there are 3."
    teaching.pick_class(ui)
    teaching.digit(ui, 0)
    assert said(ui) == {"one.png": "dog"} and ui.dialog == "classes"


def test_wrong_ones_are_not_asked_for_where_nothing_is_known_to_be_wrong(ui: Ui) -> None:
    p = ui.presenter
    BY_KEY["W"].run(ui)
    assert len(p.listed()) == 3 and (p.notice or "").startswith("The right class of no picture is known")
    p.correct_as("4")
    for count in (1, 3):
        BY_KEY["W"].run(ui)
        assert len(p.listed()) == count


def test_known_classes_go_before_the_networks_in_a_training_folder(presenter: Presenter, labelled: Path) -> None:
    presenter.open_paths([labelled])
    settled(presenter, 5)
    presenter.correct_as("9", presenter.library.paths.index(labelled / "1" / "b.png"))
    taken = snapshot(presenter.library, tuple("0123456789"), known=presenter.true_labels)
    assert {(path.parent.name, path.name): name for path, name in taken.labels()} == {
        ("0", "a.png"): "0", ("1", "b.png"): "9", ("3", "d.png"): "3", ("7", "c.png"): "7",
    }  # fmt: skip


def test_watching_and_copying_are_answered(ui: Ui, digits: Path) -> None:
    copied: list[str] = []
    ui.copy = copied.append
    ui.presenter.toggle_watch()
    assert ui.presenter.notice == f"New pictures in {digits} will appear by themselves."
    ui.presenter.toggle_watch()
    assert ui.presenter.notice == f"{digits} is not watched any more."
    (digits / "zero.png").write_bytes(b"no picture")
    ui.presenter.show(2)
    until(ui.presenter, lambda: ui.presenter.failure is not None)
    ui.copy_verdict()
    assert "zero.png is not a picture" in copied[0] and ui.presenter.notice == "Copied."


def test_of_what_the_network_alone_is_not_sure_no_training_copy_is_made() -> None:
    library = Library(2)
    library.add([Path(f"{name}.png") for name in ("sure", "unsure", "none", "waiting", "said")])
    library.probabilities[:] = (0.9, 0.1)
    library.states[:] = (SURE, UNSURE, NONE, PENDING, UNSURE)
    library.corrections[4] = "b"
    library.version += 1
    assert {path.stem: name for path, name in snapshot(library, ("a", "b")).labels()} == {"sure": "a", "said": "b"}
