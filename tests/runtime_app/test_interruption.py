"""Ctrl-C while the app's libraries are loaded."""

import subprocess
import sys

import pytest

from tests.interrupted_import import interrupted
from tests.runtime_app.samples import ROOT

PICTURES = ROOT / "tests" / "pictures"


@pytest.mark.parametrize("library", ["click", "numpy", "PIL._imaging", "onnxruntime", "onnxruntime.capi._pybind_state"])
def test_ctrl_c_while_a_library_is_loaded_is_one_line(library: str) -> None:
    assert interrupted(library, "runtime_app", "classify", PICTURES) == (130, "Interrupted.")


def test_ctrl_c_that_a_library_makes_another_error_of_is_still_an_interruption() -> None:
    code = (
        "import os, signal, time, click\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from runtime_app.terminal import run\n"
        "@click.command()\n"
        "def load():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        time.sleep(9)\n"
        "    except KeyboardInterrupt:\n"
        "        raise ImportError('initialization failed')\n"
        "run(load, 'load')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr.strip()) == (130, "Interrupted.")
