"""What a killed export leaves in the place for temporary files is swept away by a later one."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from exporter.workspace import PREFIX, temporary_folder

_DAY = 24 * 3600


def _folder(parent: Path, name: str, age: float) -> Path:
    folder = parent / name
    folder.mkdir()
    (folder / "bundle.json").write_text("{}")
    os.utime(folder, (time.time() - age,) * 2)
    return folder


def test_old_leftovers_go_and_nothing_else_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = _folder(tmp_path, f"{PREFIX}gate-old", 2 * _DAY)
    at_work = _folder(tmp_path, f"{PREFIX}gate-young", 60)
    strange = _folder(tmp_path, "gate-of-something-else", 2 * _DAY)
    with temporary_folder("gate") as folder:
        assert folder.is_dir()
    assert not folder.exists()
    assert not old.exists()
    assert at_work.exists()
    assert strange.exists()
