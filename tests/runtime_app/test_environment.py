"""The app's environment stays light."""

import importlib
import subprocess
import sys

import pytest

from tests.runtime_app.samples import ROOT


@pytest.mark.parametrize("name", ["torch", "torchvision", "onnx"])
def test_the_training_libraries_cannot_be_imported(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


def test_importing_the_command_line_loads_neither_onnxruntime_nor_the_gui() -> None:
    code = "import sys, runtime_app.commands; print({'onnxruntime', 'dearpygui', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "onnxruntime" not in answer.stdout and "dearpygui" not in answer.stdout
