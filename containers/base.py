"""A stand-in for the base image where no registry can be reached: a fresh Debian root with Debian's own Python."""

import subprocess
import tempfile
from pathlib import Path

from runtime_app.errors import UserError

BASE = "docker.io/library/python:3.11-slim-bookworm"
"""What the Dockerfiles start from; Debian bookworm's own Python is 3.11 too."""
_PACKAGES = "ca-certificates,python3,python3-pip,python3-venv"


def make_stand_in(engine: list[str], tarball: Path | None) -> str:
    """Import a root made by debootstrap under the base image's name; returns that name.

    engine: the container engine's command with its options; tarball: such a root packed by `tar`, or None to make one.
    Raises UserError when debootstrap fails, CalledProcessError when the engine does not take it.
    """
    with tempfile.TemporaryDirectory(prefix="debian-root-") as name:
        packed = tarball or _debootstrap(Path(name))
        change = ["--change", "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin"]
        subprocess.run([*engine, "import", "--quiet", *change, str(packed), BASE], check=True)
    return BASE


def _debootstrap(folder: Path) -> Path:
    """Path of the packed root; the unpacked one goes away with `folder`."""
    root, packed = folder / "root", folder / "root.tar"
    command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(root)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError as error:
        raise UserError("debootstrap is not installed.", "Run `apt-get install debootstrap`.") from error
    if done.returncode != 0:
        raise UserError(f"debootstrap failed with status {done.returncode}.", "It must run as root.") from RuntimeError(
            done.stdout
        )
    # No device files: an engine makes its own.
    subprocess.run(
        ["tar", "-C", str(root), "--one-file-system", "--exclude=./dev/*", "-cf", str(packed), "."], check=True
    )
    return packed
