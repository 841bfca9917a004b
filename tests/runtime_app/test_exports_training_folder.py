"""Copies for training: every class a folder of its own, nothing lost in silence, nothing overwritten."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from runtime_app.errors import UserError
from runtime_app.training_folder import copy_pictures, folder_name, folder_names


def files(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(json.dumps([str(folder), name]).encode())
    return [folder / name for name in names]


def copies(target: Path) -> dict[str, bytes]:
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_a_picture_that_went_away_does_not_stop_the_others(tmp_path: Path) -> None:
    pictures = files(tmp_path / "in", "a.png", "b.png", "c.png", "d.png")
    pictures[1].unlink()
    pictures[2].unlink()
    done = copy_pictures([(picture, "cat") for picture in pictures], tmp_path / "out")
    assert (done.copied, done.failures) == (2, 2) and "b.png" in done.reason
    assert sorted(copies(tmp_path / "out")) == ["cat/a.png", "cat/d.png"]


def test_pictures_of_one_name_are_all_kept_however_long_the_name(tmp_path: Path) -> None:
    names = ["n" * 251 + ".png", "\u00e4" * 125 + ".jpg", "a.png", "a-2.png"]
    pictures = [picture for place in "xyz" for picture in files(tmp_path / place, *names)]
    done = copy_pictures([(picture, "cat") for picture in pictures], tmp_path / "out")
    assert (done.copied, done.failures) == (12, 0)
    found = copies(tmp_path / "out")
    assert sorted(found.values()) == sorted(picture.read_bytes() for picture in pictures)
    assert all(name.endswith((".png", ".jpg")) for name in found)


def test_every_class_has_a_folder_of_its_own(tmp_path: Path) -> None:
    classes = ["a/b", "a_b", "a:b", "Cat", "cat", "cat.", "x" * 300, "x" * 301, "..", "_", "nul", "con.a", "a_b-2"]
    found = folder_names(classes)
    assert len({folder.casefold() for folder in found.values()}) == len(classes)
    assert found["a_b"] == "a_b" and found["Cat"] == "Cat" and found["a_b-2"] == "a_b-2"
    assert folder_names(["cat", "dog"]) == {"cat": "cat", "dog": "dog"}
    assert folder_name("nul") == "nul_" and folder_name("null") == "null"
    pictures = files(tmp_path / "in", "a.png", "b.png")
    copy_pictures(zip(pictures, ("a/b", "a_b"), strict=True), tmp_path / "out")
    assert sorted(copies(tmp_path / "out")) == ["a_b-2/a.png", "a_b/b.png"]


def test_full_disk_ends_it_with_one_sentence_and_no_half_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = files(tmp_path / "in", "a.png", "b.png", "c.png")
    whole = shutil.copyfile

    def full(source: Path, goal: Path) -> None:
        if source == pictures[1]:
            goal.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))
        whole(source, goal)

    monkeypatch.setattr("runtime_app.training_folder.shutil.copyfile", full)
    with pytest.raises(UserError, match=r"The disk is full: 1 of 3 pictures were copied to .*out\."):
        copy_pictures([(picture, "cat") for picture in pictures], tmp_path / "out")
    assert list(copies(tmp_path / "out")) == ["cat/a.png"]


def test_windows_devices_are_no_folders_whatever_their_suffix() -> None:
    assert [folder_name(name) for name in ("con.a", "LPT1.x.y", "aux", "conx.a")] == [
        "con.a_",
        "LPT1.x.y_",
        "aux_",
        "conx.a",
    ]
