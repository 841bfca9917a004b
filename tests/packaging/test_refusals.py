"""What cannot be packaged is refused in one sentence, and nothing half-made stays behind."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime_app.samples import ROOT, TINY

BUILDER = ROOT / ".venv-package" / "bin" / "python"


def build(*arguments: object, python: Path | str = sys.executable, code: str = "") -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "package.build"]
    command = [str(python), *start, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own; skips the test where this user may not mount one."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}M", "none", place]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("a small file system can only be mounted by root")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_missing_bundle_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    done = build("--bundle", tmp_path / "none", "--output", tmp_path / "dist")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1 and str(tmp_path / "none") in done.stderr
    assert not (tmp_path / "dist").exists()


def test_damaged_bundle_is_refused_before_anything_is_built(tmp_path: Path, tiny_bundle: Path) -> None:
    model = tiny_bundle / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    done = build("--bundle", tiny_bundle, "--output", tmp_path / "dist")
    assert done.returncode == 2 and "model.onnx" in done.stderr
    assert not (tmp_path / "dist").exists()


def test_too_little_space_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 50) as disk:
        done = build("--bundle", TINY, "--output", disk)
        assert done.returncode == 1
        assert "MB free, but packaging needs" in done.stderr and done.stderr.count("\n") == 1
        assert list(disk.iterdir()) == []


@pytest.mark.skipif(not BUILDER.exists(), reason="needs .venv-package: make package")
def test_disk_that_fills_while_packaging_leaves_nothing(tmp_path: Path) -> None:
    """Another program may take the space that was there at the start."""
    code = "import package.build as b; b._NEEDED = 0; b.run(b.build, 'build')"
    with small_disk(tmp_path / "small", 60) as disk:
        done = build("--bundle", TINY, "--output", disk, python=BUILDER, code=code)
        assert done.returncode == 1, done.stderr
        assert "full" in done.stderr and done.stderr.count("\n") == 1
        assert list(disk.iterdir()) == []
