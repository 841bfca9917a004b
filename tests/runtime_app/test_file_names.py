"""File names with line breaks and bytes that are no text, from the platform's dialogs and the clipboard."""

import os
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

from runtime_app import file_dialog, pasteboard

NAMES = [b"/home/a b.png", b"/home/two\nlines.png", b"/home/caf\xe9.png", b"/home/ends with a line break\n"]


def test_zenity_is_asked_for_a_separator_that_no_path_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_dialog.shutil, "which", lambda name: "/usr/bin/zenity" if name == "zenity" else None)
    monkeypatch.setattr(file_dialog.sys, "platform", "linux")
    command = file_dialog.platform_dialog("files")
    assert command is not None
    separator = next(part.removeprefix("--separator=") for part in command if part.startswith("--separator"))
    answer = separator.encode().join(NAMES) + b"\n"
    assert [os.fsencode(path) for path in file_dialog.chosen_paths(answer, command[0])] == NAMES


def test_a_line_break_inside_a_name_does_not_divide_the_lines_of_kdialog() -> None:
    answer = b"\n".join(NAMES[:3]) + b"\n"
    assert [os.fsencode(path) for path in file_dialog.chosen_paths(answer, "kdialog")] == NAMES[:3]
    assert file_dialog.chosen_paths(b"\n", "kdialog") == []
    windows = file_dialog.chosen_paths(b"C:\\a.png\r\nD:\\b.png\r\n", "powershell")
    assert [str(path) for path in windows] == ["C:\\a.png", "D:\\b.png"]


def test_copied_files_are_found_by_the_bytes_of_their_names(tmp_path: Path) -> None:
    names = [b"caf\xe9.png", "caf\u00e9 100 %.png".encode(), b"two\nlines.png"]
    paths = [tmp_path / os.fsdecode(name) for name in names]
    for path in paths:
        path.touch()
    addresses = [f"file://{quote_from_bytes(os.fsencode(path))}" for path in paths]
    assert pasteboard.file_names("copy\r\n" + "\r\n".join(addresses)) == paths
