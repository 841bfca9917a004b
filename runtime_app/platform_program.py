"""Programs of the platform that work for the window: dialogs, the clipboard, what shows a file."""

import shutil
import subprocess
import sys
from pathlib import Path

from runtime_app.errors import UserError

_NO_CONSOLE = 0x08000000  # CREATE_NO_WINDOW: a program with a console would show it beside the window


def run(command: list[str], seconds: float | None = None) -> "subprocess.CompletedProcess[bytes]":
    """Run it and wait for what it writes to stdout. Raises OSError and subprocess.TimeoutExpired."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        check=False,
        creationflags=_NO_CONSOLE if sys.platform == "win32" else 0,
    )


def show_file(path: Path) -> None:
    """In the program that the platform opens it with, without waiting for it. Raises UserError when there is none."""
    opener = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    if shutil.which(opener) is None:
        raise UserError("No program was found that opens text files.", f"Open {path} yourself.")
    subprocess.Popen([opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def power_shell(script: str, *options: str) -> list[str]:
    """The command line of a script of PowerShell's that writes UTF-8; left alone it writes an old code page."""
    return [
        "powershell", "-NoProfile", *options, "-Command",
        f"[Console]::OutputEncoding = [Text.Encoding]::UTF8; {script}",
    ]  # fmt: skip
