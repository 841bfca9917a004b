"""Programs of the platform that answer for the window: dialogs, the clipboard."""

import subprocess
import sys

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


def power_shell(script: str, *options: str) -> list[str]:
    """The command line of a script of PowerShell's that writes UTF-8; left alone it writes an old code page."""
    return [
        "powershell", "-NoProfile", *options, "-Command",
        f"[Console]::OutputEncoding = [Text.Encoding]::UTF8; {script}",
    ]  # fmt: skip
