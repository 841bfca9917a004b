"""What the clipboard holds, as files: file names stay where they are, a picture is written to the app's cache folder."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlparse

import platformdirs
from PIL import Image, ImageGrab

from runtime_app import platform_program
from runtime_app.errors import UserError
from runtime_app.terminal import APP_NAME

_SECONDS = 5
_KEPT_SECONDS = 30 * 24 * 3600


def pasted_pictures() -> list[Path]:
    """The files that the clipboard names, or the file that its picture was written to.

    Raises UserError when it holds neither. Call it from a worker: other programs answer.
    """
    grabbed = _grab() if sys.platform == "win32" else None  # at once there, where the program for text takes a second
    if grabbed is None:
        paths = file_names(_text())
        if paths:
            return paths
        grabbed = _grab()
    if isinstance(grabbed, list):
        return [Path(name) for name in grabbed]
    if grabbed is None:
        raise UserError(
            "The clipboard holds no picture and no file names.", "Copy a picture, or files, and paste again."
        )
    folder = platformdirs.user_cache_path(APP_NAME, appauthor=False) / "pasted"
    folder.mkdir(parents=True, exist_ok=True)
    remove_old(folder)
    path = folder / f"pasted-{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() // 1_000_000 % 1000:03d}.png"
    grabbed.save(path)
    return [path]


def remove_old(folder: Path) -> None:
    """Pictures that were pasted so long ago that no window shows them any more."""
    for path in folder.glob("pasted-*.png"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink()


def file_names(text: str) -> list[Path]:
    """Lines of paths or file:// addresses that exist; nothing when one line is neither."""
    paths = []
    for line in text.splitlines():
        if not line.strip() or line.strip() in ("copy", "cut"):
            continue  # file managers put the word before the list
        address = urlparse(line.strip())
        path = Path(_decoded(address.path)) if address.scheme == "file" else Path(line.strip())
        try:
            if not path.is_absolute() or not path.exists():
                return []
        except (OSError, ValueError):
            return []
        paths.append(path)
    return paths


def _decoded(address: str) -> str:
    """The name that a path of a file:// address stands for; its bytes need not be UTF-8 (`%E9`)."""
    return os.fsdecode(unquote_to_bytes(os.fsencode(address)))


def _text() -> str:
    """The clipboard as text, asked of the platform's own programs: Dear PyGui aborts when it holds a picture."""
    if sys.platform == "linux":
        commands = [["wl-paste", "--no-newline"]] if os.environ.get("WAYLAND_DISPLAY") else []
        commands += [
            ["xclip", "-o", "-selection", "clipboard", "-t", kind] for kind in ("text/uri-list", "UTF8_STRING")
        ]
    else:
        commands = [["pbpaste"]] if sys.platform == "darwin" else [platform_program.power_shell("Get-Clipboard")]
    for command in commands:
        try:
            done = platform_program.run(command, _SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout:
            return os.fsdecode(done.stdout)
    return ""


def _grab() -> Image.Image | list[str] | None:
    try:
        return ImageGrab.grabclipboard()
    except (OSError, NotImplementedError, subprocess.SubprocessError, ChildProcessError) as error:
        if sys.platform == "linux" and isinstance(error, NotImplementedError):
            raise UserError(
                "Pictures cannot be pasted: neither xclip nor wl-paste is installed.", "Install xclip or wl-clipboard."
            ) from error
        return None
