"""python -m tests.campaigns.pictures [--count 10000] [--seed 0]: damaged pictures through `runtime_app classify`.

All of them go through one process of the real program. It must end with status 0 or 1, name every file once with a
result or one clear sentence, show no traceback, keep its memory bounded and need little time for any one file.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from runtime_app.imaging import BYTES_PER_WEBP_PIXEL, MAX_PIXELS
from tests.campaigns import bad_pictures
from tests.campaigns.common import TINY, environment, is_clear_sentence, memory, say

MEMORY_LIMIT = MAX_PIXELS * BYTES_PER_WEBP_PIXEL / 1e6 + 250
"""MB. The largest picture that is accepted, in the format whose decoder needs most, beside the program."""
SECONDS_PER_FILE = 10.0

# The real command line, with a stopwatch around the one function that sees each file.
_PROGRAM = """
import os, sys, time
from runtime_app import pipeline
inner, slowest = pipeline.prepare_file, []
def timed(path, *rest):
    start = time.thread_time()
    try:
        return inner(path, *rest)
    finally:
        slowest.append((time.thread_time() - start, str(path)))
pipeline.prepare_file = timed
from runtime_app.__main__ import main
try:
    main()
finally:
    with open(os.environ["SLOWEST"], "w") as file:
        file.write("%f %s" % max(slowest))
"""


@dataclass(frozen=True)
class Outcome:
    """peak: MB; slowest: seconds of the processor for one file (waiting for its turn aside); problems: what should not have happened, in words."""

    results: int
    refusals: int
    peak: float
    seconds: float
    slowest: float
    slowest_name: str
    sentences: collections.Counter
    problems: list[str]


def run(count: int, seed: int, folder: Path, *, timeout: float = 3600) -> Outcome:
    pictures = folder / "pictures"
    pictures.mkdir()
    for index in range(count):
        bad = bad_pictures.make(index, seed)
        (pictures / bad.name).write_bytes(bad.content)
    return classify(pictures, folder, timeout)


def classify(pictures: Path, folder: Path, timeout: float = 3600) -> Outcome:
    """One process of the program on all files of a folder."""
    slowest = folder / "slowest"
    command = [sys.executable, "-c", _PROGRAM, "classify", str(pictures), "--format", "jsonl", "--bundle", str(TINY)]
    start = time.monotonic()
    with open(folder / "out", "wb") as out, open(folder / "err", "wb") as err:
        process = subprocess.Popen(
            command, cwd=folder, env={**environment(folder), "SLOWEST": str(slowest)}, stdout=out, stderr=err
        )
        peak = _watch(process, timeout)
    seconds = time.monotonic() - start
    took, _, name = slowest.read_text().partition(" ") if slowest.exists() else ("inf", "", "nothing finished")
    lines = [json.loads(line) for line in (folder / "out").read_bytes().splitlines()]
    errors = [line["error"] for line in lines if line["error"]]
    problems = _problems(process.returncode, lines, (folder / "err").read_text(errors="replace"), pictures)
    if peak > MEMORY_LIMIT:
        problems.append(f"{peak:.0f} MB of memory, more than {MEMORY_LIMIT:.0f}")
    if float(took) > SECONDS_PER_FILE:
        problems.append(f"{float(took):.1f} s for {name}")
    sentences = collections.Counter(error["title"].split(" is ", 1)[-1].split("(")[0][:60] for error in errors)
    return Outcome(
        len(lines) - len(errors), len(errors), peak, seconds, float(took), Path(name).name, sentences, problems
    )


def _watch(process: subprocess.Popen, timeout: float) -> float:
    """Wait for the end, at most `timeout` seconds; MB of memory at the peak."""
    timer = threading.Timer(timeout, process.kill)
    timer.start()
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, memory(process.pid, "VmHWM"))
        time.sleep(0.02)
    timer.cancel()
    return peak


def _problems(status: int, lines: list[dict], stderr: str, pictures: Path) -> list[str]:
    problems = []
    if status not in (0, 1):
        problems.append(f"the process ended with {status}: {stderr[-400:]}")
    if "Traceback" in stderr:
        problems.append(f"a traceback on stderr: {stderr[stderr.index('Traceback') :][:400]}")
    names = {name.encode(errors="surrogateescape").decode(errors="replace") for name in os.listdir(pictures)}
    missing = names - {Path(line["path"]).name for line in lines}
    if missing or len(lines) != len(names):
        problems.append(f"{len(lines)} lines for {len(names)} files, none for {sorted(missing)[:3]}")
    for line in lines:
        error = line["error"]
        if error is None and not 0 <= line["confidence"] <= 1:
            problems.append(f"{line['path']}: confidence {line['confidence']}")
        if error is not None and not is_clear_sentence(error["title"], error["advice"]):
            problems.append(f"no clear sentence: {error['title']!r} {error['advice']!r}")
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(options.count, options.seed, Path(folder))
    for sentence, number in outcome.sentences.most_common(12):
        print(f"{number:>7,}  … is {sentence}")
    say(
        "pictures",
        f"{outcome.results + outcome.refusals:,} files: {outcome.results:,} results, {outcome.refusals:,} sentences, "
        f"peak {outcome.peak:.0f} MB, slowest {outcome.slowest:.2f} s ({outcome.slowest_name}), {outcome.seconds:.0f} s",
        outcome.problems,
    )


if __name__ == "__main__":
    main()
