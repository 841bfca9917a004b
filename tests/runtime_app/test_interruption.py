"""Ctrl-C at moments when a library or Python itself would swallow it: while libraries are loaded, objects freed, the end."""

import subprocess
import sys
import time

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


def test_ctrl_c_after_the_last_line_ends_the_process_without_a_traceback() -> None:
    program = """
import atexit, os, signal, click
from runtime_app import terminal
atexit.register(os.kill, os.getpid(), signal.SIGINT)
terminal.run(click.Command("work", callback=lambda: click.echo("done")), "work")
"""
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (answer.stdout, answer.stderr, answer.returncode) == ("done\n", "", 130)


def test_ctrl_c_while_objects_are_freed_interrupts_all_the_same() -> None:
    program = """
import os, signal, time, click
from runtime_app import terminal
class Freed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
def work():
    Freed()
    time.sleep(20)
terminal.run(click.Command("work", callback=work), "work")
"""
    began = time.monotonic()
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (answer.returncode, answer.stderr.strip()) == (130, "Interrupted.") and time.monotonic() - began < 15
