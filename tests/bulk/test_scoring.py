"""Whole jobs on Ray as a user runs them: undisturbed, with a worker killed, interrupted, on another cluster."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.bulk.conftest import PICTURES, Undisturbed
from tests.bulk.samples import SHIPPED, assert_same_rows, finish, noise, rows, run, start
from tests.runtime_app.samples import TINY


def parts(output: Path) -> dict[str, int]:
    """When each finished part was written."""
    return {path.name: path.stat().st_mtime_ns for path in output.glob("part-*.parquet")}


def wait_for_parts(output: Path, count: int, process: subprocess.Popen) -> None:
    while len(parts(output)) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def processes(session: int, word: str) -> list[int]:
    """Ids of the living processes of the session whose command line holds the word, also when their parent has gone."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            living = process.status() != psutil.STATUS_ZOMBIE and os.getsid(process.pid) == session
            if living and word in " ".join(process.cmdline()):
                found.append(process.pid)
    return found


def wait_until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_rows_are_those_of_classify(undisturbed: Undisturbed, tmp_path: Path) -> None:
    answer = run(
        tmp_path, "classify", undisturbed.source, "--bundle", SHIPPED, "--precision", "fp32", "--format", "jsonl"
    )
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    found = undisturbed.rows
    assert len(lines) == len(found) == PICTURES + 1
    assert list(found["path"]) == [line["path"] for line in lines]
    for row, line in zip(found.to_dict("records"), lines, strict=True):
        if line["error"]:
            assert row["error"] == f"{line['error']['title']} {line['error']['advice']}" and pd.isna(row["label"])
            continue
        assert (row["label"], row["verdict"], row["unsure"]) == (
            line["label"],
            line["verdict"],
            line["verdict"] != "sure",
        )
        assert row["confidence"] == pytest.approx(line["confidence"], abs=1e-6)
        assert list(row["probabilities"]) == pytest.approx(list(line["probabilities"].values()), abs=1e-6)


def test_a_worker_killed_in_the_middle_costs_no_row(undisturbed: Undisturbed, tmp_path: Path) -> None:
    process = start(tmp_path, "bulk", undisturbed.source, "out", *undisturbed.options)
    wait_for_parts(tmp_path / "out", 3, process)
    workers = processes(process.pid, "PartScorer")
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    remaining = PICTURES // 40 + 1 - len(parts(tmp_path / "out"))
    assert remaining > 0, "it was killed after the work was done"
    answer = finish(process)
    assert (answer.returncode, answer.stderr) == (1, "")
    assert_same_rows(rows(tmp_path / "out"), undisturbed.rows)
    assert not list((tmp_path / "out").glob(".part*"))


def test_an_interrupted_job_goes_on_where_it_stopped(undisturbed: Undisturbed, tmp_path: Path) -> None:
    process = start(tmp_path, "bulk", undisturbed.source, "out", *undisturbed.options)
    wait_for_parts(tmp_path / "out", 3, process)
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal
    answer = finish(process)
    assert answer.returncode == 130
    said = [line for line in answer.stderr.splitlines() if line]
    assert "finished parts stay in out. Go on with: " in said[0] and "python -m runtime_app bulk" in said[0]
    assert said[0].endswith("--resume")
    assert said[1:] == ["Interrupted."] and answer.stdout == ""
    wait_until(lambda: not processes(process.pid, ""), seconds=10)
    before = parts(tmp_path / "out")
    assert 3 <= len(before) < PICTURES // 40 + 1
    answer = run(tmp_path, "bulk", undisturbed.source, "out", *undisturbed.options, "--resume")
    assert (answer.returncode, answer.stderr) == (1, "")
    assert {name: when for name, when in parts(tmp_path / "out").items() if name in before} == before
    assert_same_rows(rows(tmp_path / "out"), undisturbed.rows)
    assert answer.stdout == f"{PICTURES + 1:,} pictures, 1 of them not readable, in fp32: out\n"


def test_a_stop_while_ray_starts_leaves_nothing_running(undisturbed: Undisturbed, tmp_path: Path) -> None:
    process = start(tmp_path, "bulk", undisturbed.source, "out", *undisturbed.options)
    wait_until(lambda: processes(process.pid, "raylet"))
    os.kill(process.pid, signal.SIGTERM)
    answer = finish(process)
    assert answer.returncode == 130 and answer.stderr.endswith("Interrupted.\n")
    wait_until(lambda: not processes(process.pid, ""), seconds=10)


def test_an_existing_cluster_scores_parquet_files(cluster: str, tmp_path: Path) -> None:
    """Its machines do not have this project on their path."""
    pq.write_table(pa.table({"image": noise(30), "name": [f"n{n}" for n in range(30)]}), tmp_path / "in.parquet")
    options = ("--key", "name", "--bundle", TINY, "--address", cluster, "--part-size", 10)
    answer = run(tmp_path, "bulk", "in.parquet", "out", *options)
    assert (answer.returncode, answer.stderr) == (0, "")
    found = rows(tmp_path / "out")
    assert list(found["key"]) == [f"n{n}" for n in range(30)] and set(found["path"]) == {"in.parquet"}
    answer = run(tmp_path, "bulk", "in.parquet", "more", *options, "--workers", 3)
    assert answer.returncode == 2 and "3 workers need 3 cores, the cluster has 2" in answer.stderr
