"""The app's environment stays light."""

import importlib
import subprocess
import sys

import pytest

from runtime_app.installation import command_line
from tests.runtime_app.samples import ROOT


@pytest.mark.parametrize("name", ["torch", "torchvision", "onnx"])
def test_the_training_libraries_cannot_be_imported(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


def test_importing_the_command_line_loads_neither_onnxruntime_nor_the_gui() -> None:
    code = "import sys, runtime_app.commands; print({'onnxruntime', 'dearpygui', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "onnxruntime" not in answer.stdout and "dearpygui" not in answer.stdout


def test_commands_for_people_are_written_as_their_shell_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["python", "-m", "exporter", "--run", "C:\\my runs\\1"]
    assert command_line(words) == "python -m exporter --run 'C:\\my runs\\1'"
    monkeypatch.setattr(sys, "platform", "win32")
    assert command_line(words) == 'python -m exporter --run "C:\\my runs\\1"'
    assert command_line([r"C:\runs\1"]) == r"C:\runs\1"
