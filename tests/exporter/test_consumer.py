"""The gate's child: the app as a user's machine would have it."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from exporter.consumer import Job
from exporter.draft import ask_app

from .conftest import Export


def test_the_gates_child_puts_itself_where_torch_cannot_be_imported_but_the_app_can() -> None:
    code = (
        "import runpy, sys\n"
        "sys.argv = ['consumer', 'no such folder']\n"
        "try:\n    runpy.run_module('exporter.consumer', run_name='__main__')\n"
        "except FileNotFoundError:\n    pass\n"
        "import runtime_app.classifier\n"
        "for name in ('torch', 'torch.nn', 'onnx', 'trainer.model'):\n"
        "    try:\n        __import__(name)\n    except ImportError as error:\n        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("is blocked here") == 4


def test_the_gate_runs_the_app_beside_the_exporter_whatever_lies_in_the_current_folder(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runtime_app").mkdir()
    (tmp_path / "runtime_app" / "__init__.py").write_text('raise RuntimeError("another version of the app")')
    monkeypatch.chdir(tmp_path)
    answers, outputs = ask_app(export.draft(), export.expected.pictures.images[:2], [Job("one", "fp32", "cpu", 2)])
    assert [answer.error for answer in answers] == [None] and len(outputs["one"]) == 2


def test_no_room_for_the_answers_of_the_gate_is_a_failure_of_the_disk_that_is_named(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child inherits the largest size that a file may have; its outputs alone are beyond it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    many = Job("many", "fp32", "cpu", 64, (0,) * 8000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            ask_app(export.draft(), export.expected.pictures.images[:1], [many])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.filename == str(tmp_path)
