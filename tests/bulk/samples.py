"""Pictures, jobs and results that several tests share."""

import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from runtime_app.bulk.folder import claim
from runtime_app.bulk.job import Job
from runtime_app.bulk.run import Request, _set_up
from runtime_app.bulk.worker import PartScorer, Task
from runtime_app.bundle import open_bundle
from tests.runtime_app.samples import ROOT, TINY

SHIPPED = ROOT / "artifacts" / "bundles" / "cifarnet-cifar10"


def noise(count: int, side: int = 32, seed: int = 0) -> list[bytes]:
    """PNG files: smooth noise, so that the classifier is not of one mind about all of them."""
    random = np.random.default_rng(seed)
    files = []
    for _ in range(count):
        cells = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        file = BytesIO()
        cells.resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
        files.append(file.getvalue())
    return files


def write_pictures(folder: Path, count: int, seed: int = 0) -> Path:
    for number, content in enumerate(noise(count, seed=seed)):
        below = folder / f"{number % 3}" / "deep"
        below.mkdir(parents=True, exist_ok=True)
        (below / f"{number:05}.png").write_bytes(content)
    return folder


def environment(home: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(home), "COLUMNS": "200"}


def start(home: Path, *arguments: object) -> subprocess.Popen:
    """`python -m runtime_app …` as a user starts it, in a process group of its own."""
    command = [sys.executable, "-m", "runtime_app", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=home, env=environment(home), stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def finish(process: subprocess.Popen, timeout: float = 200) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def run(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return finish(start(home, *arguments))


def rows(output: Path) -> pd.DataFrame:
    """All rows of a job in the order of its input, read as anyone would read a folder of Parquet files."""
    return pd.read_parquet(output)


def assert_same_rows(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Everything but numbers is equal; numbers to 1e-6."""
    assert len(found) == len(wanted)
    for name in ("path", "row", "key", "label", "verdict", "unsure", "error", "bundle_sha256"):
        pd.testing.assert_series_equal(found[name], wanted[name])
    for mine, other in zip(found["probabilities"], wanted["probabilities"], strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)


def request(source: Path, output: Path, **changes: object) -> Request:
    usual = Request(
        source=source,
        output=output,
        bundle=open_bundle(TINY),
        device="cpu",
        precision="fp32",
        resize=None,
        column=None,
        key=None,
        part_size=None,
        workers=None,
        address=None,
        resume=False,
        overwrite=False,
    )
    return replace(usual, **changes)


def set_up(asked: Request) -> tuple[Job, PartScorer]:
    """A job as `bulk` sets it up, and one of its workers, here instead of in a process of Ray's."""
    with claim(asked.output, resume=asked.resume, overwrite=asked.overwrite):
        job, source = _set_up(asked)
    task = Task(
        output=asked.output,
        job=job.id,
        base=Path(os.getcwd()),
        columns=source.columns,
        bundle=asked.bundle.path,
        bundle_digest=job.options.bundle_digest,
        classes=asked.bundle.manifest.classes,
        device="cpu",
        precision=job.options.precision,
        resize=job.options.resize,
        threads=1,
    )
    return job, PartScorer(task)


def score_here(asked: Request) -> pd.DataFrame:
    """The whole job without Ray, part by part."""
    job, worker = set_up(asked)
    for number in range(job.parts):
        answer = worker({"part": [number]})
        assert answer["title"] == [""], answer
    return rows(asked.output)
