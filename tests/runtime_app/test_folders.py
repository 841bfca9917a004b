"""Folders: several at once, opened again after their files changed, watched."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime_app.imaging import walk
from runtime_app.presenter import Presenter, listing
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.library import FAILED, PENDING
from runtime_app.presenter.shown import status
from tests.runtime_app.samples import draw_digit, many_pictures, rename_bundle, until


def names(presenter: Presenter) -> list[str]:
    return sorted(str(path.relative_to(path.parents[1])) for path in presenter.library.paths)


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    return many_pictures(tmp_path / "a", 5), many_pictures(tmp_path / "b", 7)


def classified(presenter: Presenter, count: int) -> None:
    until(presenter, lambda: presenter.library.classified == count and not presenter.busy)


def test_all_folders_that_are_opened_at_once_are_listed(presenter: Presenter, two: tuple[Path, Path]) -> None:
    presenter.open_paths(two)
    classified(presenter, 12)
    assert names(presenter)[0] == "a/00000.png" and presenter.library.paths[0].parent.name == "a"


def test_a_folder_opened_while_another_is_being_listed_takes_nothing_from_it(
    presenter: Presenter, two: tuple[Path, Path]
) -> None:
    presenter.open_paths(two[:1])
    presenter.open_paths(two[1:])
    classified(presenter, 12)


def test_an_empty_folder_among_others_is_named(presenter: Presenter, two: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    presenter.open_paths([tmp_path / "empty", *two])
    classified(presenter, 12)
    assert [error.title for error in presenter.errors] == [f"There is no picture in {tmp_path / 'empty'}."]


def test_a_folder_is_the_same_one_however_it_is_named(
    presenter: Presenter, two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two[0].parent)
    presenter.open_paths([Path("a")])
    presenter.open_paths([two[0]])
    classified(presenter, 5)
    assert len(presenter.library) == 5


def test_what_changed_or_could_not_be_read_is_read_again_when_its_folder_is_opened_again(
    presenter: Presenter, digits: Path
) -> None:
    (digits / "broken.png").write_bytes(b"no picture")
    presenter.open_paths([digits])
    classified(presenter, 4)
    presenter.request_thumbnails(range(4))
    until(presenter, lambda: len(presenter.thumbnails) == 4)
    before = presenter.library.probabilities.copy()
    place = {path.name: index for index, path in enumerate(presenter.library.paths)}
    assert presenter.library.states[place["broken.png"]] == FAILED
    draw_digit("zero", 160).save(digits / "broken.png")
    draw_digit("seven", 120).save(digits / "one.png")
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.renewed and not presenter.busy and presenter.library.classified == 4)
    after = presenter.library.probabilities
    assert after[place["broken.png"]].argmax() == 0 and presenter.library.states[place["broken.png"]] != FAILED
    assert after[place["one.png"]].argmax() == 7 and before[place["one.png"]].argmax() == 1
    assert (after[place["zero.png"]] == before[place["zero.png"]]).all()
    assert {path.name for path in presenter.thumbnails} == {"zero.png", "seven.png"}


def test_a_thumbnail_of_a_file_that_changed_goes_when_the_picture_is_looked_at(
    presenter: Presenter, digits: Path
) -> None:
    presenter.open_paths([digits])
    classified(presenter, 3)
    presenter.request_thumbnails(range(3))
    until(presenter, lambda: len(presenter.thumbnails) == 3)
    draw_digit("seven", 120).save(digits / "zero.png")
    presenter.show(2)
    until(presenter, lambda: len(presenter.thumbnails) == 2)
    assert presenter.library.label_of(2) == 7


@pytest.fixture
def compared(presenter: Presenter, digits: Path, tiny_bundle: Path) -> Presenter:
    """Three digits, classified by two bundles; the first one is looked at."""
    other = Path(shutil.copytree(tiny_bundle, tiny_bundle.with_name("other")))
    rename_bundle(other, "other")
    presenter.open_paths([digits])
    classified(presenter, 3)
    presenter.compare_with(Opinion(other, "fp32", "other", ""))
    until(presenter, lambda: presenter.comparison.library.classified == 3)
    return presenter


def test_a_file_that_changed_is_another_picture_for_the_second_opinion_and_for_what_was_said(
    compared: Presenter, digits: Path
) -> None:
    presenter = compared
    presenter.correct_as("4", 2)
    until(presenter, lambda: not presenter.workers["memory"].pending("keep"))
    draw_digit("seven", 120).save(digits / "zero.png")
    presenter.show(2)
    until(presenter, lambda: presenter.library.label_of(2) == 7 and presenter.comparison.library.label_of(2) == 7)
    until(presenter, lambda: presenter.correction(2) is None)
    assert presenter.comparison.library.classified == 3


def test_a_file_that_was_away_is_what_it_was(compared: Presenter, digits: Path) -> None:
    presenter = compared
    presenter.correct_as("4", 2)
    until(presenter, lambda: not presenter.workers["memory"].pending("keep"))
    away = (digits / "zero.png").rename(digits.parent / "zero.png")
    presenter.show(2)
    until(presenter, lambda: presenter.failure is not None)
    away.rename(digits / "zero.png")
    presenter.show(0)
    until(presenter, lambda: presenter.failure is None)
    presenter.show(2)
    until(presenter, lambda: presenter.library.label_of(2) == 0 and presenter.comparison.library.label_of(2) == 0)
    until(presenter, lambda: presenter.correction(2) == "4")


def test_a_listing_that_was_cancelled_before_anything_was_found_shows_the_first_picture(
    presenter: Presenter, digits: Path
) -> None:
    presenter.open_paths([digits])
    presenter.cancel()
    assert presenter.current is None
    presenter.go_on()
    classified(presenter, 3)
    assert presenter.current == 0


def test_a_listing_that_was_cancelled_goes_on(
    presenter: Presenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a slow disk: a folder takes a while."""

    def slowly(folder: Path, onerror: object) -> Iterator[tuple[str, list[str]]]:
        for found in walk(folder):
            time.sleep(0.05)
            yield found

    monkeypatch.setattr(listing, "walk", slowly)
    monkeypatch.setattr(listing, "_LISTED_AT_ONCE", 10)
    (tmp_path / "many").mkdir()
    for number in range(30):
        many_pictures(tmp_path / "many" / f"{number:02}", 10)
    presenter.open_paths([tmp_path / "many"])
    until(presenter, lambda: len(presenter.library) > 0)
    presenter.cancel()
    found = len(presenter.library)
    assert found < 300 and status(presenter).action == "Continue"
    until(presenter, lambda: not presenter.busy)
    assert status(presenter).progress_text == f"{found:,} found so far" and not presenter.busy
    presenter.show(0)
    presenter.go_on()
    until(presenter, lambda: len(presenter.library) == 300)
    until(presenter, lambda: presenter.library.classified == 300 and not presenter.busy)
    assert status(presenter).action == "" and presenter.current == 0


def test_what_is_opened_is_hidden_by_no_filter(presenter: Presenter, digits: Path, tmp_path: Path) -> None:
    presenter.open_paths([digits])
    classified(presenter, 3)
    presenter.set_filter(text="seven")
    draw_digit("one", 64).save(tmp_path / "pasted.png")
    presenter.open_paths([tmp_path / "pasted.png"])
    assert len(presenter.listed()) == 4


# ---- a watched folder ----------------------------------------------------------------------------------------------


# ---- a second opinion ----------------------------------------------------------------------------------------------


def test_a_second_opinion_is_long_work_that_can_be_cancelled_and_changed(
    presenter: Presenter, tiny_bundle: Path, tmp_path: Path
) -> None:
    presenter.open_paths([many_pictures(tmp_path / "many", 300)])
    classified(presenter, 300)
    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    rename_bundle(other, "other")
    opinion = Opinion(other, "auto", "other", "")
    presenter.compare_with(opinion)
    assert presenter.busy and status(presenter).action == "Cancel"
    until(presenter, lambda: presenter.comparison.loaded is not None)
    presenter.compare_with(None)
    assert not presenter.busy
    presenter.compare_with(opinion)
    until(presenter, lambda: presenter.comparison.loaded is not None)
    presenter.cancel()
    assert not presenter.busy and (presenter.comparison.library.states == PENDING).any()
    assert status(presenter).action == "Continue"
    presenter.classify_pending()
    until(presenter, lambda: presenter.comparison.library.classified == 300 and not presenter.busy)
    assert not presenter.errors


def test_a_second_opinion_that_becomes_the_first_ends(presenter: Presenter, tiny_bundle: Path, tmp_path: Path) -> None:
    presenter.open_paths([many_pictures(tmp_path / "many", 3)])
    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    rename_bundle(other, "other")
    presenter.compare_with(Opinion(other, "auto", "other", ""))
    until(presenter, lambda: presenter.comparison.loaded is not None)
    presenter.open_bundle(tiny_bundle)
    classified(presenter, 3)
    assert presenter.comparison.loaded is not None
    presenter.open_bundle(other)
    until(presenter, lambda: presenter.loaded is not None and presenter.loaded.bundle.path == other)
    assert presenter.comparison.loaded is None


def test_of_many_thumbnails_the_newest_stay(
    presenter: Presenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime_app.presenter.batch._THUMBNAILS_KEPT", 5)
    presenter.open_paths([many_pictures(tmp_path / "many", 8)])
    classified(presenter, 8)
    for wanted in (range(4), range(4, 8)):
        presenter.request_thumbnails(wanted)
        until(presenter, lambda: not presenter.workers["thumbnails"].queue_length)
    assert {int(path.stem) for path in presenter.thumbnails} == {3, 4, 5, 6, 7}
