"""Folders opened before: those that are still there, without waiting for any."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from runtime_app.presenter import Presenter
from runtime_app.settings import Settings
from runtime_app.view import opening
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import laid_out
from tests.runtime_app.samples import many_pictures, until


def test_recent_folders_are_those_still_there_newest_first(presenter: Presenter, tmp_path: Path) -> None:
    two = many_pictures(tmp_path / "a", 5), many_pictures(tmp_path / "b", 7)
    for folder in two:
        presenter.open_paths([folder])
    until(presenter, lambda: presenter.recent_folders == [two[1], two[0]])
    shutil.rmtree(two[1])
    presenter.change_settings(recent_folders=(*presenter.settings.recent_folders, f"/{'x' * 300}"))
    presenter.find_recent_folders()
    until(presenter, lambda: presenter.recent_folders == [two[0]])


def test_a_recent_folder_on_a_disk_that_does_not_answer_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, asked, answers, found = tmp_path / "lost", threading.Event(), threading.Event(), os.path.isdir

    def waits(path: str) -> bool:
        if path == str(lost):
            asked.set()
            answers.wait(20)
        return found(path)

    monkeypatch.setattr(os.path, "isdir", waits)
    presenter = Presenter(Settings(device="cpu", recent_folders=(str(lost), str(tmp_path))))
    ui = Ui(presenter)
    opening.show_recent(ui)
    assert asked.wait(5) and "Folders opened before" in laid_out(ui).texts()
    answers.set()
    until(presenter, lambda: presenter.recent_folders == [tmp_path])
    presenter.close(1)
