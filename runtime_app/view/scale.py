"""How much larger than 1:1 this screen wants type and spacing, and the window. The person's own choice goes first."""

import ctypes
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache

_STANDARD_DPI = 96
_WINDOW, _LEAST = (1280, 800), (640, 400)  # points
_MAXIMISED = (61, 62)  # SM_CXMAXIMIZED, SM_CYMAXIMIZED


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


def see_real_pixels() -> None:
    """Windows would otherwise draw the window small and stretch it. Before the window is made."""
    if sys.platform == "win32":
        with suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def window_pixels(width: int, height: int, scale: float) -> tuple[int, int]:
    """The window's size in pixels, at most the screen's. width, height: what it had last, 0 for nothing."""
    return _within_screen(width or _WINDOW[0] * scale, height or _WINDOW[1] * scale)


def least_pixels(scale: float) -> tuple[int, int]:
    """Below this size parts would lie on each other."""
    return _within_screen(_LEAST[0] * scale, _LEAST[1] * scale)


def _within_screen(width: float, height: float) -> tuple[int, int]:
    screen = _screen_pixels()
    wide, high = (width, height) if screen is None else (min(width, screen[0]), min(height, screen[1]))
    return round(wide), round(high)


@cache
def _screen_pixels() -> tuple[int, int] | None:
    try:
        if sys.platform == "win32":
            wide, high = (ctypes.windll.user32.GetSystemMetrics(each) for each in _MAXIMISED)  # type: ignore[attr-defined]
            return wide, high
        return _x_screen() if sys.platform == "linux" else None
    except (AttributeError, OSError):
        return None


def _x_screen() -> tuple[int, int] | None:
    """The connection stays open: when the last one closes, a virtual server starts anew, just as Dear PyGui comes."""
    x = ctypes.CDLL("libX11.so.6")  # Dear PyGui needs it too
    x.XOpenDisplay.restype = ctypes.c_void_p
    opened = ctypes.c_void_p(x.XOpenDisplay(None))
    if not opened:
        return None
    screen = x.XDefaultScreen(opened)
    return int(x.XDisplayWidth(opened, screen)), int(x.XDisplayHeight(opened, screen))


def _step(factor: float) -> float:
    return min(max(round(factor * 4) / 4, 1.0), 3.0)


def _windows_dpi() -> float:
    try:
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
