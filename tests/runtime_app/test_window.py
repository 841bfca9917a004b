"""The real window on a real (virtual) screen, with real clicks and keys; one process a test."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.runtime_app.samples import ROOT, TINY, bars, draw_digit, many_pictures
from tests.runtime_app.window_driver import Window, window, x_server

CAT = ROOT / "tests" / "pictures" / "cat.jpg"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def test_correction_by_key_or_list_is_there_again_in_the_next_run(home: Path, digits: Path) -> None:
    with window(home, [digits]) as opened:
        opened.wait(lambda state: state["classified"] == 3 and len(bars(state)) == 10)
        opened.key("3")
        opened.wait_text("You said: 2")
        opened.key("Right")
        opened.wait_text("2 of 3")
        opened.click("correct")
        opened.click("say.8")
        opened.wait_text("You said: 8")
        opened.process.send_signal(signal.SIGTERM)
        assert opened.process.wait(10) == 0
    with window(home, [digits]) as opened:
        opened.wait_text("You said: 2")
        opened.key("c")
        opened.click("uncorrect")
        opened.wait(lambda state: not any(text.startswith("You said") for text in state["texts"]))


def test_class_of_many_is_found_by_typing(home: Path, digits: Path) -> None:
    code = (
        "import runtime_app.presenter.state as state\n"
        "state.KEYED = 5  # the list of classes then offers what it offers for many\n"
        "from runtime_app.__main__ import main; main()"
    )
    with window(home, [digits], code=code) as opened:
        opened.wait(lambda state: state["classified"] == 3 and len(bars(state)) == 10)
        opened.key("c")
        opened.settle()
        opened.key("7")
        opened.wait(lambda state: [name for name in state["hits"] if name.startswith("say.")] == ["say.7"])
        opened.key("Return")
        opened.wait_text("You said: 7")


def test_results_and_confusion_are_saved_by_keys_and_the_selftest_runs(home: Path, labelled: Path) -> None:
    with window(home, [labelled], XDG_DOCUMENTS_DIR=str(home / "documents")) as opened:
        opened.wait(lambda state: state["classified"] == 5 and len(bars(state)) == 10)
        for kind in ("confusion", "folder"):
            opened.key("ctrl+s")
            opened.click(f"export.{kind}")
            opened.wait(lambda state: not any(state["waiting"].values()))
        saved = list((home / "documents" / "evidence").iterdir())
        assert [path.suffix for path in saved if path.is_file()] == [".png"]
        opened.key("ctrl+t")
        top = opened.wait_text("Passed on CPU")["texts"]
        opened.key("Next")
        opened.wait(lambda state: state["texts"] != top)
        opened.key("End")
        opened.wait_text("evidence.log")


def test_unreadable_picture_becomes_the_error_window_and_the_app_goes_on(home: Path, digits: Path) -> None:
    broken = home / "broken.png"
    broken.write_bytes(b"this is no picture")
    with window(home, [broken]) as opened:
        state = opened.wait(lambda state: state["errors"])
        assert "is not a picture" in state["errors"][0]
        assert any("Traceback" in text for text in state["texts"]), "technical details can be read"
        opened.click("error.copy")
        copied = subprocess.run(
            ["xclip", "-o", "-selection", "clipboard"],
            env=opened.environment,
            capture_output=True,
            timeout=10,
            check=True,
        )
        assert b"UnidentifiedImageError" in copied.stdout
        opened.click("error.close")
        state = opened.wait(lambda state: not state["errors"])
        assert "theme" in state["hits"], "the window answers again"


def test_exception_in_a_callback_becomes_the_error_window(home: Path, digits: Path) -> None:
    code = (
        "from runtime_app.presenter import Presenter\n"
        "def step(self, by): raise ZeroDivisionError('on purpose')\n"
        "Presenter.step = step\n"
        "from runtime_app.__main__ import main; main()"
    )
    with window(home, [digits], code=code) as opened:
        opened.wait(lambda state: state["classified"] == 3)
        opened.key("Right")
        opened.wait(lambda state: any("on purpose" in title for title in state["errors"]))
        opened.key("Escape")
        opened.wait(lambda state: not state["errors"])
        opened.key("ctrl+2")
        opened.wait(lambda state: state["view"] == "heatmap")


def test_altered_bundle_is_refused_and_the_open_one_stays(opened: Window) -> None:
    model = opened.home / "artifacts" / "bundles" / "tiny" / "model.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    opened.click("newest")
    state = opened.wait(lambda state: state["errors"])
    assert "model.onnx was altered" in state["errors"][0]
    opened.key("Escape")
    opened.key("Right")
    opened.wait_text("2 of 3")
    assert len(bars(opened.wait(lambda state: len(bars(state)) == 10))) == 10


def test_zip_from_the_dialog_and_a_folder_opened_before_open(home: Path, digits: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", TINY)
    dialog = tmp_path / "bin" / "zenity"
    dialog.parent.mkdir()
    dialog.write_text(f'#!/bin/sh\ncase "$*" in *zip*) echo "{archive}";; *) exit 1;; esac\n')
    dialog.chmod(0o755)
    with window(home, [], PATH=f"{dialog.parent}:{os.environ['PATH']}") as opened:
        opened.wait(lambda state: not state["waiting"]["look"])
        opened.click("bundle")
        opened.wait(lambda state: "bundle.0" in state["hits"])
        opened.click("bundle_zip")
        opened.wait(lambda state: state["dialog"] is None and not any(state["waiting"].values()))
        opened.key("ctrl+b")
        state = opened.wait(lambda state: "bundle.1" in state["hits"])
        assert ".zip" in state["texts"] and "accuracy" in state["texts"]
        opened.process.send_signal(signal.SIGTERM)
        assert opened.process.wait(10) == 0
    with window(home, [digits]) as opened:
        opened.wait(lambda state: state["classified"] == 3)
        opened.process.send_signal(signal.SIGTERM)
        assert opened.process.wait(10) == 0
    with window(home, []) as opened:
        opened.wait_text("Open a picture")
        opened.key("ctrl+r")
        opened.click("recent.0")
        opened.wait(lambda state: state["classified"] == 3)


def test_cancel_stops_the_batch_and_continue_finishes_it(home: Path, tmp_path: Path) -> None:
    with window(home, [many_pictures(tmp_path / "many", 6000)]) as opened:
        opened.wait(lambda state: state["busy"] and state["classified"] > 0)
        opened.click("cancel")
        state = opened.wait(lambda state: not state["busy"])
        assert 0 < state["classified"] < 6000
        assert "Continue" in state["texts"]
        opened.click("cancel")
        opened.wait(lambda now: now["classified"] > state["classified"])


@pytest.mark.parametrize("way", ["SIGTERM", "Ctrl+Q"])
def test_closing_under_load_ends_the_process_within_two_seconds(home: Path, tmp_path: Path, way: str) -> None:
    with window(home, [many_pictures(tmp_path / "many", 6000)]) as opened:
        opened.wait(lambda state: state["busy"] and state["classified"] > 0)
        start = time.monotonic()
        if way == "SIGTERM":
            opened.process.send_signal(signal.SIGTERM)
        else:
            opened.xdotool("key", "ctrl+q")
        assert opened.process.wait(10) == 0
        assert time.monotonic() - start < 2.0
        assert opened.process.stdout is not None and opened.process.stdout.read() == b""


def test_device_changes_while_the_window_stays(opened: Window) -> None:
    opened.key("ctrl+comma")
    opened.click("device.cpu")
    opened.key("Escape")
    state = opened.wait(lambda state: state["dialog"] is None and not state["waiting"]["look"])
    assert not any("not on the GPU" in text for text in state["texts"]), "CPU was asked for, so nothing is missing"
    opened.wait(lambda state: state["classified"] == 3 and len(bars(state)) == 10)


def test_theme_help_and_about_open_by_key_and_close_by_escape(opened: Window) -> None:
    dark = np.asarray(opened.grab()).mean()
    opened.key("t")
    assert np.asarray(opened.grab()).mean() > dark + 60
    for key, text in (("F1", "Shortcuts"), ("ctrl+i", "About")):
        opened.key(key)
        opened.wait_text(text)
        opened.key("Escape")
        opened.wait(lambda state: state["dialog"] is None)


def test_settings_are_kept_and_a_broken_file_is_set_aside(home: Path, digits: Path) -> None:
    file = home / ".config" / "evidence" / "settings.json"
    file.parent.mkdir(parents=True)
    file.write_text("{ broken")
    with window(home, [digits]) as opened:
        opened.wait_text("set aside")
        opened.key("t")
        opened.process.send_signal(signal.SIGTERM)
        assert opened.process.wait(10) == 0
    assert '"light"' in file.read_text()
    assert file.with_name("settings.json.broken").read_text() == "{ broken"


def test_without_a_display_one_sentence_names_the_command_line(app, digits: Path) -> None:  # type: ignore[no-untyped-def]
    done = app("--bundle", TINY, digits)
    assert done.returncode == 2
    assert "python -m runtime_app classify" in done.stderr
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_a_display_without_opengl_is_told_in_the_same_sentence(app, digits: Path) -> None:  # type: ignore[no-untyped-def]
    with x_server(1280, 800, "-extension", "GLX") as display:
        done = app("--bundle", TINY, digits, environment_too={"DISPLAY": display})
    assert done.returncode == 2
    assert "python -m runtime_app classify" in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_empty_window_says_what_to_do(home: Path) -> None:
    with window(home, []) as opened:
        opened.wait_text("Open a picture, a folder, or paste one")
        picture = home / "pasted.png"
        draw_digit("seven", 64).save(picture)
        subprocess.run(
            ["xclip", "-selection", "clipboard", "-t", "image/png", "-i", str(picture)],
            env=opened.environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        opened.key("ctrl+v")
        opened.wait(lambda state: state["pictures"] == 1 and len(bars(state)) == 10)
