"""python -m tests.campaigns.window [--count 200] [--seed 0]: damaged pictures and odd file names through the real window.

All are opened as one folder and classified; then every one is looked at, in the picture view, the gallery and the
heatmap. The window must go on, answer, and show for each either its classes or one clear sentence.
"""

import argparse
import io
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.campaigns import bad_pictures, odd_names
from tests.campaigns.common import TINY, is_clear_sentence, memory, say
from tests.runtime_app.samples import draw_digit
from tests.runtime_app.window_driver import Window, window

MEMORY_LIMIT = 2000.0
"""MB: the largest picture accepted may be decoded for the batch, for the view and for the gallery at the same time."""


@dataclass(frozen=True)
class Outcome:
    """shown: how many show their classes; refused: how many a sentence; peak: MB; slowest: seconds until one was shown."""

    shown: int
    refused: int
    peak: float
    slowest: float
    slowest_name: str
    problems: list[str]


def run(count: int, seed: int, folder: Path) -> Outcome:
    pictures = folder / "pictures"
    digit = io.BytesIO()
    draw_digit("seven", 64).save(digit, "PNG")
    total = count + odd_names.write(pictures, digit.getvalue())
    for index in range(count):
        bad = bad_pictures.make(index, seed)
        (pictures / bad.name).write_bytes(bad.content)
    with window(folder / "home", ["--bundle", TINY, pictures]) as opened:
        opened.wait(lambda state: state["classified"] == total and not state["busy"], 600)
        outcome = _look_at_all(opened, total)
        for view, name in (("2", "heatmap"), ("3", "gallery")):
            opened.key(f"ctrl+{view}")
            opened.wait(lambda state, name=name: state["view"] == name)
            for _ in range(1 + total // 20):
                opened.xdotool("mousemove", 640, 400, "click", "--repeat", 10, 5)
                opened.wait(lambda state: not any(state["waiting"].values()), 120)
        opened.state()
        peak = memory(opened.process.pid, "VmHWM")
    problems = outcome.problems + ([f"{peak:.0f} MB, more than {MEMORY_LIMIT:.0f}"] if peak > MEMORY_LIMIT else [])
    return Outcome(outcome.shown, outcome.refused, peak, outcome.slowest, outcome.slowest_name, problems)


def _look_at_all(opened: Window, total: int) -> Outcome:
    shown, refused, slowest, slowest_name, problems = 0, 0, 0.0, "", []
    for place in range(1, total + 1):
        start = time.monotonic()
        state = opened.wait(lambda state, place=place: _answered(state, place, total), 120)
        name = next(text for text in state["texts"] if text.endswith((".png", ".jpg", ".webp", ".gif", ".bmp", ".tif")))
        if time.monotonic() - start > slowest:
            slowest, slowest_name = time.monotonic() - start, name
        if _bars(state) == 10:
            shown += 1
        else:
            refused += 1
            problems += [f"{name}: no clear sentence: {text!r}" for text in _sentences(state, name)]
        problems += [f"{name}: {title!r}" for title in state["errors"]]
        opened.xdotool("key", "Right")
    return Outcome(shown, refused, 0.0, slowest, slowest_name, problems)


def _answered(state: dict[str, Any], place: int, total: int) -> bool:
    there = f"{place:,} of {total:,}" in state["texts"] and not state["waiting"]["look"]
    return there and (_bars(state) == 10 or "cannot be shown" in state["texts"])


def _bars(state: dict[str, Any]) -> int:
    return sum(name.startswith("bar.") for name in state["hits"])


def _sentences(state: dict[str, Any], name: str) -> list[str]:
    """What stands where the verdict would, as far as it is not one clear sentence with advice."""
    title, advice = state["failure"]
    return [] if is_clear_sentence(title, advice) else [f"{title} {advice}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(options.count, options.seed, Path(folder))
    say(
        "window",
        f"{outcome.shown + outcome.refused:,} files: {outcome.shown:,} with classes, {outcome.refused:,} with a sentence, "
        f"peak {outcome.peak:.0f} MB, slowest {outcome.slowest:.2f} s ({outcome.slowest_name})",
        outcome.problems,
    )


if __name__ == "__main__":
    main()
