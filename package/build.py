"""python -m package.build: the app as one folder and one .zip that run without Python; either both appear, or nothing."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from package.archive import folder_bytes, write_checksum, zip_folder
from package.icon import write_icons
from package.licences import TEXTS
from runtime_app import __version__
from runtime_app.bundle import open_bundle
from runtime_app.errors import UserError
from runtime_app.terminal import common_options, run

HERE = Path(__file__).resolve().parent
LARGEST = 250_000_000
"""Bytes of the unpacked folder."""
_NEEDED = 600_000_000  # work files, the folder and the .zip, which lie beside each other until all is done
_PROGRAM = "evidence.exe" if sys.platform == "win32" else "evidence"
_NO_SPACE = "No space left on device"


@click.command()
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    default=HERE.parent / "artifacts" / "bundles" / "cifarnet-cifar10",
    help="The bundle to put inside.  [the shipped one]",
)
@click.option("--output", type=click.Path(path_type=Path), default=Path("dist"), show_default=True)
@common_options
def build(bundle: Path, output: Path) -> None:
    """Write OUTPUT/evidence, OUTPUT/evidence-VERSION-SYSTEM-MACHINE.zip and its .sha256. The .zip's path is printed."""
    open_bundle(bundle)  # refuses what is missing or damaged before anything is built
    output.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(output).free
    if free < _NEEDED:
        raise UserError(
            f"{output} has {free / 1e6:,.0f} MB free, but packaging needs {_NEEDED / 1e6:,.0f} MB.",
            "Free some space, or name another place with --output.",
            exit_status=1,
        )
    with tempfile.TemporaryDirectory(prefix=".part-", dir=output) as name:
        part = Path(name)
        folder = _assemble(bundle, part)
        _check(folder)
        archive = part / f"evidence-{__version__}-{_system()}-{platform.machine().lower()}.zip"
        zip_folder(folder, archive)
        checksum = write_checksum(archive)
        _publish([folder, archive, checksum], part, output)
    size, packed = folder_bytes(output / folder.name), (output / archive.name).stat().st_size
    click.echo(f"{size / 1e6:.1f} MB unpacked (at most {LARGEST / 1e6:.0f}), {packed / 1e6:.1f} MB as .zip", err=True)
    click.echo(output / archive.name)


def _assemble(bundle: Path, part: Path) -> Path:
    """The finished folder, inside `part`."""
    work = part / "work"
    work.mkdir()
    write_icons(work)
    _freeze(work, part / "frozen")
    folder = part / "frozen" / "evidence"
    shutil.copy(work / TEXTS, folder)
    if bundle.is_dir():
        shutil.copytree(bundle, folder / "bundles" / bundle.name)
    else:
        (folder / "bundles").mkdir()
        shutil.copy(bundle, folder / "bundles")
    if sys.platform == "linux":
        for source, place in (
            (work / "evidence.png", "share/icons/hicolor/256x256/apps"),
            (HERE / "evidence.desktop", "share/applications"),
            (HERE / "install-desktop-entry.sh", "."),
        ):
            (folder / place).mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / place)
    return folder


def _freeze(work: Path, frozen: Path) -> None:
    """Run PyInstaller; its cache lies in the work folder too, so that nothing stays behind."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(frozen), "--workpath", str(work / "build"), str(HERE / "evidence.spec")]
    environment = os.environ | {"EVIDENCE_PACKAGE_WORK": str(work), "PYINSTALLER_CONFIG_DIR": str(work / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return
    if _NO_SPACE in done.stderr:
        raise UserError(
            f"The disk ran full while packaging in {frozen.parent.parent}.", "Free some space.", exit_status=1
        )
    last = next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "it said nothing")
    raise UserError(f"PyInstaller failed: {last}", "--debug shows all it said.", exit_status=1) from RuntimeError(
        done.stderr
    )


def _check(folder: Path) -> None:
    """Raises UserError (exit status 1) when the folder is too large or its own self-test fails."""
    size = folder_bytes(folder)
    if size > LARGEST:
        raise UserError(
            f"The folder has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}.",
            "Exclude something in package/evidence.spec.",
            exit_status=1,
        )
    done = subprocess.run(
        [folder / _PROGRAM, "selftest"], capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        raise UserError(
            f"The packaged app failed its self-test with status {done.returncode}.", "--debug shows it.", exit_status=1
        ) from RuntimeError(done.stdout + done.stderr)


def _publish(finished: list[Path], part: Path, output: Path) -> None:
    """Move what is finished to its place; what lay there before goes into `part`, and away with it."""
    old = part / "old"
    old.mkdir()
    for path in finished:
        if (output / path.name).exists():
            (output / path.name).replace(old / path.name)
        path.replace(output / path.name)


def _system() -> str:
    return {"darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)


if __name__ == "__main__":
    run(build, "python -m package.build")
