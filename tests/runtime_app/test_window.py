"""The real window on a real (virtual) screen, with real clicks and keys; one process a test."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.runtime_app.samples import ROOT, TINY, draw_digit
from tests.runtime_app.window_driver import Window, missing_programs, window

CAT = ROOT / "tests" / "pictures" / "cat.jpg"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working folder whose newest bundle is the tiny one, with settings that a first start would have."""
    assert not missing_programs(), f"install {' '.join(missing_programs())}"
    shutil.copytree(TINY, tmp_path / "home" / "artifacts" / "bundles" / "tiny")
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path, digits: Path) -> Iterator[Window]:
    """The window with three digits, classified."""
    with window(home, [digits]) as shown:
        shown.wait(lambda state: state["classified"] == 3 and not any(state["waiting"].values()))
        shown.settle()
        yield shown


def many_pictures(folder: Path, count: int) -> Path:
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    for index, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{index:05}.png", compress_level=0)
    return folder


def bars(state: dict) -> list[str]:
    return [name for name in state["hits"] if name.startswith("bar.")]


def part(picture: Image.Image, box: list[float]) -> np.ndarray:
    x, y, width, height = (round(value) for value in box)
    return np.asarray(picture.crop((x, y, x + width, y + height)), dtype=np.float32)


def test_newest_bundle_and_pictures_of_the_command_line_open_by_themselves(opened: Window) -> None:
    state = opened.state()
    assert "1 of 3" in state["texts"] and "one.png" in state["texts"]
    assert any("ms" in text and "decode" in text for text in state["texts"])
    assert any(text.startswith("CPU fp32") for text in state["texts"]), "the provider that really runs is named"
    assert len(bars(state)) == 10
    assert part(opened.grab(), state["hits"]["picture"]).std() > 10, "the picture is on the screen"


def test_arrows_and_buttons_step_through_pictures(opened: Window) -> None:
    opened.key("Right")
    opened.wait_text("2 of 3")
    opened.key("k")
    opened.wait_text("1 of 3")
    opened.click("next")
    opened.click("next")
    opened.wait_text("3 of 3")


def test_heatmap_has_one_row_a_picture_and_a_click_opens_it(opened: Window) -> None:
    opened.key("ctrl+2")
    state = opened.wait(lambda state: state["view"] == "heatmap")
    rows = [name for name in state["hits"] if name.startswith("row.")]
    assert len(rows) == 3
    numbers = [text for text in state["texts"] if text.startswith(".") or text == "1.00"]
    assert len(numbers) == 30 + 1, "a number in each cell, and 1.00 at the end of the scale"
    opened.click("row.2")
    state = opened.wait(lambda state: state["view"] == "picture")
    assert "3 of 3" in state["texts"]


def test_gallery_shows_thumbnails_and_filters_by_class(opened: Window) -> None:
    opened.click("view.gallery")
    state = opened.wait(lambda state: "tile.2" in state["hits"] and not state["waiting"]["thumbnails"])
    opened.settle()
    assert part(opened.grab(), state["hits"]["tile.0"]).std() > 10, "the thumbnail is on the screen"
    opened.click("class.4")
    state = opened.state()
    assert len([name for name in state["hits"] if name.startswith("tile.")]) < 3


def test_accuracy_view_shows_the_figures_of_evaluate_and_its_mistakes_open(home: Path, labelled: Path, app) -> None:  # type: ignore[no-untyped-def]
    done = app("evaluate", labelled, "--bundle", TINY, "--format", "jsonl", "--device", "cpu")
    whole = json.loads(done.stdout.splitlines()[0])
    with window(home, [labelled]) as opened:
        opened.wait(lambda state: state["classified"] == 5 and not any(state["waiting"].values()))
        opened.click("view.accuracy")
        state = opened.wait(lambda state: state["view"] == "accuracy")
        assert f"{100 * whole['accuracy']:.1f} %" in state["texts"]
        assert "accuracy on 4 pictures, 1 could not be read" in state["texts"]
        rows = [name for name in state["hits"] if name.startswith("mistake.")]
        assert len(rows) == 4 - round(4 * whole["accuracy"]) > 0
        cell = next(name for name in state["hits"] if name.startswith("cell.3."))
        opened.click(cell)
        opened.wait_text("3, called")
        state = opened.state()
        opened.click(next(name for name in state["hits"] if name.startswith("mistake.")))
        opened.wait(lambda state: state["view"] == "picture" and "d.png" in state["texts"])


def test_arrows_walk_through_lists_and_enter_shows_the_picture(home: Path, tmp_path: Path) -> None:
    with window(home, [many_pictures(tmp_path / "many", 300)]) as opened:
        opened.wait(lambda state: state["classified"] == 300 and not any(state["waiting"].values()), 60)
        opened.key("ctrl+2")
        opened.key("End")
        state = opened.wait(lambda state: state["current"] == 299)
        assert "row.299" in state["hits"], "the list follows"
        opened.key("Up", "Up")
        opened.wait(lambda state: state["current"] == 297)
        opened.key("ctrl+3")
        opened.key("Home")
        state = opened.wait(lambda state: state["current"] == 0 and "tile.0" in state["hits"])
        columns = sum(
            1
            for name, box in state["hits"].items()
            if name.startswith("tile.") and box[1] == state["hits"]["tile.0"][1]
        )
        opened.key("Down")
        opened.wait(lambda state: state["current"] == columns > 1)
        opened.key("Next")
        opened.wait(lambda state: state["current"] > columns and f"tile.{state['current']}" in state["hits"])
        opened.key("Return")
        opened.wait(lambda state: state["view"] == "picture")


def test_every_control_of_every_view_is_reached_by_tab(home: Path, labelled: Path) -> None:
    with window(home, [labelled]) as opened:
        opened.wait(lambda state: state["classified"] == 5 and len(bars(state)) == 10)
        for view in ("picture", "heatmap", "gallery", "compare", "accuracy"):
            opened.click(f"view.{view}")
            wanted = set(opened.wait(lambda state: state["view"] == view)["focusable"])  # noqa: B023
            reached = []
            for _ in wanted:
                opened.key("Tab")
                reached.append(opened.state()["focused"])
            assert set(reached) == wanted, (view, reached)
        opened.key("ctrl+3")
        while opened.state()["focused"] != "confidence.low":
            opened.key("Tab")
        opened.key("Right", "Right")
        assert "10\u2013100 %" in opened.state()["texts"]
        opened.key("a")
        assert "0\u2013100 %" in opened.state()["texts"]


def test_gallery_filters_by_confidence_text_and_wrong(home: Path, labelled: Path) -> None:
    def tiles(state: dict) -> int:
        return sum(name.startswith("tile.") for name in state["hits"])

    with window(home, [labelled]) as opened:
        opened.wait(lambda state: state["classified"] == 5 and not any(state["waiting"].values()))
        opened.key("ctrl+3")
        opened.wait(lambda state: tiles(state) == 5)
        opened.drag(opened.point("confidence.high"), opened.point("confidence.low"))
        opened.wait(lambda state: tiles(state) == 0 and "list_all" in state["hits"])
        opened.click("list_all")
        opened.key("w")
        wrong = next(text for text in opened.state()["texts"] if text.startswith("Wrong "))
        assert tiles(opened.state()) == int(wrong.split()[1]) > 0
        opened.key("a")
        opened.key("ctrl+f")
        opened.key("b", "r", "o")
        opened.wait(lambda state: tiles(state) == 1 and "broken.png" in state["texts"])


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


def test_evidence_of_the_class_under_the_pointer_is_laid_over_the_picture(opened: Window) -> None:
    opened.move("newest")
    before = part(opened.grab(), opened.state()["hits"]["picture"])
    opened.key("space")
    without = part(opened.grab(), opened.state()["hits"]["picture"])
    assert np.abs(before - without).mean() > 2, "the map can be taken away"
    opened.key("space")
    opened.move(bars(opened.state())[5])
    hovered = part(opened.grab(), opened.state()["hits"]["picture"])
    assert np.abs(before - hovered).mean() > 1, "another class has another map"
    opened.move("newest")
    again = part(opened.grab(), opened.state()["hits"]["picture"])
    assert np.abs(before - again).max() == 0, "leaving the bar brings the first map back"


def test_dragging_draws_moves_and_resets_the_square(home: Path) -> None:
    with window(home, [CAT]) as opened:
        opened.wait_text("451")
        opened.wait(lambda state: len(bars(state)) == 10)
        opened.drag(opened.point("picture", 0.3, 0.3), opened.point("picture", 0.6, 0.6))
        drawn = opened.wait(lambda state: state["region"] and not any(state["waiting"].values()))["region"]
        assert drawn[2] - drawn[0] == pytest.approx(drawn[3] - drawn[1], abs=0.01), "a square, as the network takes it"
        opened.drag(opened.point("picture", 0.4, 0.4), opened.point("picture", 0.5, 0.4))
        moved = opened.wait(lambda state: state["region"] != drawn)["region"]
        assert moved[0] > drawn[0] and moved[1] == pytest.approx(drawn[1], abs=2)
        opened.key("r")
        opened.wait(lambda state: state["region"] is None)


def test_square_and_zoom_answer_to_keys(home: Path) -> None:
    with window(home, [CAT]) as opened:
        opened.wait(lambda state: len(bars(state)) == 10)
        opened.key("m")
        marked = opened.wait(lambda state: state["region"] and not any(state["waiting"].values()))["region"]
        opened.key("shift+Right")
        moved = opened.wait(lambda state: state["region"] != marked)["region"]
        assert moved[0] > marked[0] and moved[1] == marked[1]
        opened.key("shift+Prior")
        grown = opened.wait(lambda state: state["region"] != moved)["region"]
        assert grown[2] - grown[0] == pytest.approx(1.1 * (moved[2] - moved[0]))
        opened.key("plus")
        before = part(opened.grab(), opened.state()["hits"]["picture"])
        opened.key("ctrl+Right")
        assert np.abs(part(opened.grab(), opened.state()["hits"]["picture"]) - before).mean() > 1
        opened.key("r")
        opened.wait(lambda state: state["region"] is None)


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
