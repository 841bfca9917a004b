"""What is drawn part by part is on the screen as if all of it had been drawn."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.view import status_bar
from tests.runtime_app.samples import ROOT, bars
from tests.runtime_app.window_driver import software_gl, window, x_server

CAT = ROOT / "tests" / "pictures" / "cat.jpg"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def drawn(module: str, *arguments: str) -> str:
    """What a script of these tests prints, on a screen of its own."""
    with x_server() as display:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.runtime_app.{module}", *arguments],
            cwd=ROOT,
            env=software_gl(display),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_drawing_that_is_changed_equals_one_made_from_nothing() -> None:
    assert drawn("drawn_twice") == "done\n"


@pytest.mark.parametrize("scale", ["1.0", "1.25", "2.0"])
def test_a_picture_and_its_map_look_the_same_when_they_become_one_at_rest(scale: str) -> None:
    most, mean, spread = map(float, drawn("drawn_at_rest", scale).split())
    assert most <= 4 and mean < 0.3 and spread > 30


def test_a_small_picture_shows_nothing_of_its_opposite_edge(home: Path) -> None:
    halves = np.zeros((32, 32, 3), dtype=np.uint8)
    halves[:, 16:] = 255
    Image.fromarray(halves).save(home / "halves.png")
    with window(home, [home / "halves.png"]) as opened:
        state = opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        opened.key("space")
        x, y, width, height = map(round, state["hits"]["picture"])
        left = x + (width - height) // 2
        seen = np.asarray(opened.grab())[y + 4 : y + height - 4, left + 4 : left + height - 4]
        assert (seen[:, : height // 3] == 0).all() and (seen[:, -height // 3 :] == 255).all()


def with_costly_frames_from(seconds: float) -> str:
    """The app, as where a frame costs the processor much, or nothing, whatever this machine has."""
    return (
        "from runtime_app.view import loop\n"
        f"loop._COSTLY_FRAME = {seconds}\n"
        "from runtime_app.__main__ import main; main()"
    )


def test_where_frames_cost_little_nothing_is_drawn_anew_at_rest(home: Path) -> None:
    with window(home, [CAT], code=with_costly_frames_from(1e9)) as opened:
        opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        time.sleep(2)
        assert not opened.state()["still"]


def test_a_window_at_rest_is_still_until_something_changes(home: Path) -> None:
    with window(home, [CAT], code=with_costly_frames_from(0)) as opened:
        opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        opened.wait(lambda state: state["still"])

        def moves() -> bool:
            opened.key("space")
            return not opened.state()["still"]

        assert any(moves() for _ in range(20)), "on a busy machine it may be at rest again when it is asked"
        opened.wait(lambda state: state["still"])


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_is_left_to_the_ground_has_the_colour_that_it_would_be_covered_with(home: Path, theme: str) -> None:
    """Compared within one process: where a character lies in the texture of all differs from start to start."""
    switched = (
        "from pathlib import Path\n"
        "from runtime_app.view.canvas import Canvas\n"
        "ground = Canvas.ground.fget\n"
        "def covered(canvas): return canvas.palette.back if Path('covered').exists() else ground(canvas)\n"
        "Canvas.ground = property(covered)\n"
        "from runtime_app.__main__ import main; main()"
    )
    with window(home, [CAT], code=switched) as opened:
        opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        if theme == "light":
            opened.key("t")
        seen, drawn = [], []
        for keys in ((), ("plus", "plus")):
            opened.key(*keys) if keys else None
            for covered in (False, True):
                (home / "covered").touch() if covered else (home / "covered").unlink(missing_ok=True)
                opened.move("newest")  # what the pointer is over changes twice, so all is laid out again
                opened.move("picture")
                drawn.append(opened.state()["shapes"])
                seen.append(np.asarray(opened.grab())[: -status_bar.HEIGHT])  # it shows milliseconds
        assert drawn[0] != drawn[1] and drawn[2] != drawn[3], "other parts were left to the ground"
        np.testing.assert_array_equal(seen[0], seen[1])
        np.testing.assert_array_equal(seen[2], seen[3])
        assert (seen[0] != seen[2]).any(), "it was zoomed"


@pytest.mark.parametrize("size", [(1, 20000), (20000, 1)])
def test_a_picture_of_one_row_of_pixels_can_be_seen(home: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, (255, 0, 255)).save(tmp_path / "thin.png")
    with window(home, [tmp_path / "thin.png"]) as opened:
        opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        opened.key("space")  # without the evidence map over it
        for key, least in (("ctrl+1", 600), ("ctrl+3", 120)):  # large, and as a thumbnail
            opened.key(key)
            opened.wait(lambda state: not any(state["waiting"].values()))
            opened.settle()
            found = (np.asarray(opened.grab()) == (255, 0, 255)).all(axis=2)
            assert max(found.sum(axis=0).max(), found.sum(axis=1).max()) >= least
