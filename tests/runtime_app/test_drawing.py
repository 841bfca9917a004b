"""What is drawn part by part is on the screen as if all of it had been drawn."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime_app.view import status_bar
from tests.runtime_app.samples import ROOT, bars
from tests.runtime_app.window_driver import software_gl, window, x_server

CAT = ROOT / "tests" / "pictures" / "cat.jpg"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def test_a_drawing_that_is_changed_equals_one_made_from_nothing() -> None:
    with x_server() as display:
        done = subprocess.run(
            [sys.executable, "-m", "tests.runtime_app.drawn_twice"],
            cwd=ROOT,
            env=software_gl(display),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_is_left_to_the_ground_has_the_colour_that_it_would_be_covered_with(home: Path, theme: str) -> None:
    covered = (
        "from runtime_app.view.canvas import Canvas\n"
        "Canvas.ground = property(lambda canvas: canvas.palette.back)\n"
        "from runtime_app.__main__ import main; main()"
    )
    seen = []
    for code in (None, covered):
        with window(home, [CAT], code=code) as opened:
            opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
            if theme == "light":
                opened.key("t")
            for keys in ((), ("plus", "plus")):
                opened.key(*keys) if keys else None
                opened.settle()
                seen.append(np.asarray(opened.grab())[: -status_bar.HEIGHT])  # it shows milliseconds
    for uncovered, whole in ((seen[0], seen[2]), (seen[1], seen[3])):
        # A few pixels at the edge of a character depend on where it came to lie in the texture of all characters.
        assert (uncovered != whole).any(axis=2).sum() <= 8
    assert (seen[0] != seen[1]).any(), "it was zoomed"
