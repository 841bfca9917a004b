"""python -m package.wine: build the app for Windows on Linux, by Windows' own Python under wine, into dist/windows.

Needs Debian's wine64, wine and gcc-mingw-w64-x86-64 (binutils too). The result is what package.build makes on Windows: the
same PyInstaller, the same wheels. CPython itself is on no index; the wheel of panda3d carries the whole of it.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import click
from packaging.markers import default_environment
from packaging.requirements import Requirement

from runtime_app.errors import UserError
from runtime_app.terminal import common_options, run

ROOT = Path(__file__).resolve().parents[1]
PROGRAMS = ("wine", "wineboot", "x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-objdump")
_CPYTHON = "panda3d==1.10.16"
_MATHS, _OWN_MATHS = b"api-ms-win-crt-math-l1-1-0.dll", b"xpi-ms-win-crt-math-l1-1-0.dll"
_MAIN = """#include <wchar.h>
int __declspec(dllimport) Py_Main(int, wchar_t **);
int wmain(int count, wchar_t **words) { return Py_Main(count, words); }
"""
# Wine 8's C library lacks C99's complex functions, which NumPy imports by name. NumPy is asked here for parts of numbers
# alone, so that the others may end the process.
_COMPLEX = re.compile(r"c(real|imag|abs|arg|exp|log|pow|sqrt|sin|tan|asin|acos|atan|sinh|tanh)[fl]?|ccosh?[fl]?")
_PARTS = """#include <stdlib.h>
typedef struct { double real, imag; } Double;
typedef struct { float real, imag; } Float;
double own_creal(Double x) { return x.real; }
double own_cimag(Double x) { return x.imag; }
float own_crealf(Float x) { return x.real; }
float own_cimagf(Float x) { return x.imag; }
void own_missing(void) { abort(); }
"""


@click.command()
@click.option(
    "--work", type=click.Path(path_type=Path), default=ROOT / ".wine", help="Where wine and Python live.  [.wine]"
)
@click.option("--output", type=click.Path(path_type=Path), default=Path("dist/windows"), show_default=True)
@common_options
def build(work: Path, output: Path) -> int:
    """Write OUTPUT/evidence, its .zip and its .sha256, as package.build does. A second call sets up nothing again."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise UserError(f"{', '.join(missing)} not found.", "Install wine64, wine and gcc-mingw-w64-x86-64 (Debian).")
    if sys.version_info[:2] != (3, 11):
        raise UserError("The standard library is this Python's, which must be 3.11.", "Run it by Python 3.11.")
    if not (work / "ready").exists():
        shutil.rmtree(work, ignore_errors=True)
        _set_up(work)
        (work / "ready").touch()
    output.mkdir(parents=True, exist_ok=True)
    return _python(work, "-m", "package.build", "--output", output.resolve())


def environment(work: Path) -> dict[str, str]:
    """The environment of a program for Windows."""
    return {**os.environ, "WINEPREFIX": str(work.resolve() / "prefix"), "WINEDEBUG": "-all"}


def _run(work: Path, *arguments: str | Path) -> "subprocess.CompletedProcess[bytes]":
    """All streams are pipes: Windows' Python takes no file for one from wine 8."""
    command = ["wine", str(work / "python" / "python.exe"), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment(work), input=b"", capture_output=True, check=False)


def _python(work: Path, *arguments: str | Path) -> int:
    """Its exit status; what it wrote is written."""
    done = _run(work, *arguments)
    sys.stderr.write(done.stderr.decode(errors="replace"))
    sys.stdout.write(done.stdout.decode(errors="replace"))
    return done.returncode


def _has(work: Path, module: str) -> bool:
    return _run(work, "-c", f"import {module}").returncode == 0


def _set_up(work: Path) -> None:
    python, wheels = work / "python", work / "wheels"
    packages = python / "Lib" / "site-packages"
    _download(wheels, [_CPYTHON, *_pinned()])
    standard = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(
        standard, python / "Lib", ignore=shutil.ignore_patterns("site-packages", "dist-packages", "lib-dynload", "test")
    )
    for wheel in wheels.iterdir():
        with zipfile.ZipFile(wheel) as archive:
            if wheel.name.startswith("panda3d"):
                for entry in archive.infolist():
                    if entry.filename.startswith("deploy_libs/"):
                        (python / Path(entry.filename).name).write_bytes(archive.read(entry))
            else:
                archive.extractall(packages)
    (work / "main.c").write_text(_MAIN)
    _compile("-municode", work / "main.c", "-o", python / "python.exe", f"-L{python}", "-l:python311.dll")
    subprocess.run(["wineboot", "--init"], env=environment(work), check=True, stderr=subprocess.DEVNULL)
    if not _has(work, "numpy"):
        _complete_maths(work, python, packages)
        if not _has(work, "numpy"):
            raise UserError("NumPy does not run under this wine.", "Use the wine of Debian 12.", exit_status=1)


def _pinned() -> list[str]:
    """What requirements-package.txt names for Windows."""
    windows = {**default_environment(), "sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"}
    lines = (ROOT / "requirements-package.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line[:1].isalnum()]
    return [f"{one.name}{one.specifier}" for one in wanted if one.marker is None or one.marker.evaluate(windows)]


def _download(folder: Path, wanted: list[str]) -> None:
    options = ["--no-deps", "--platform", "win_amd64", "--python-version", "3.11", "--only-binary=:all:", "--quiet"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options, "-d", str(folder)]
    subprocess.run([*command, *wanted], check=True)


def _compile(*arguments: str | Path) -> None:
    subprocess.run(["x86_64-w64-mingw32-gcc", *map(str, arguments)], check=True)


def _complete_maths(work: Path, python: Path, packages: Path) -> None:
    """Lead NumPy's mathematics to a library that has all names: wine's own functions, and those that wine lacks."""
    modules = [*packages.glob("numpy/**/*.pyd")]
    needed: set[str] = set()
    for module in modules:
        listed = subprocess.run(
            ["x86_64-w64-mingw32-objdump", "-p", module], capture_output=True, text=True, check=True
        )
        for block in listed.stdout.split("\tDLL Name: ")[1:]:
            if block.startswith(_MATHS.decode()):
                needed |= set(re.findall(r"^\t[0-9a-f]+\t\s+\d+\s+(\S+)", block, re.MULTILINE))
    lines = [f"  {name}={_source_of(name)}" for name in sorted(needed)]
    (work / "maths.def").write_text("\n".join([f"LIBRARY {_OWN_MATHS.decode()}", "EXPORTS", *lines, ""]))
    (work / "maths.c").write_text(_PARTS)
    _compile("-shared", "-o", python / _OWN_MATHS.decode(), work / "maths.c", work / "maths.def")
    for module in modules:
        module.write_bytes(module.read_bytes().replace(_MATHS, _OWN_MATHS))


def _source_of(name: str) -> str:
    if not _COMPLEX.fullmatch(name):
        return f"ucrtbase.{name}"
    return f"own_{name}" if re.fullmatch("c(real|imag)f?", name) else "own_missing"


if __name__ == "__main__":
    run(build, "python -m package.wine")
