"""Ctrl-C while PyTorch and the others are loaded, which takes seconds."""

import pytest

from tests.interrupted_import import interrupted


@pytest.mark.parametrize("library", ["click", "numpy", "torch", "torch._C", "onnx"])
def test_ctrl_c_while_a_library_of_the_exporter_is_loaded_is_one_line(library, tmp_path):
    assert interrupted(library, "exporter", "--bundles", tmp_path) == (130, "Interrupted.")
    assert not list(tmp_path.iterdir())
