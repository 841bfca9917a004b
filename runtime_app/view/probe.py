"""Whether a window can be opened here, found out in a child process: without a display the library aborts the process."""

import subprocess
import sys
from pathlib import Path

from runtime_app.errors import UserError

_SECONDS = 20
_TRY = """
import dearpygui.dearpygui as dpg
dpg.create_context()
dpg.create_viewport(title="probe", width=64, height=64, x_pos=-200, y_pos=-200, decorated=False, vsync=False)
dpg.setup_dearpygui()
dpg.show_viewport()
dpg.render_dearpygui_frame()
print("window opened", flush=True)
import os
os._exit(0)
"""


def refuse_without_display() -> None:
    """Raises UserError (exit status 2) where no window with OpenGL can be opened; takes about 0.3 s otherwise."""
    try:
        child = subprocess.run(
            [sys.executable, "-c", _TRY], capture_output=True, timeout=_SECONDS, cwd=Path(__file__).parent, check=False
        )
        opened = b"window opened" in child.stdout
        detail = child.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {child.returncode}"]
    except subprocess.TimeoutExpired:
        opened, detail = False, [f"no answer within {_SECONDS} s"]
    if not opened:
        raise UserError(
            "No window can be opened here: there is no display, or it has no OpenGL.",
            "Use `python -m runtime_app classify PATH…` instead, which needs no window.",
        ) from RuntimeError(detail[0])
