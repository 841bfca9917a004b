"""python -m tests.campaigns.bundles [--count 1000] [--seed 0]: bundles and archives that must be refused.

Each is opened by the code that opens bundles in the window, every 25th by the command line too. All must be refused with
one clear sentence, quickly and in bounded memory, and nothing may be written anywhere but into the log.
"""

import argparse
import collections
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaigns import bad_bundles
from tests.campaigns.bad_bundles import BadBundle
from tests.campaigns.common import ROOT, environment, is_clear_sentence, memory, say

MEMORY_LIMIT = 400.0
"""MB: the process with ONNX Runtime takes 100 MB, the largest manifest and a small model a few more."""
SECONDS_PER_BUNDLE = 10.0
_HANGS_AFTER = 120.0
_COMMANDS = (("selftest",), ("info",), ("classify", str(ROOT / "tests" / "pictures" / "cat.jpg"), "--bundle"))


@dataclass
class Outcome:
    """peak: MB; slowest: seconds of the processor for one bundle; problems: what should not have happened, in words."""

    refused: int = 0
    peak: float = 0.0
    slowest: float = 0.0
    slowest_what: str = ""
    sentences: collections.Counter[str] = field(default_factory=collections.Counter)
    problems: list[str] = field(default_factory=list)


class Opener:
    """The process that opens them; started anew when it died of one."""

    def __init__(self, home: Path) -> None:
        self._home = home
        home.mkdir(exist_ok=True)
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.campaigns.opener"],
            cwd=self._home,
            env=environment(self._home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(self.process, self._lines), daemon=True).start()

    @staticmethod
    def _read(process: subprocess.Popen, lines: "queue.Queue[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def ask(self, path: Path) -> dict[str, Any]:
        """What came of it: accepted, title and advice, or crash; seconds; written."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(str(path)) + "\n")
        self.process.stdin.flush()
        try:
            line = self._lines.get(timeout=_HANGS_AFTER)
        except queue.Empty:
            line, words = "", f"no answer within {_HANGS_AFTER:.0f} s"
        else:
            words = f"said {line!r}" if line else "the process ended"
        if line.startswith("{"):
            return dict(json.loads(line))
        self.close()
        words += f", status {self.process.returncode}"
        self._start()
        return {"crash": words, "seconds": 0.0, "written": []}

    def close(self) -> None:
        self.process.kill()
        self.process.wait(10)


def run(count: int, seed: int, folder: Path, *, command_every: int = 25) -> Outcome:
    """Bundles number 0 to count - 1 of this seed, one at a time, each in a folder of its own."""
    outcome = Outcome()
    opener = Opener(folder / "home")
    try:
        for index in range(count):
            place = folder / "made" / f"{index:06}"
            place.mkdir(parents=True)
            bad = bad_bundles.make(index, seed, place)
            before = _snapshot(folder)
            _judge(outcome, index, bad, opener.ask(bad.path))
            if index % command_every == 0:
                _through_command_line(outcome, index, bad, folder / "home")
            _compare(outcome, index, bad, before, _snapshot(folder))
            outcome.peak = max(outcome.peak, memory(opener.process.pid, "VmHWM"))
            shutil.rmtree(place)
    finally:
        opener.close()
    if outcome.peak > MEMORY_LIMIT:
        outcome.problems.append(f"{outcome.peak:.0f} MB of memory, more than {MEMORY_LIMIT:.0f}")
    return outcome


def _judge(outcome: Outcome, index: int, bad: BadBundle, answer: dict[str, Any]) -> None:
    name = f"{index} ({bad.what})"
    if "accepted" in answer:
        outcome.problems.append(f"{name} was accepted")
    elif "crash" in answer:
        outcome.problems.append(f"{name} was not refused but failed: {answer['crash'][-600:]}")
    else:
        outcome.refused += 1
        sentence = answer["title"].replace(str(bad.path), "BUNDLE")
        outcome.sentences[sentence.split(" is refused: ", 1)[-1].split("(")[0][:70]] += 1
        if not is_clear_sentence(sentence, answer["advice"]):
            outcome.problems.append(f"{name}: no clear sentence: {sentence[:300]!r} {answer['advice'][:100]!r}")
    outcome.problems += [f"{name} made it write: {what}" for what in answer["written"]]
    if answer["seconds"] > outcome.slowest:
        outcome.slowest, outcome.slowest_what = answer["seconds"], bad.what
    if answer["seconds"] > SECONDS_PER_BUNDLE:
        outcome.problems.append(f"{name} took {answer['seconds']:.1f} s")


def _through_command_line(outcome: Outcome, index: int, bad: BadBundle, home: Path) -> None:
    """Status 1 or 2, one line on stderr, nothing that was said of any picture on stdout."""
    command = _COMMANDS[index // 25 % len(_COMMANDS)]
    done = subprocess.run(
        [sys.executable, "-m", "runtime_app", *command, str(bad.path)],
        cwd=home, env=environment(home), capture_output=True, text=True, errors="replace", timeout=120,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    if done.returncode not in (1, 2) or len(lines) != 1 or not lines[0].startswith("Error: "):
        outcome.problems.append(
            f"{index} ({bad.what}): {command[0]} ended with {done.returncode}: {done.stderr[-300:]}"
        )


def _snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """name -> (size, time of change) of everything below but the home, where the log lies."""
    found = {}
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if Path(parent, name) != folder / "home"]
        for name in (*folders, *files):
            status = os.lstat(os.path.join(parent, name))
            found[os.path.join(parent, name)] = (status.st_size, status.st_mtime_ns)
    return found


def _compare(outcome: Outcome, index: int, bad: BadBundle, before: dict, after: dict) -> None:
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        outcome.problems.append(f"{index} ({bad.what}): changed on disk: {changed[:3]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(options.count, options.seed, Path(folder))
    for sentence, number in outcome.sentences.most_common(40):
        print(f"{number:>7,}  {sentence}")
    say(
        "bundles",
        f"{options.count:,} of them: {outcome.refused:,} refused with a sentence, peak {outcome.peak:.0f} MB, "
        f"slowest {outcome.slowest:.2f} s ({outcome.slowest_what})",
        outcome.problems,
    )


if __name__ == "__main__":
    main()
