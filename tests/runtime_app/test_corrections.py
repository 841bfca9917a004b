"""What a person taught is kept by a picture's name and content: real files, a real SQLite file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime_app import corrections
from runtime_app.corrections import Correction
from runtime_app.errors import UserError


@pytest.fixture
def file(corrections_of_its_own: Path) -> Path:
    return corrections_of_its_own


def test_correction_follows_a_moved_folder_but_not_another_picture_of_that_name(
    digits: Path, file: Path, tmp_path: Path
) -> None:
    corrections.keep([Correction(digits / "one.png", "4", "1", 0.9, "sure", "digest")])
    moved = Path(shutil.move(digits, tmp_path / "elsewhere"))
    paths = sorted(moved.iterdir())
    assert corrections.recall(paths) == {moved / "one.png": "4"}
    content = bytearray((moved / "one.png").read_bytes())
    content[-20] ^= 1
    (moved / "one.png").write_bytes(content)
    assert corrections.recall(paths) == {}, "the same name and size are not enough"


def test_the_last_word_counts_and_none_takes_it_back(digits: Path) -> None:
    one = digits / "one.png"
    for label in ("4", "7"):
        corrections.keep([Correction(one, label)])
    assert corrections.recall([one]) == {one: "7"}
    corrections.keep([Correction(one, None)])
    assert corrections.recall([one]) == {}


def test_picture_that_went_away_does_not_cost_the_others(digits: Path) -> None:
    corrections.keep([Correction(digits / "gone.png", "1"), Correction(digits / "one.png", "2")])
    assert corrections.recall(sorted(digits.iterdir())) == {digits / "one.png": "2"}


def test_damaged_file_is_set_aside_and_the_next_correction_is_kept(digits: Path, file: Path) -> None:
    file.write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(UserError, match="set aside"):
        corrections.recall([digits / "one.png"])
    assert file.with_name(file.name + ".broken").exists()
    corrections.keep([Correction(digits / "one.png", "2")])
    assert corrections.recall([digits / "one.png"]) == {digits / "one.png": "2"}


def test_file_of_a_newer_version_is_left_alone(digits: Path, file: Path) -> None:
    import sqlite3

    database = sqlite3.connect(file)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(UserError, match="newer version"):
        corrections.keep([Correction(digits / "one.png", "2")])


def test_name_of_any_bytes_is_kept(tmp_path: Path) -> None:
    picture = tmp_path / "caf\udce9\n.png"
    picture.write_bytes(b"bytes")
    corrections.keep([Correction(picture, "2")])
    assert corrections.recall([picture]) == {picture: "2"}


def test_another_window_can_write_while_pictures_are_read(digits: Path, file: Path) -> None:
    first, second, third = sorted(digits.glob("*.png"))[:3]

    def slowly() -> Iterator[Correction]:
        yield Correction(first, "4")
        corrections.keep([Correction(second, "5")])
        yield Correction(third, "6")

    assert corrections.keep(slowly()) == []
    assert sorted(corrections.recall([first, second, third]).values()) == ["4", "5", "6"]


def test_what_was_said_of_a_copy_of_another_name_stays(digits: Path) -> None:
    one, copy = digits / "one.png", Path(shutil.copy(digits / "one.png", digits / "copy.png"))
    corrections.keep([Correction(one, "4"), Correction(copy, "7")])
    corrections.keep([Correction(one, None)])
    assert corrections.recall([one, copy]) == {copy: "7"}


def test_what_is_taken_back_of_a_picture_that_went_away_is_no_loss(digits: Path) -> None:
    away = digits / "away.png"
    assert corrections.keep([Correction(away, "4")]) == [away]
    assert corrections.keep([Correction(away, None)]) == []
