"""Ctrl-C while PyTorch and the others are loaded, which takes seconds."""

import pytest

from tests.interrupted_import import interrupted


@pytest.mark.parametrize("library", ["click", "msgspec", "torch", "torch._C"])
def test_ctrl_c_while_a_library_of_the_trainer_is_loaded_is_one_line(library, tmp_path):
    assert interrupted(library, "trainer", "--data", "digits", "--runs", tmp_path) == (130, "Interrupted.")
    assert not list(tmp_path.iterdir())
