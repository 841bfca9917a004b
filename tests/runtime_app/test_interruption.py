"""Ctrl-C while the app's libraries are loaded."""

import pytest

from tests.interrupted_import import interrupted
from tests.runtime_app.samples import ROOT

PICTURES = ROOT / "tests" / "pictures"


@pytest.mark.parametrize("library", ["click", "numpy", "PIL._imaging", "onnxruntime", "onnxruntime.capi._pybind_state"])
def test_ctrl_c_while_a_library_is_loaded_is_one_line(library: str) -> None:
    assert interrupted(library, "runtime_app", "classify", PICTURES) == (130, "Interrupted.\n")
