"""The platform's own dialog for opening files, run as a program of its own; None where the platform offers none."""

import os
import re
import shutil
import sys
from pathlib import Path
from typing import Literal

from runtime_app import platform_program
from runtime_app.imaging import SUFFIXES

Kind = Literal["files", "folder", "bundle", "zip"]
_ZENITY_BETWEEN = b"//"  # followed by the slash that a path begins with; a path itself never has two in a row
TITLES = {"files": "Open pictures", "folder": "Open a folder", "bundle": "Open a folder", "zip": "Open a bundle"}


def platform_dialog(kind: Kind) -> list[str] | None:
    """The command line of the dialog: zenity or kdialog on Linux, osascript on macOS, PowerShell on Windows."""
    if sys.platform == "darwin":
        return ["osascript", "-e", _apple_script(kind)]
    if sys.platform == "win32":
        return platform_program.power_shell(_windows_forms(kind), "-STA")
    if shutil.which("zenity"):
        return _zenity(kind)
    if shutil.which("kdialog"):
        return _kdialog(kind)
    return None


def ask(command: list[str]) -> list[Path] | None:
    """Run the dialog and wait; None when it was cancelled. Call it from a worker."""
    done = platform_program.run(command)
    if done.returncode != 0:
        return None
    return chosen_paths(done.stdout, command[0]) or None


def chosen_paths(output: bytes, program: str) -> list[Path]:
    """The paths that the dialog's program wrote.

    A name may hold a line break. zenity puts between paths what none of them can hold; kdialog and osascript write lines
    only, and there a path begins where a line begins with a slash (wrong for a folder whose name ends in a line break).
    On Windows no name holds a line break.
    """
    if program == "powershell":
        lines = output.splitlines()
    else:
        lines = re.split(_ZENITY_BETWEEN + b"(?=/)" if program == "zenity" else b"\n(?=/)", output.removesuffix(b"\n"))
    return [Path(os.fsdecode(line)) for line in lines if line.strip()]


def _zenity(kind: Kind) -> list[str]:
    command = ["zenity", "--file-selection", f"--title={TITLES[kind]}", f"--separator={os.fsdecode(_ZENITY_BETWEEN)}"]
    if kind == "files":
        patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(SUFFIXES))
        return [*command, "--multiple", f"--file-filter=Pictures | {patterns}", "--file-filter=All files | *"]
    if kind == "zip":
        return [*command, "--file-filter=Bundles | *.zip *.ZIP", "--file-filter=All files | *"]
    return [*command, "--directory"]


def _kdialog(kind: Kind) -> list[str]:
    if kind == "files":
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        return [
            "kdialog",
            "--title",
            TITLES[kind],
            "--multiple",
            "--separate-output",
            "--getopenfilename",
            ".",
            patterns,
        ]
    if kind == "zip":
        return ["kdialog", "--title", TITLES[kind], "--getopenfilename", ".", "*.zip"]
    return ["kdialog", "--title", TITLES[kind], "--getexistingdirectory", "."]


def _apple_script(kind: Kind) -> str:
    if kind == "files":
        return (
            f'set chosen to choose file with prompt "{TITLES[kind]}" of type {{"public.image"}} '
            "with multiple selections allowed\n"
            'set answer to ""\nrepeat with one in chosen\nset answer to answer & POSIX path of one & linefeed\n'
            "end repeat\nanswer"
        )
    if kind == "zip":
        return f'POSIX path of (choose file with prompt "{TITLES[kind]}" of type {{"public.zip-archive"}})'
    return f'POSIX path of (choose folder with prompt "{TITLES[kind]}")'


def _windows_forms(kind: Kind) -> str:
    start = "Add-Type -AssemblyName System.Windows.Forms; "
    if kind == "files":
        patterns = ";".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        return (
            start + "$d = New-Object Windows.Forms.OpenFileDialog; $d.Multiselect = $true; "
            f"$d.Filter = 'Pictures|{patterns}|All files|*.*'; if ($d.ShowDialog() -eq 'OK') {{ $d.FileNames }} else {{ exit 1 }}"
        )
    if kind == "zip":
        return (
            start + "$d = New-Object Windows.Forms.OpenFileDialog; $d.Filter = 'Bundles|*.zip|All files|*.*'; "
            "if ($d.ShowDialog() -eq 'OK') { $d.FileName } else { exit 1 }"
        )
    return (
        start + "$d = New-Object Windows.Forms.FolderBrowserDialog; "
        "if ($d.ShowDialog() -eq 'OK') { $d.SelectedPath } else { exit 1 }"
    )
