"""What a person is told, and what their keys mean, decided without any view."""

import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from runtime_app.errors import UserError, explain
from runtime_app.presenter import Presenter
from runtime_app.presenter.library import Filter
from tests.runtime_app.layout import idle
from tests.runtime_app.samples import draw_digit, until


@pytest.fixture
def presenter(presenter: Presenter, digits: Path) -> Presenter:
    """Pictures of one, seven and zero, classified; the first is looked at."""
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and presenter.look is not None and idle(presenter))
    return presenter


def test_a_digit_beside_the_picture_is_a_correction_without_words(presenter: Presenter) -> None:
    presenter.say_of_current(5, None)
    assert presenter.correction(0) == "4" and presenter.notice is None, "the picture itself shows it"
    presenter.say_of_current(5, None)
    assert presenter.correction(0) is None


@pytest.mark.parametrize("listed", [None, np.array([1, 2])])
def test_a_digit_in_a_view_that_does_not_list_the_picture_is_none(
    presenter: Presenter, listed: np.ndarray | None
) -> None:
    presenter.set_view("heatmap")
    presenter.say_of_current(5, listed)
    assert not presenter.library.corrections
    assert presenter.notice == "Nothing was said of one.png: it is not in this list."


def test_a_digit_in_a_list_is_repeated_with_the_name_of_the_picture(presenter: Presenter) -> None:
    presenter.set_view("gallery")
    presenter.say_of_current(0, np.array([2, 0]))
    assert presenter.correction(0) == "9" and presenter.notice == "one.png: you said 9."


def test_an_answer_for_another_picture_than_the_current_one_is_repeated(presenter: Presenter) -> None:
    presenter.say("7", 2)
    assert presenter.correction(2) == "7" and presenter.notice == "zero.png: you said 7."
    presenter.say(None, 2)
    assert presenter.correction(2) is None and presenter.notice == "zero.png: what you said was taken back."
    assert presenter.say_by_key(1, 2) and presenter.notice == "zero.png: you said 0."


def test_a_key_beyond_the_classes_says_nothing_of_the_picture(presenter: Presenter) -> None:
    assert presenter.loaded is not None
    manifest = msgspec.structs.replace(presenter.loaded.bundle.manifest, classes=("cat", "dog", "owl"))
    presenter.loaded = replace(presenter.loaded, bundle=replace(presenter.loaded.bundle, manifest=manifest))
    assert not presenter.say_by_key(4, 1)
    assert not presenter.library.corrections and presenter.notice == "Key 4 stands for no class: there are 3."
    presenter.notice = None
    presenter.say_of_current(0, None)
    assert not presenter.library.corrections and presenter.notice == "Key 0 stands for no class: there are 3."


def test_watching_is_told_and_taken_back(presenter: Presenter, digits: Path) -> None:
    presenter.toggle_watch()
    assert presenter.watched == digits
    assert presenter.notice == f"New pictures in {digits} will appear by themselves."
    presenter.toggle_watch()
    assert presenter.watched is None and presenter.notice == f"{digits} is not watched any more."


def test_the_verdict_is_copied_and_that_is_told(presenter: Presenter) -> None:
    copied: list[str] = []
    presenter.copy(copied.append)
    assert copied[0].startswith("one.png: ") and presenter.notice == "Copied."


def test_an_error_is_copied_with_its_details_and_stays_alone_on_the_screen(presenter: Presenter) -> None:
    copied: list[str] = []
    presenter.fail(UserError("It broke.", "Mend it."))
    presenter.copy(copied.append)
    assert copied[0].startswith("It broke.\nMend it.\n\n") and "UserError" in copied[0] and presenter.notice is None


def test_where_there_is_nothing_to_copy_the_clipboard_stays_as_it_is(presenter: Presenter) -> None:
    presenter.look = None
    presenter.copy(lambda text: pytest.fail(text))
    assert presenter.notice == "There is no verdict to copy yet."


def test_a_second_dialog_is_not_opened_over_the_first(presenter: Presenter, tiny_bundle: Path) -> None:
    answered, asked = threading.Event(), []
    presenter.ask_outside("open", lambda: [answered.wait(20)].clear())
    for kind in ("open", "chosen bundle"):
        presenter.ask_outside(kind, lambda kind=kind: asked.append(kind))
    answered.set()
    until(presenter, lambda: idle(presenter))
    presenter.ask_outside("chosen bundle", lambda: [tiny_bundle])
    until(presenter, lambda: idle(presenter))
    assert asked == []


def test_enter_in_a_gallery_that_hides_the_current_picture_shows_the_first_one_there(presenter: Presenter) -> None:
    presenter.set_view("gallery")
    presenter.set_filter(text="e")
    presenter.show(2)
    presenter.enlarge()
    assert (presenter.current, presenter.view) == (2, "picture")
    presenter.set_view("gallery")
    presenter.set_filter(text="seven")
    presenter.enlarge()
    assert (presenter.current, presenter.view) == (1, "picture")


def test_a_picture_of_a_list_is_looked_at_alone(presenter: Presenter) -> None:
    presenter.set_view("accuracy")
    presenter.show_large(2)
    assert (presenter.current, presenter.view) == (2, "picture")


def test_the_neighbour_in_a_list_is_shown_and_what_was_told_goes(presenter: Presenter) -> None:
    presenter.tell("Something.")
    assert presenter.show_beside(np.array([2, 0, 1]), 1) == 2
    assert presenter.current == 1 and presenter.notice is None


def test_an_address_of_the_web_is_no_file(presenter: Presenter, tmp_path: Path) -> None:
    presenter.set_view("accuracy")
    with pytest.raises(UserError, match="not a file"):
        presenter.take_dropped([Path("https://example.org/cat.png")])
    assert presenter.view == "accuracy"
    draw_digit("one", 40).save(tmp_path / "new.png")
    presenter.take_dropped([Path(f"file:{tmp_path / 'new.png'}")])
    assert presenter.view == "picture" and presenter.library.paths[-1] == tmp_path / "new.png"


def test_a_log_that_is_not_there_yet_is_good_news(
    presenter: Presenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime_app.presenter.presenter.log_file", lambda: tmp_path / "evidence.log")
    presenter.open_log()
    until(presenter, lambda: presenter.errors)
    assert presenter.errors[0].title == "There is no evidence.log yet: nothing has gone wrong."


def test_the_log_is_shown_by_the_program_of_the_platform_or_its_place_is_named(
    presenter: Presenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, shown = tmp_path / "evidence.log", tmp_path / "shown"
    log.write_text("It broke.")
    monkeypatch.setattr("runtime_app.presenter.presenter.log_file", lambda: log)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    presenter.open_log()
    until(presenter, lambda: presenter.errors)
    assert presenter.errors[0].advice == f"Open {log} yourself."
    program = tmp_path / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" > "{shown}"\n')
    program.chmod(0o755)
    presenter.open_log()
    until(presenter, lambda: shown.exists() and shown.read_text() == f"{log}\n")


def test_why_the_log_cannot_be_opened_is_seen_above_the_error_that_it_was_asked_from(
    presenter: Presenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "evidence.log"
    log.write_text("a line")
    monkeypatch.setattr("runtime_app.presenter.presenter.log_file", lambda: log)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    presenter.show_error(explain(ValueError("first")))
    for _ in range(3):
        presenter.open_log()
        until(presenter, lambda: not presenter.workers["chores"].queue_length)
        presenter.poll()
    assert [error.advice for error in presenter.errors[:1]] == [f"Open {log} yourself."]
    assert len(presenter.errors) == 2


def test_one_filter_is_taken_off_as_it_was_put_on(presenter: Presenter) -> None:
    presenter.set_filter(text="one")
    presenter.list_only(wrong=True)
    assert presenter.filter == Filter(text="one", wrong=True)
    presenter.list_only(wrong=True)
    assert presenter.filter == Filter(text="one")
    presenter.list_all()
    assert presenter.filter == Filter()
