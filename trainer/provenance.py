"""Which code, data, libraries and machine made a run."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from runtime_app import __version__

_LIBRARIES = ("torch", "torchvision", "numpy", "pillow", "scikit-learn")


def git_state() -> tuple[str | None, bool]:
    """(commit, whether tracked files differ from it); (None, False) outside a checkout or without git.

    A repository around the place where this package was installed is somebody else's: it must track this file.
    """
    here = Path(__file__).parent
    try:
        _git(here, "ls-files", "--error-unmatch", Path(__file__).name)
        commit = _git(here, "rev-parse", "HEAD")
        return commit, bool(_git(here, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.CalledProcessError):
        return None, False


def library_versions(names: tuple[str, ...] = _LIBRARIES) -> dict[str, str]:
    found = {"evidence": __version__, "python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine_name(device: torch.device) -> str:
    """The processor that trains, without the computer's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} threads ({platform.machine()})"


def now_utc() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _git(folder: Path, *arguments: str) -> str:
    owned = ("-c", "safe.directory=*")  # a checkout of another user's is the same code
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}  # of another repository
    answer = subprocess.run(
        ["git", *owned, *arguments], cwd=folder, env=own, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()
