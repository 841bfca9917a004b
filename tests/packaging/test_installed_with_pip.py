"""Installed by pip, away from the checkout: the commands work, agree on the version, and name the extra that is missing."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from runtime_app import __version__
from tests.runtime_app.samples import ROOT, TINY

COMMANDS = ("evidence", "evidence-train", "evidence-export")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """bin/ of a fresh environment with this project in it and none of its extras."""
    folder = tmp_path_factory.mktemp("pip")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):  # a copy, because pip leaves build folders in its source
        if name and not name.startswith(("artifacts", "tests", "docs")) and (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "source" / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", folder / "source"], check=True, timeout=240)
    return python.parent


def run(installed: Path, name: str, *arguments: object, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(installed.parent / "home"), "PYTHONPATH": path}
    command = [str(installed / name), *map(str, arguments)]
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_without_the_extra_one_sentence_names_it(installed: Path, name: str) -> None:
    done = run(installed, name, "--version")
    extra = "runtime" if name == "evidence" else "train"
    assert done.returncode == 2
    assert done.stderr == f"Error: click is not installed. In the checkout, run `pip install '.[{extra}]'`.\n"


def test_command_works_outside_the_checkout(installed: Path) -> None:
    """The libraries are those of the environment that runs this test, which has what the extra `runtime` brings."""
    libraries = sysconfig.get_path("purelib")
    version = run(installed, "evidence", "--version", path=libraries)
    assert (version.returncode, version.stdout) == (0, f"{__version__}\n"), version.stderr
    selftest = run(installed, "evidence", "selftest", TINY, path=libraries)
    assert selftest.returncode == 0, selftest.stderr
    missing = run(installed, "evidence", "selftest", path=libraries)
    assert missing.returncode == 2 and "make demo" not in missing.stderr


def test_extras_are_the_requirements_files(installed: Path) -> None:
    code = "from importlib.metadata import requires; print(*requires('evidence'), sep='\\n')"
    listed = subprocess.run([installed / "python", "-c", code], capture_output=True, text=True, check=True).stdout
    pinned = listed.replace(" ", "").replace('"', "'").splitlines()
    for extra in ("train", "runtime"):
        lines = (ROOT / f"requirements-{extra}.txt").read_text(encoding="utf-8").splitlines()
        wanted = [line.split(";")[0].strip() for line in lines if "==" in line]
        ours = {line.split(";")[0] for line in pinned if f"extra=='{extra}'" in line}
        assert set(wanted) <= ours
