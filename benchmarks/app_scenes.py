"""What benchmarks/app.py measures: each scene opens the real window, does one thing with it, and returns figures."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.app_pictures import DISTINCT, hundred_thousand, noise, photograph
from benchmarks.app_record import Record
from tests.campaigns.common import memory
from tests.runtime_app.window_driver import Window, window

_MANY = 2000
_LONGEST = 60  # seconds that anything may take before the measurement is given up
Found = TypeVar("Found")
_CODE = "from benchmarks.recorder import main; main()"


@dataclass(frozen=True)
class Figure:
    """goal: what it is compared with, such as "<= 15"; "" when it only explains another one."""

    name: str
    value: float
    unit: str
    goal: str = ""

    @property
    def mark(self) -> str:
        if not self.goal:
            return ""
        sign, bound = self.goal.split()
        met = self.value <= float(bound) if sign == "<=" else self.value >= float(bound)
        return "ok" if met else "MISSED"


def recorded(folder: Path, arguments: list[str | Path]) -> AbstractContextManager[Window]:
    """The window with stopwatches in it; `Record.of(folder)` reads them."""
    return window(folder / "home", arguments, code=_CODE, EVIDENCE_RECORD_FILE=str(Record.file(folder)))


def processor_seconds(shown: Window) -> float:
    fields = Path(f"/proc/{shown.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def at_rest(state: dict) -> bool:
    return not state["busy"] and not any(state["waiting"].values())


def _await(found: Callable[[], Found | None], what: str, pause: float = 0.02) -> Found:
    """What `found` returns as soon as that is something. Raises TimeoutError when the window does not get to it."""
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until:
        if answer := found():
            return answer
        time.sleep(pause)
    raise TimeoutError(f"The window did not {what} within {_LONGEST} seconds.")


# ---- start and rest ------------------------------------------------------------------------------------------------


def starting(bundle: Path, folder: Path) -> list[Figure]:
    """Twice, for a warm disk; the second counts."""
    for _ in range(2):
        start = time.monotonic()
        with window(folder / "home", ["--bundle", bundle]) as shown:
            shown.state()
            first = time.monotonic() - start
            shown.wait(lambda state: not state["waiting"]["look"])
            ready = time.monotonic() - start
            spent = processor_seconds(shown)
    return [
        Figure("process start to first frame", first, "s", "<= 1.0"),
        Figure("process start to ready", ready, "s", "<= 1.8"),
        Figure("  processor time of it", spent, "s"),
    ]


def idling(bundle: Path, folder: Path) -> list[Figure]:
    figures = []
    photo = photograph(folder / "large.jpg")
    for name, arguments in (("empty", []), ("with a photograph", [photo])):
        with window(folder / name, ["--bundle", bundle, *arguments]) as shown:
            shown.wait(at_rest)
            time.sleep(3)
            before, start = processor_seconds(shown), time.monotonic()
            time.sleep(10)
            share = (processor_seconds(shown) - before) / (time.monotonic() - start)
            figures.append(Figure(f"idle, {name}: share of one core", 100 * share, "%", "<= 15"))
    return figures


# ---- one picture ---------------------------------------------------------------------------------------------------


def one_photograph(bundle: Path, folder: Path) -> list[Figure]:
    """Stepping to and fro between small pictures and photographs of 12 megapixels, once everything is classified."""
    pictures = folder / "pictures"
    noise(pictures, 1)
    for number in range(4):
        photograph(pictures / f"large-{number}.jpg", seed=number)
    with recorded(folder, ["--bundle", bundle, pictures]) as shown:
        shown.wait(lambda state: state["classified"] == 5 and at_rest(state), 120)
        first = np.array([_answer_time(shown, folder, "Right") for _ in range(4)])
        again = np.array([_answer_time(shown, folder, key) for key in ("Left", "Right") * 5])
        shown.wait(at_rest)
        dragged = _drag(shown, folder)
    return [
        Figure("12 megapixels: asked to verdict on the screen", 1000 * float(np.median(first[:, 0])), "ms", "<= 250"),
        Figure("  processor time of it", 1000 * float(np.median(first[:, 1])), "ms"),
        Figure("the same picture again", 1000 * float(np.median(again[:, 0])), "ms", "<= 20"),
        Figure("  processor time of it", 1000 * float(np.median(again[:, 1])), "ms"),
        Figure("dragging the square: verdicts a second", dragged, "/s", ">= 20"),
    ]


def _answer_time(shown: Window, folder: Path, key: str) -> tuple[float, float]:
    """Seconds, and processor seconds, from the action to the end of the frame that draws its verdict."""
    before = len(Record.of(folder))
    shown.xdotool("mousemove_relative", "--", 1, 0, "mousemove_relative", "--", -1, 0, "sleep", 0.1, "key", key)

    def answer() -> tuple[float, float] | None:
        events = Record.of(folder)[before:]
        asked = next((event for event in events if event["what"] == "asked"), None)
        looked = next((event for event in events if event["what"] == "looked"), None)
        drawn = next((e for e in events if looked and e["what"] == "frame" and e["t"] > looked["t"]), None)
        if asked is None or drawn is None:
            return None
        return drawn["t"] - asked["t"], drawn["process"] - asked["process"]

    return _await(answer, f"answer the key {key}")


def _drag(shown: Window, folder: Path) -> float:
    """Verdicts a second while the pointer moves 200 times a second for 3 seconds."""
    x, y = shown.point("picture", 0.3, 0.3)
    shown.xdotool("mousemove", x, y, "mousedown", 1)
    moves: list[object] = []
    for step in range(600):
        moves += ["mousemove", x + 60 + step % 150, y + 60 + step % 150, "sleep", 0.005]
    before = len(Record.of(folder))
    start = time.monotonic()
    shown.xdotool(*moves)
    seconds = time.monotonic() - start
    shown.xdotool("mouseup", 1)
    return sum(event["what"] == "region" for event in Record.of(folder)[before:]) / seconds


# ---- many pictures -------------------------------------------------------------------------------------------------


def two_thousand(bundle: Path, folder: Path) -> list[Figure]:
    """All classified in the window, between two runs of onnxruntime alone on the same batches."""
    many = noise(folder / "many", _MANY)
    alone = [_alone(bundle, many)]
    with recorded(folder, ["--bundle", bundle, many]) as shown:
        _wait_unasked(folder)
        events = Record.of(folder)
        shown.wait(lambda state: state["classified"] == _MANY and at_rest(state))
        megabytes = memory(shown.process.pid)
    alone.append(_alone(bundle, many))
    frames = [event for event in events if event["what"] == "frame" and event["busy"]]
    chunks = [event for event in events if event["what"] == "classified"]
    # From the first to the last results: the session was opened and warm before.
    seconds, spent = (chunks[-1][key] - chunks[0][key] for key in ("t", "process"))
    pictures = sum(event["count"] for event in chunks[1:])
    fastest = min(run[0] for run in alone) / _MANY
    cheapest = min(run[1] for run in alone) / _MANY
    walls = 1000 * np.array([frame["wall"] for frame in frames])
    return [
        Figure("2,000 pictures: throughput against onnxruntime alone", pictures / seconds * fastest, "", ">= 0.7"),
        Figure("  processor time of onnxruntime alone against the window's", cheapest / (spent / pictures), ""),
        Figure("  pictures a second in the window", pictures / seconds, "/s"),
        Figure("  pictures a second by onnxruntime alone", 1 / fastest, "/s"),
        Figure("work per frame meanwhile, p99", float(np.percentile(walls, 99)), "ms", "<= 33"),
        Figure("  median", float(np.median(walls)), "ms"),
        Figure("  p99 of the processor time of its thread", 1000 * _p99(frames, "cpu"), "ms"),
        Figure("memory after 2,000 pictures", megabytes, "MB", "<= 450"),
    ]


def _wait_unasked(folder: Path) -> None:
    """Until all are classified, by the record alone: each answer to a test's question costs the window part of a frame."""
    _await(lambda: Record.file(folder).exists() and _finished(Record.of(folder)), f"classify {_MANY} pictures", 0.25)


def _finished(events: Record) -> bool:
    """The picture that is looked at meanwhile may be left out of the batch."""
    count = sum(event["count"] for event in events if event["what"] == "classified")
    return count >= _MANY - 1 and not events[-1].get("busy", True)


def _p99(frames: list[dict], key: str) -> float:
    return float(np.percentile([frame[key] for frame in frames], 99))


def _alone(bundle: Path, many: Path) -> tuple[float, float]:
    """Seconds, and processor seconds, of the session on all pictures in the window's batches; decoded before."""
    from runtime_app.bundle import open_bundle
    from runtime_app.classifier import Classifier
    from runtime_app.imaging import open_picture, prepare
    from runtime_app.pipeline import BATCH

    classifier = Classifier(open_bundle(bundle), "cpu")
    size = classifier.bundle.manifest.input
    images = np.stack([prepare(open_picture(p), (size.height, size.width)).image for p in sorted(many.iterdir())])
    classifier.predict(images[:BATCH])
    start, spent = time.perf_counter(), time.process_time()
    for first in range(0, len(images), BATCH):
        classifier.predict(images[first : first + BATCH])
    return time.perf_counter() - start, time.process_time() - spent


def memory_over_time(bundle: Path, folder: Path) -> list[Figure]:
    """20,000 predictions by opening the bundle ten times anew over 2,000 pictures, then 190 changes more. A session that
    is being replaced is there for a moment beside its successor: medians of five changes are compared."""
    many = noise(folder / "many", _MANY)
    bundles = folder / "home" / "artifacts" / "bundles"
    bundles.mkdir(parents=True)
    (bundles / "only").symlink_to(bundle)
    with recorded(folder, [many]) as shown:

        def change(times: int, *, finish: bool) -> list[float]:
            """Megabytes after each change when it is finished, or after the last one."""
            megabytes = []
            for number in range(times):
                before = Record.of(folder).count("bundle")
                shown.xdotool("key", "ctrl+n")
                _await(lambda before=before: Record.of(folder).count("bundle") > before, "change its bundle")
                if finish or number == times - 1:
                    shown.wait(lambda state: state["classified"] == _MANY and at_rest(state), 600)
                    megabytes.append(memory(shown.process.pid))
            return megabytes

        shown.wait(lambda state: state["classified"] == _MANY and at_rest(state), 600)
        change(1, finish=True)
        first = float(np.median(change(5, finish=True)))
        change(5, finish=True)
        classified = float(np.median(change(5, finish=True)))
        change(180, finish=False)
        changed = float(np.median(change(5, finish=True)))
    return [
        Figure("memory after 20,000 predictions more", 100 * (classified / first - 1), "% more", "<= 5"),
        Figure("memory after 200 bundle changes", 100 * (changed / first - 1), "% more", "<= 5"),
        Figure("  memory before and after", first, "MB"),
        Figure("", changed, "MB"),
    ]


def hundred_thousand_pictures(bundle: Path, folder: Path) -> list[Figure]:
    many = hundred_thousand(folder / "many")
    with recorded(folder, ["--bundle", bundle]) as shown:
        shown.wait(at_rest)
        before = memory(shown.process.pid)
    with recorded(folder, ["--bundle", bundle, many]) as shown:
        shown.wait(lambda state: state["pictures"] == DISTINCT * 1000, 120)
        shown.wait(lambda state: state["classified"] > 2000, 120)
        events = Record.of(folder)
        after = memory(shown.process.pid)
    listed = [event for event in events if event["what"] == "listed"]
    started = max(event["t"] for event in events if event["what"] == "opened")
    looked = next(event["t"] for event in events if event["what"] == "looked" and event["t"] > started)
    frames = [event for event in events if event["what"] == "frame" and event["t"] > started]
    return [
        Figure("100,000 pictures: folder opened to first picture shown", looked - started, "s", "<= 1.0"),
        Figure("  to all of them listed", listed[-1]["t"] - started, "s"),
        Figure("  longest work of a frame meanwhile", 1000 * max(frame["wall"] for frame in frames), "ms"),
        Figure("  longest processor time of its thread", 1000 * max(frame["cpu"] for frame in frames), "ms"),
        Figure("  memory that they take", after - before, "MB"),
    ]


# ---- the end -------------------------------------------------------------------------------------------------------


def closing(bundle: Path, folder: Path) -> list[Figure]:
    """By the window's close button and by SIGTERM, at rest and while large and small pictures are classified."""
    work = folder / "work"
    noise(work, 6000)
    for number in range(6):
        photograph(work / f"0000-{number}.jpg", seed=number)
    figures = []
    for way, close in (("close button", _press_close), ("SIGTERM", _terminate)):
        for load, arguments in (("at rest", []), ("under load", [work])):
            with recorded(folder, ["--bundle", bundle, *arguments]) as shown:
                shown.wait(lambda state: at_rest(state) or state["classified"] > 0, 120)
                spent, start = processor_seconds(shown), time.monotonic()
                close(shown)
                shown.process.wait(60)
                figures.append(Figure(f"closing by {way}, {load}", time.monotonic() - start, "s", "<= 2"))
                figures.append(Figure("  processor time until then", Record.of(folder).last_process - spent, "s"))
    return figures


def _press_close(shown: Window) -> None:
    shown.press_close()


def _terminate(shown: Window) -> None:
    shown.process.send_signal(signal.SIGTERM)


SCENES: tuple[Callable[[Path, Path], list[Figure]], ...] = (
    starting, idling, one_photograph, two_thousand, memory_over_time, hundred_thousand_pictures, closing,
)  # fmt: skip
