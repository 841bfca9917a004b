"""The benchmarks start as their first lines and the README say, wherever the person stands."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.mark.parametrize("name", ["export", "latency", "memory", "out_of_class", "training"])
def test_benchmark_starts_by_its_path(tmp_path: Path, name: str) -> None:
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: ") and "--json" in done.stdout
