"""Where the command line writes its drawings, and where it refuses to."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.runtime_app.samples import TINY, Run


def test_the_heatmap_is_a_png_with_a_row_per_picture(app: Run, digits: Path, tmp_path: Path) -> None:
    sizes = []
    for count in (1, 3):
        out = tmp_path / f"heat{count}.png"
        paths = sorted(digits.iterdir())[:count]
        assert app("classify", *paths, "--bundle", TINY, "--heatmap", out).returncode == 0
        with Image.open(out) as image:
            sizes.append(image.size)
    assert sizes[0][0] == sizes[1][0]
    assert sizes[1][1] >= sizes[0][1]


@pytest.mark.skipif(sys.platform != "linux", reason="where not even root may write")
def test_a_picture_that_cannot_be_written_is_called_by_its_own_name(app: Run, digits: Path) -> None:
    answer = app("classify", digits, "--bundle", TINY, "--heatmap", "/proc/heat.png")
    _, error = answer.stderr.splitlines()
    assert answer.returncode == 1 and "/proc/heat.png" in error and ".part" not in error


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["classify", ""], "The path is empty."),
        (["classify", "digits", "--heatmap", ""], "The path is empty."),
        (["classify", "digits", "--heatmap", "."], ". is a folder; name a file in it."),
        (["evaluate", "digits", "--confusion", "digits"], "digits is a folder; name a file in it."),
        (["classify", "digits", "--heatmap", "heatmap.jpg"], "heatmap.jpg does not end in .png."),
        (["classify", "--heatmap", "digits/one.png", "digits/two.png"], "one.png is there already and is none of this"),
        (["classify", "new.png", "--heatmap", "new.png"], "new.png is one of the pictures"),
        (["clasify", "digits"], "There is no command and no file clasify. Did you mean classify?"),
        (["selftest", "digits"], "Name one bundle: digits or --bundle"),
        (["info", "digits"], "Name one bundle: digits or --bundle"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused_before_the_work(
    app: Run, digits: Path, arguments: list[str], sentence: str
) -> None:
    answer = app(*arguments, "--bundle", TINY)
    assert answer.returncode == 2 and sentence in answer.stderr and answer.stdout == ""
    assert "int8" not in answer.stderr, "nothing was opened"


def test_a_file_in_the_place_of_a_folder_is_what_is_named(app: Run, digits: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    answer = app("classify", digits, "--bundle", TINY, "--heatmap", "notes/heatmap.png")
    assert answer.returncode == 1 and answer.stderr.splitlines()[1].startswith("Error: File exists: notes.")
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="makes a pipe with a name")
@pytest.mark.timeout(60)
def test_a_pipe_in_the_place_of_a_drawing_is_refused_and_not_waited_for(app: Run, digits: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "heatmap.png")
    answer = app("classify", digits, "--bundle", TINY, "--heatmap", "heatmap.png")
    assert answer.returncode == 2 and "heatmap.png is there already and is none of this" in answer.stderr


def test_a_drawing_takes_the_place_of_an_older_one(app: Run, digits: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert app("classify", digits, "--bundle", TINY, "--heatmap", "heatmap.png").returncode == 0
    (tmp_path / "broken.png").write_bytes(b"no picture")
    answer = app("classify", "broken.png", "--bundle", TINY, "--heatmap", "heatmap.png")
    assert answer.returncode == 1 and "heatmap: none, because no picture could be read" in answer.stderr
