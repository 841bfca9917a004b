"""Whether a window can be opened here, found out in a child process: without a display the library aborts the process."""

import os
import subprocess
import sys
from pathlib import Path

from runtime_app.errors import UserError
from runtime_app.installation import app_folder, app_program

ARGUMENT = "--probe-display"
"""The packaged app has no Python to run code with: it starts itself with this, and nothing else."""
_SECONDS = 20


def try_window() -> None:
    """Open a window, draw one frame, say so on stdout and leave; without a display the process dies in the library."""
    import dearpygui.dearpygui as dpg

    dpg.create_context()
    dpg.create_viewport(title="probe", width=64, height=64, x_pos=-200, y_pos=-200, decorated=False, vsync=False)
    dpg.setup_dearpygui()
    dpg.show_viewport()
    dpg.render_dearpygui_frame()
    print("window opened", flush=True)
    os._exit(0)


def refuse_without_display() -> None:
    """Raises UserError (exit status 2) where no window with OpenGL can be opened; takes about 0.3 s otherwise."""
    arguments = [ARGUMENT] if app_folder() else ["-m", "runtime_app.view.probe"]
    root = Path(__file__).parents[2]  # from where -m finds this module, wherever the person stands
    try:
        child = subprocess.run(
            [sys.executable, *arguments], capture_output=True, timeout=_SECONDS, cwd=root, check=False
        )
        opened = b"window opened" in child.stdout
        detail = child.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {child.returncode}"]
    except subprocess.TimeoutExpired:
        opened, detail = False, [f"no answer within {_SECONDS} s"]
    if not opened:
        raise UserError(
            "No window can be opened here: there is no display, or it has no OpenGL.",
            f"Use `{app_program()} classify PATH…` instead, which needs no window.",
        ) from RuntimeError(detail[0])


if __name__ == "__main__":
    try_window()
