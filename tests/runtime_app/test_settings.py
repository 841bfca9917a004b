"""What the window remembers between runs: kept whole, read back within its limits."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime_app.settings import Settings, load_settings, remember, save_settings


def test_settings_survive_and_a_broken_file_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    save_settings(Settings(theme="light", recent_folders=remember((), tmp_path)), file)
    assert load_settings(file) == (Settings(theme="light", recent_folders=(str(tmp_path),)), None)
    file.write_bytes(b"\xff{")
    settings, notice = load_settings(file)
    assert settings == Settings() and notice is not None and "set aside" in notice
    assert file.with_name("settings.json.broken").read_bytes() == b"\xff{"


@pytest.mark.skipif(sys.platform == "win32", reason="makes pipes and links to devices")
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "make",
    [
        lambda file: os.mkfifo(file),
        lambda file: file.symlink_to("/dev/zero"),
        lambda file: file.write_bytes(b" " * 1_000_001 + b"{}"),
    ],
    ids=["pipe", "device", "megabyte"],
)
def test_what_can_be_no_settings_file_is_set_aside_unread(tmp_path: Path, make: Callable[[Path], object]) -> None:
    file = tmp_path / "settings.json"
    make(file)
    settings, notice = load_settings(file)
    assert settings == Settings() and notice is not None and "set aside" in notice
    assert not os.path.lexists(file)


def test_settings_that_cannot_be_saved_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(OSError):
        save_settings(Settings(), tmp_path / "settings.json")
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_numbers_that_would_make_the_window_unusable_are_brought_back_into_range(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    for given, taken in (
        (
            Settings(scale=0.01, opacity=-1, width=1, height=1, threads=-3),
            Settings(scale=0.5, opacity=0, width=640, height=400),
        ),
        (Settings(scale=1.5, opacity=0.3, width=900, height=700, threads=1), None),
        (Settings(scale=99, opacity=7, threads=9999), Settings(scale=4, opacity=1, threads=os.cpu_count() or 1)),
    ):
        save_settings(given, file)
        assert load_settings(file) == (taken or given, None)


def test_what_was_opened_again_is_remembered_once_and_first(tmp_path: Path) -> None:
    recent: tuple[str, ...] = ()
    for number in (*range(12), 9):
        recent = remember(recent, tmp_path / str(number))
    assert [Path(name).name for name in recent] == ["9", "11", "10", "8", "7", "6", "5", "4"]
