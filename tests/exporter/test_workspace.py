"""What a killed export leaves in the place for temporary files is swept away by a later one."""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from exporter.workspace import PREFIX, discard, temporary_folder
from runtime_app.errors import explain

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


def test_a_full_disk_of_temporary_files_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(OSError, match="No space left") as caught, temporary_folder("gate"):
        Path("/dev/full").write_bytes(b"0")
    assert explain(caught.value).title == f"The disk is full: {tmp_path}."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_a_folder_is_removed_comes_when_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Stopped(BaseException):
        pass

    def stop(number: int, frame: object) -> None:
        raise Stopped

    def stopped_half_way(folder: Path, ignore_errors: bool) -> None:
        (folder / "a").unlink()
        os.kill(os.getpid(), number)
        removed(folder, ignore_errors=ignore_errors)

    (tmp_path / "work").mkdir()
    for name in ("a", "b"):
        (tmp_path / "work" / name).touch()
    removed = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", stopped_half_way)
    before = signal.signal(number, stop)
    try:
        with pytest.raises(Stopped):
            discard(tmp_path / "work")
    finally:
        signal.signal(number, before)
    assert not (tmp_path / "work").exists()


def test_killed_while_a_bundle_is_removed_it_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _folder(tmp_path, "old", 0)
    (folder / "model.onnx").write_bytes(b"weights")
    child = os.fork()
    if not child:
        monkeypatch.setattr(shutil, "rmtree", lambda *given, **more: os.kill(os.getpid(), signal.SIGKILL))
        discard(folder)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert [path.name for path in folder.iterdir()] == ["model.onnx"]
