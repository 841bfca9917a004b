"""Folders that are watched: what is new in them opens by itself."""

import shutil
import time
from pathlib import Path

from runtime_app.jobs import Worker
from runtime_app.presenter import Presenter
from runtime_app.presenter.watching import watch_folder
from tests.runtime_app.samples import draw_digit, until

_BEGUN = 1.0  # seconds until the watching thread has certainly seen what was there before


def test_an_empty_folder_can_be_watched(presenter: Presenter, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    presenter.open_paths([folder])
    until(presenter, lambda: presenter.errors)
    assert "Ctrl+W" in presenter.errors[0].advice
    presenter.toggle_watch()
    assert presenter.watched == folder
    time.sleep(_BEGUN)
    draw_digit("one", 64).save(folder / "one.png")
    until(presenter, lambda: presenter.library.classified == 1)


def test_a_file_that_was_not_whole_yet_or_is_written_anew_is_read_again(presenter: Presenter, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    presenter.watch(folder)
    time.sleep(_BEGUN)
    draw_digit("one", 64).save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (folder / "a.png").write_bytes(content[: len(content) // 2])
    until(presenter, lambda: presenter.library.classified == 1)
    (folder / "a.png").write_bytes(content)
    until(presenter, lambda: len(presenter.library) and presenter.library.label_of(0) == 1)
    (folder / "a.png").unlink()
    draw_digit("seven", 64).save(folder / "a.png")
    until(presenter, lambda: presenter.library.label_of(0) == 7)
    assert len(presenter.library) == 1


def test_a_watched_folder_that_goes_away_is_named_and_nothing_in_it_is_new_when_it_is_back(
    presenter: Presenter, digits: Path, tmp_path: Path
) -> None:
    presenter.watch(digits)
    time.sleep(_BEGUN)
    shutil.move(digits, tmp_path / "away")
    until(presenter, lambda: presenter.notice)
    assert str(digits) in presenter.notice
    shutil.move(tmp_path / "away", digits)
    until(presenter, lambda: presenter.notice is None)
    draw_digit("one", 64).save(digits / "new.png")
    until(presenter, lambda: len(presenter.library))
    assert [path.name for path in presenter.library.paths] == ["new.png"]


def test_a_picture_that_is_still_growing_is_not_new_yet(tmp_path: Path) -> None:
    worker, seen = Worker("watch"), []
    worker.submit("watch", watch_folder(tmp_path))
    time.sleep(_BEGUN)
    for _ in range(8):
        with open(tmp_path / "a.png", "ab") as file:
            file.write(bytes(100))
        time.sleep(0.2)
        seen += worker.reports()
    worker.wait(5)
    last = list(worker.reports())
    worker.close(1)
    assert seen == [] and [report.value for report in last] == [[tmp_path / "a.png"]]
