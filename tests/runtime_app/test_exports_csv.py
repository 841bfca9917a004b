"""CSV that is opened in a spreadsheet: names are text, never formulas."""

import csv
import errno
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from runtime_app.bundle import open_bundle
from runtime_app.errors import explain
from runtime_app.output import text_cell
from runtime_app.pipeline import Failure, prepare_file
from runtime_app.presenter.exports import save, snapshot
from runtime_app.presenter.library import Library
from tests.runtime_app.samples import TINY, Run


@pytest.mark.parametrize("text", ["=1+1", "+1.png", "-2", "@a", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert text_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "cat", "a=b", "0.5", "C:\\a.png", "'quoted"])
def test_other_text_is_as_it_is(text: str) -> None:
    assert text_cell(text) == text


def saved(kind: str, folder: Path) -> str:
    library = Library(2)
    library.add([Path("=cmd|calc.png"), Path("fine.png")])
    library.probabilities[0] = np.array([0.75, 0.25], dtype=np.float32)
    library.states[0] = 0
    library.corrections[0] = "+x"
    library.record(1, Failure(Path("fine.png"), explain(ValueError("=x"))))
    save(kind, snapshot(library, ("=a", "-b")), folder)  # type: ignore[arg-type]
    return next(folder.glob(f"*.{kind}")).read_bytes().decode()


def test_saved_table_has_no_formula(tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(saved("csv", tmp_path), newline="")))
    assert rows[0][5:7] == ["'=a", "'-b"]
    assert rows[1] == ["'=cmd|calc.png", "'=a", "0.750000", "sure", "'+x", "0.750000", "0.250000", ""]


def test_saved_table_says_of_a_failure_what_classify_says(app: Run, tmp_path: Path) -> None:
    (tmp_path / "@broken.png").write_bytes(b"no picture")
    answer = app("classify", "@broken.png", "--bundle", TINY, "--format", "csv")
    library = Library(10)
    library.add([Path("@broken.png")])
    library.record(0, prepare_file(Path("@broken.png"), open_bundle(TINY), None, b"no picture"))  # type: ignore[arg-type]
    save("csv", snapshot(library, tuple("0123456789")), tmp_path / "out")
    written = next((tmp_path / "out").glob("*.csv")).read_bytes().decode()
    classified, saved_rows = (list(csv.DictReader(io.StringIO(text, newline=""))) for text in (answer.stdout, written))
    assert saved_rows[0].pop("correction") == "" and saved_rows == classified
    assert saved_rows[0]["error"].endswith("PPM."), "what to do belongs to it"


def test_json_lines_keep_names_exactly(tmp_path: Path) -> None:
    first = json.loads(saved("jsonl", tmp_path).splitlines()[0])
    assert (first["path"], first["label"], first["correction"]) == ("=cmd|calc.png", "=a", "+x")
    assert first["probabilities"] == {"=a": 0.75, "-b": 0.25}


def test_classify_writes_the_same_cells(app: Run, digits: Path, tmp_path: Path) -> None:
    shutil.copy(digits / "one.png", tmp_path / "=1+1.png")
    (tmp_path / "@broken.png").write_bytes(b"no picture")
    answer = app("classify", "=1+1.png", "@broken.png", "--bundle", TINY, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert [row["path"] for row in rows] == ["'=1+1.png", "'@broken.png"]
    assert rows[1]["error"].startswith("'@broken.png is not a picture")
    exact = app("classify", "=1+1.png", "--bundle", TINY, "--format", "jsonl")
    assert json.loads(exact.stdout)["path"] == "=1+1.png"


def test_table_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("runtime_app.presenter.exports._csv_line", full)
    with pytest.raises(OSError, match="No space"):
        saved("csv", tmp_path)
    assert not list(tmp_path.iterdir())
