"""A class's name is refused before training when no bundle could carry it, by the very rule of the app."""

import os
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from runtime_app.bundle import BundleError, read_manifest
from runtime_app.manifest import Manifest, encode
from tests.trainer.samples import small, trainer
from trainer.data.names import why_refused

TINY = Path(__file__).parents[1] / "runtime_app" / "bundles" / "tiny"
REFUSED = ["x" * 201, "two\nlines", "\u202egnp", "a\x1b[31m", os.fsdecode(b"caf\xe9"), "a\u2028b", ""]
TAKEN = ["x" * 200, "日本" * 100, "a$^$", "b|c", "<b>x", " a  b ", "😀"]


def _carried(name: str, folder: Path) -> bool:
    """Whether the app reads a manifest with a class of that name."""
    manifest = read_manifest(TINY)
    try:
        content = encode(msgspec.structs.replace(manifest, classes=(name, *manifest.classes[1:])))
        (folder / "bundle.json").write_bytes(content)
        read: Manifest = read_manifest(folder)
    except (BundleError, UnicodeEncodeError):
        return False
    return read.classes[0] == name


@pytest.mark.parametrize("name", [*REFUSED, *TAKEN])
def test_the_trainer_refuses_what_the_app_refuses_and_nothing_else(name: str, tmp_path: Path) -> None:
    assert (why_refused(name) is None) == _carried(name, tmp_path) == (name in TAKEN)


@pytest.mark.parametrize(("name", "fault"), [("x" * 201, "201 characters"), ("two\nlines", "one line of text")])
@pytest.mark.parametrize("split", ["", "train"])
def test_a_class_folder_with_such_a_name_is_refused_before_any_picture_is_read(
    tmp_path: Path, name: str, fault: str, split: str
) -> None:
    data, runs = tmp_path / "data", tmp_path / "runs"
    for part in (split, "test") if split else ("",):
        for folder in ("plain", name):
            (data / part / folder).mkdir(parents=True)
            (data / part / folder / "0.png").write_bytes(b"no picture")
    answer = trainer(*small(data, runs))
    assert answer.status == 2 and not runs.exists()
    shown = f"The name of the folder {data / split / name}".replace("\n", "\ufffd")
    assert shown in answer.err and fault in answer.err and "Rename the folder." in answer.err


def test_a_data_set_whose_folder_has_such_a_name_is_refused_too(tmp_path: Path) -> None:
    data = tmp_path / os.fsdecode(b"caf\xe9")
    for name in ("a", "b"):
        (data / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(data / name / "0.png")
    answer = trainer(*small(data, tmp_path / "runs"))
    assert answer.status == 2 and "cannot be used: it is not one line of text" in answer.err
