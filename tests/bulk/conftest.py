"""Fixtures of the tests of bulk scoring: pictures, and the rows of a run that nothing disturbed."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import psutil
import pytest

from tests.bulk.samples import SHIPPED, environment, rows, run, write_pictures

PICTURES = 1200


@dataclass(frozen=True)
class Undisturbed:
    source: Path
    options: tuple[object, ...]
    rows: pd.DataFrame


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A job that takes some seconds, with a picture that cannot be read in it."""
    home = tmp_path_factory.mktemp("undisturbed")
    source = write_pictures(home / "in", PICTURES)
    (source / "broken.png").write_bytes(b"not a picture")
    options = ("--bundle", SHIPPED, "--precision", "fp32", "--part-size", 40, "--workers", 2)
    answer = run(home, "bulk", source, "out", *options)
    assert answer.returncode == 1, answer.stderr
    return Undisturbed(source, options, rows(home / "out"))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a Ray cluster of one machine that runs already."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ray = [sys.executable, "-m", "ray.scripts.scripts"]
    place = Path("/tmp") / f"ray-test-{port}"  # sockets lie in it, whose paths must be short
    head = ["--head", "--block", f"--port={port}", "--num-cpus=2", f"--temp-dir={place}", "--include-dashboard=false"]
    quiet = environment(tmp_path) | {"RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": ""}
    with subprocess.Popen(
        [*ray, "start", *head, "--node-ip-address=127.0.0.1", "--disable-usage-stats"],
        env=quiet,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port)
            yield f"127.0.0.1:{port}"
        finally:
            for part in [
                *psutil.Process(process.pid).children(recursive=True),
                process,
            ]:  # asked politely it takes 30 s
                part.kill()
            process.wait(60)
            subprocess.run(["rm", "-rf", place], check=True)


def _wait_for(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("Ray did not start")
