"""What is typed or clicked goes to the text field or the file dialog that lies on top, and to nothing below."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.runtime_app.samples import bars, many_pictures
from tests.runtime_app.window_driver import Window, window

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def tiles(state: dict) -> int:
    return sum(name.startswith("tile.") for name in state["hits"])


def type_name(opened: Window, text: str) -> dict:
    opened.key("ctrl+f")
    opened.key(*text)
    return opened.wait(lambda state: state["view"] == "gallery" and not any(state["waiting"].values()))


def test_a_name_that_nothing_has_is_taken_off_with_the_other_filters(opened: Window) -> None:
    type_name(opened, "xyz")
    opened.wait(lambda state: tiles(state) == 0)
    opened.click("list_all")
    opened.wait(lambda state: tiles(state) == 3)
    opened.settle(5)
    assert tiles(opened.state()) == 3
    type_name(opened, "zer")
    opened.wait(lambda state: tiles(state) == 1)


def test_enter_opens_what_was_found(opened: Window) -> None:
    assert "one.png" in opened.state()["texts"]
    type_name(opened, "zer")
    opened.wait(lambda state: tiles(state) == 1)
    opened.key("Return")
    opened.wait(lambda state: state["view"] == "picture" and "zero.png" in state["texts"])


def test_escape_while_typing_leaves_the_field_and_nothing_else(home: Path, tmp_path: Path) -> None:
    with window(home, [many_pictures(tmp_path / "many", 6000)]) as opened:
        opened.wait(lambda state: state["busy"] and state["classified"] > 0)
        opened.key("ctrl+f")
        opened.key("0", "1", "Escape")
        state = opened.state()
        assert "Continue" not in state["texts"] and (state["busy"] or state["classified"] == 6000)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_below_the_windows_own_file_dialog_reacts(home: Path, digits: Path, tmp_path: Path, theme: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "xdotool").symlink_to(shutil.which("xdotool") or "")
    with window(home, [digits], PATH=str(tmp_path / "bin")) as opened:  # no program that has a file dialog
        before = opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        if theme == "light":
            opened.key("t")
        opened.move("newest")
        opened.settle()
        without = np.asarray(opened.grab(), dtype=float)
        opened.key("ctrl+o")
        opened.wait(lambda state: state["browsing"])
        opened.settle(5)
        shown = np.asarray(opened.grab(), dtype=float)
        changed = np.abs(shown - without).max(axis=2) > 8
        assert changed.mean() > 0.1, "the dialog is on the screen"
        middle = shown[300:500, 400:900].mean()
        assert middle < 110 if theme == "dark" else middle > 180
        x, y = opened.point("picture")
        opened.xdotool("mousemove", x, y, "click", 1)
        opened.key("2", "0", "t", "s")
        opened.drag((x, y), (x + 60, y + 60))
        opened.settle()
        opened.key("Escape")
        after = opened.wait(lambda state: not state["browsing"])
        assert (after["current"], after["region"], after["dialog"]) == (before["current"], None, None)
        assert not any(text.startswith("You said") for text in after["texts"])
        opened.move("newest")
        opened.settle()
        np.testing.assert_allclose(np.asarray(opened.grab(), dtype=float)[60:760], without[60:760], atol=8)
