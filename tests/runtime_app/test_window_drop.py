"""Files dragged from another program and dropped on the window: real drags, from a program of the desktop's kind."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.runtime_app.samples import ROOT, TINY, bars, draw_digit
from tests.runtime_app.window_driver import Window, window

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def address(path: Path) -> str:
    return "file://" + quote(os.fsencode(path))


def drop(opened: Window, *addresses: str) -> None:
    """Drag these from another program into the middle of the window."""
    command = ["/usr/bin/python3", str(ROOT / "tests" / "runtime_app" / "file_manager.py"), *addresses]
    with subprocess.Popen(command, env=opened.environment, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "ready\n"
        try:
            time.sleep(0.2)
            opened.xdotool("mousemove", 20, 20, "mousedown", 1)
            for step in range(1, 13):
                opened.xdotool("mousemove", 20 + 50 * step, 20 + 30 * step)
                time.sleep(0.05)
            opened.settle(5)  # the window has answered that it takes files
            opened.xdotool("mouseup", 1)
            assert other.stdout.readline() == "end\n"
        finally:
            other.terminate()


def test_pictures_dropped_from_another_program_open_whatever_their_names(home: Path, tmp_path: Path) -> None:
    names = ("one.png", "a b ü 写真.png", os.fsdecode(b"caf\xe9 #1 100%.png"))
    for name in names:
        draw_digit("one", 96).save(tmp_path / name)
    with window(home, []) as opened:
        opened.wait(lambda state: state["bundle"])
        drop(opened, *(address(tmp_path / name) for name in names))
        opened.wait(lambda state: state["classified"] == 3 and len(bars(state)) == 10)
        opened.wait_text("3 of 3")
        assert "one.png" in opened.state()["texts"]


def test_a_folder_and_a_bundle_are_dropped_together_over_an_open_dialog(
    home: Path, digits: Path, tmp_path: Path
) -> None:
    bundle = Path(shutil.copytree(TINY, tmp_path / "dropped bundle"))
    with window(home, []) as opened:
        before = opened.wait(lambda state: state["bundle"])["bundle"]
        opened.key("F1")
        opened.wait(lambda state: state["dialog"] == "help")
        drop(opened, address(bundle), address(digits))
        state = opened.wait(lambda state: state["classified"] == 3 and state["bundle"] != before)
        assert (state["bundle"], state["dialog"]) == (str(bundle), None)


def test_an_address_of_the_web_is_answered_by_what_to_do(home: Path) -> None:
    with window(home, []) as opened:
        opened.wait(lambda state: state["bundle"])
        drop(opened, "https://example.org/picture.png")
        opened.wait_text("What was dropped is not a file on this computer.")
        opened.wait_text("Save it first, then drop the file.")
        opened.click("error.close")
        assert opened.process.poll() is None
