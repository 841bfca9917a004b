"""Which licences the packaged app is under: every file that went inside is traced to the part that it came from."""

import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import distribution, distributions
from pathlib import Path

import msgspec

from runtime_app.errors import UserError
from runtime_app.licences import Licence, of_distribution, own

LIST, TEXTS = "licences.json", "LICENCES.txt"
_RULE = "=" * 100


def gather(sources: Iterable[str], root: Path) -> list[Licence]:
    """The parts that these files belong to, by name. root: of this project.

    Raises UserError (exit status 1) for a file that belongs to nothing known: it must not be handed out unlicensed.
    """
    owners = {_real(file.locate()): part for part in distributions() for file in part.files or ()}
    ours, prefix = root.resolve(), Path(sys.base_prefix).resolve()
    installed = Path(sysconfig.get_path("purelib")).resolve()
    parts: dict[str, Licence] = {"pyinstaller": of_distribution(distribution("pyinstaller"))}  # its bootloader
    system: list[Path] = []
    for source in map(_real, sources):
        if source in owners:
            parts.setdefault(owners[source].name.lower(), of_distribution(owners[source]))
        elif source.is_relative_to(installed):
            raise UserError(f"No installed distribution lists {source}.", "Make .venv-package anew.", exit_status=1)
        elif source.name == "base_library.zip":  # Python's own modules, zipped by PyInstaller
            continue
        elif not source.is_relative_to(ours) and (not source.is_relative_to(prefix) or _is_system_library(source)):
            system.append(source)
    parts |= {f"python {part.name}": part for part in _python_and_own()}
    for path in system:
        part = _system(path)
        parts.setdefault(f"system {part.name}", part)
    return sorted(parts.values(), key=lambda part: part.name.lower())


def write(parts: list[Licence], folder: Path) -> Path:
    """licences.json for the about window, whose path is returned, and LICENCES.txt for people."""
    (folder / LIST).write_bytes(msgspec.json.format(msgspec.json.encode(parts)))
    with open(folder / TEXTS, "w", encoding="utf-8") as file:
        file.write("Everything inside this app, and the licence it is under.\n\n")
        file.writelines(f"{part.name} {part.version}: {part.licence}\n" for part in parts)
        for part in parts:
            file.write(f"\n{_RULE}\n{part.name} {part.version}\n{_RULE}\n\n{part.text.strip() or part.licence}\n")
    return folder / LIST


def _python_and_own() -> list[Licence]:
    """The app, its typeface, and Python itself with the libraries that its installers build in."""
    python = next(
        (
            path
            for path in (Path(sysconfig.get_path("stdlib")) / "LICENSE.txt", Path(sys.base_prefix) / "LICENSE.txt")
            if path.is_file()
        ),
        None,
    )
    if python is None:
        raise UserError("This Python has no LICENSE.txt.", "Build with a Python that brings it.", exit_status=1)
    text = python.read_text(encoding="utf-8", errors="replace")
    name = re.search(r"^PYTHON SOFTWARE FOUNDATION LICENSE VERSION \d+", text, re.MULTILINE)
    return [
        Licence("Python", platform.python_version(), name[0].title() if name else "PSF", text),
        *own(),
    ]


def _is_system_library(path: Path) -> bool:
    """Debian's own Python has the system's libraries beside it, under the same prefix."""
    standard = Path(sysconfig.get_path("stdlib")).resolve()
    return not path.is_relative_to(standard) and sys.base_prefix == "/usr" and not path.name.startswith("libpython")


def _system(path: Path) -> Licence:
    """A shared library of the Debian package that owns it, with its copyright file."""
    if sys.platform != "linux":
        return Licence(path.name, "", "part of the operating system or of Python's installer")
    if shutil.which("dpkg-query") is None:
        raise UserError(f"Whose {path} is cannot be told without dpkg.", "Build on Debian or Ubuntu.", exit_status=1)
    # What was installed before /usr was merged is listed under its old path.
    for name in (str(path), str(path).removeprefix("/usr")):
        answer = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            break
    else:
        raise UserError(f"No Debian package owns {path}.", "Install that library from a package.", exit_status=1)
    package = answer.stdout.split(":")[0]
    shown = subprocess.run(
        ["dpkg-query", "-W", "-f=${Version}\n", package], capture_output=True, text=True, check=True
    ).stdout
    text = Path("/usr/share/doc", package, "copyright").read_text(encoding="utf-8", errors="replace")
    names = dict.fromkeys(re.findall(r"^License: *(\S.*)$", text, re.MULTILINE))
    return Licence(package, shown.splitlines()[0], ", ".join(names) or "see its copyright file", text)


def _real(path: object) -> Path:
    return Path(str(path)).resolve()
