"""The commit that is named is that of this code, of nothing around it."""

import subprocess
import sys
from pathlib import Path

import pytest

from trainer.provenance import git_state

ROOT = Path(__file__).parents[2]
ASK = "import json; from trainer.provenance import git_state; print(json.dumps(git_state()))"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Somebody else's repository with a commit."""
    for words in (
        ["init", "--quiet"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_repository_around_an_installed_package_is_not_its_own(other: Path) -> None:
    place = other / "venv" / "site"
    place.mkdir(parents=True)
    for name in ("trainer", "runtime_app"):
        subprocess.run(["cp", "-r", ROOT / name, place / name], check=True)
    done = subprocess.run([sys.executable, "-c", ASK], cwd=place, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[null, false]"


def test_git_variables_of_another_repository_change_nothing(other: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = git_state()
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.setenv(name, str(other / ".git"))
    assert git_state() == before
