"""python -m tests.interrupted_import LIBRARY MODULE [ARGUMENT ...]: run a program of ours, and press Ctrl-C the moment it
begins to load that library."""

import os
import runpy
import signal
import subprocess
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path


class CtrlC(MetaPathFinder):
    def __init__(self, library: str) -> None:
        self.library = library

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == self.library:
            self.library = ""
            os.kill(os.getpid(), signal.SIGINT)


def interrupted(library: str, *program: object) -> tuple[int, str]:
    """Exit status, and the lines of stderr (an empty one comes first where a command was running: it ends that of ^C)."""
    command = [sys.executable, "-m", __name__, library, *map(str, program)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr.strip()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have made its children ignore it
    sys.meta_path.insert(0, CtrlC(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
