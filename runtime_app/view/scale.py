"""How much larger than 1:1 this screen wants type and spacing. The person's own choice in the settings goes first."""

import ctypes
import os
import shutil
import subprocess
import sys
from functools import cache

_STANDARD_DPI = 96


@cache
def detect() -> float:
    """1.0 where nothing is known; steps of a quarter."""
    if sys.platform == "win32":
        return _step(_windows_dpi() / _STANDARD_DPI)
    if sys.platform == "darwin":
        return 1.0  # the system scales by itself
    for name in ("GDK_SCALE", "QT_SCALE_FACTOR"):
        try:
            return _step(float(os.environ[name]))
        except (KeyError, ValueError):
            continue
    return _step(_x_dpi() / _STANDARD_DPI)


def _step(factor: float) -> float:
    return min(max(round(factor * 4) / 4, 1.0), 3.0)


def _windows_dpi() -> float:
    try:
        ctypes.windll.shcore.SetProcessDpiAwareness(1)  # type: ignore[attr-defined]
        return float(ctypes.windll.user32.GetDpiForSystem())  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return _STANDARD_DPI


def _x_dpi() -> float:
    """Xft.dpi, which desktops set to the scale that the person chose."""
    if shutil.which("xrdb") is None:
        return _STANDARD_DPI
    try:
        answer = subprocess.run(["xrdb", "-query"], capture_output=True, text=True, timeout=1, check=False).stdout
        return next((float(line.split(":")[1]) for line in answer.splitlines() if line.startswith("Xft.dpi:")), 96.0)
    except (OSError, ValueError, subprocess.SubprocessError):
        return _STANDARD_DPI
