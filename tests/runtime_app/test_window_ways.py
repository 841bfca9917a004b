"""Ways of using the real window that two parts of it have to agree on: pointer and keys, typing and stepping."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime_app.samples import bars
from tests.runtime_app.test_window_typing import tiles
from tests.runtime_app.window_driver import Window, window

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def evidence_of(state: dict) -> str:
    """The class whose map is shown: the word after "Evidence for"."""
    return state["texts"][state["texts"].index("Evidence for ") + 1]


def test_accuracy_is_gone_through_by_pointer_and_keys_without_an_error(home: Path, labelled: Path) -> None:
    with window(home, [labelled]) as opened:
        opened.wait(lambda state: state["classified"] == 5 and not any(state["waiting"].values()))
        opened.key("ctrl+5")
        for cell in [name for name in opened.state()["hits"] if name.startswith("cell.")]:
            opened.move(cell)
        opened.key("Down", "Tab", "Down", "Tab", "F1", "Escape", "m", "ctrl+2", "ctrl+5", "Tab")
        assert opened.state()["errors"] == []


def test_enter_shows_the_picture_that_the_arrows_came_to(opened: Window) -> None:
    opened.key("ctrl+3")
    while not (opened.state()["focused"] or "").startswith("tile."):
        opened.key("Tab")
    focused = opened.state()["focused"]
    opened.key("End", "Return")
    state = opened.wait(lambda state: state["view"] == "picture")
    assert state["current"] == 2 and focused != "tile.2"


def test_enter_on_the_next_button_goes_on_each_time(opened: Window) -> None:
    while opened.state()["focused"] != "next":
        opened.key("Tab")
    opened.key("Return")
    opened.key("Return")
    assert opened.state()["current"] == 2


def test_tab_leaves_the_text_field_and_keeps_what_was_typed(opened: Window) -> None:
    opened.key("ctrl+f")
    opened.key("e", "r")
    opened.wait(lambda state: tiles(state) == 1)
    opened.key("Tab")
    assert opened.state()["focused"]
    opened.key("x", "Right", "z")
    opened.settle(5)
    state = opened.state()
    assert tiles(state) == 1 and state["view"] == "gallery", "the keys mean actions again"
    opened.key("ctrl+f")
    opened.key("x")
    opened.wait(lambda state: tiles(state) == 0)


def test_a_bar_that_the_pointer_has_left_shows_no_evidence_any_more(opened: Window) -> None:
    opened.move("newest")
    first = evidence_of(opened.state())
    opened.move(bars(opened.state())[5])
    assert evidence_of(opened.state()) != first
    opened.key("ctrl+2")
    opened.move("newest")
    opened.key("ctrl+1")
    assert evidence_of(opened.state()) == first


def test_a_drag_ends_with_its_picture(opened: Window) -> None:
    opened.key("m")
    x, y = opened.point("picture")
    opened.xdotool("mousemove", x, y, "mousedown", 1, "mousemove", x + 9, y + 9)
    opened.settle()
    assert opened.state()["region"] is not None
    opened.key("Right")
    opened.xdotool("mousemove", x + 40, y + 40)
    opened.settle()
    assert opened.state()["region"] is None
    opened.xdotool("mouseup", 1)


def test_full_screen_is_not_the_size_of_the_next_start(home: Path, digits: Path) -> None:
    with window(home, [digits], size=(1500, 900)) as opened:
        opened.wait(lambda state: state["classified"] == 3)
        opened.key("f")
        opened.settle(10)
        opened.xdotool("key", "ctrl+q")
        assert opened.process.wait(10) == 0
    settings = json.loads(next(home.glob(".config/**/settings.json")).read_text())
    assert (settings["width"], settings["height"]) == (1280, 800)


def test_what_is_let_go_while_another_window_has_the_keyboard_is_not_held_any_more(opened: Window) -> None:
    """As with the keys that lead to another window or desktop."""

    def elsewhere(*let_go: object) -> None:
        for way in (("windowfocus", 0), let_go, ("windowfocus", opened.identifier)):
            opened.xdotool(*way)
            opened.settle()

    opened.xdotool("windowfocus", opened.identifier, "keydown", "ctrl")
    opened.settle()
    elsewhere("keyup", "ctrl")
    opened.key("2")
    state = opened.wait_text("You said: 1")
    assert state["view"] == "picture"
    opened.xdotool("mousemove", *opened.point("picture", 0.4, 0.4), "mousedown", 1)
    opened.settle()
    opened.xdotool("mousemove", *opened.point("picture", 0.5, 0.5))
    drawn = opened.wait(lambda state: state["region"])["region"]
    elsewhere("mouseup", 1)
    opened.xdotool("mousemove", *opened.point("picture", 0.6, 0.6))
    opened.settle()
    assert opened.state()["region"] == drawn


def test_a_key_that_another_character_or_the_system_needs_says_nothing_of_the_picture(opened: Window) -> None:
    opened.key("alt+2", "super+2", "ISO_Level3_Shift+2", "alt+c", "ctrl+alt+3")
    state = opened.state()
    assert not any("You said" in text for text in state["texts"])
    assert (state["view"], state["dialog"]) == ("picture", None)
    opened.key("2")
    opened.wait_text("You said: 1")


def test_a_field_that_was_not_there_when_it_was_asked_for_takes_no_keys_later(home: Path, digits: Path) -> None:
    with window(home, []) as opened:
        opened.wait(lambda state: state["bundle"])
        opened.key("ctrl+f", "ctrl+1")
        copied = subprocess.Popen(["xclip", "-selection", "clipboard"], stdin=subprocess.PIPE, env=opened.environment)
        copied.communicate(str(digits).encode())
        opened.key("ctrl+v")
        opened.wait(lambda state: state["classified"] == 3 and not any(state["waiting"].values()))
        opened.key("ctrl+3")
        opened.key("Right")
        assert opened.state()["current"] == 1
