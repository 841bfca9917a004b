"""What the views of the real window show and how keys and pointer work in them; one process a test."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.runtime_app.samples import ROOT, TINY, bars, many_pictures
from tests.runtime_app.window_driver import Window, window

CAT = ROOT / "tests" / "pictures" / "cat.jpg"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


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


def test_a_large_picture_is_sharp_when_it_is_enlarged(home: Path) -> None:
    stripes = np.zeros((1500, 2400, 3), dtype=np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(home / "stripes.png")
    with window(home, [home / "stripes.png"]) as opened:
        opened.wait(lambda state: len(bars(state)) == 10 and not any(state["waiting"].values()))
        opened.key("space")
        x, y, _, _ = opened.state()["hits"]["picture"]
        seen = [x + 50, y + 100, 200, 200]
        assert part(opened.grab(), seen).std() < 30, "the preview has no room for them"
        opened.key(*["plus"] * 10)
        opened.wait(lambda state: state["zoom"] > 8 and not any(state["waiting"].values()))
        opened.settle()
        assert part(opened.grab(), seen).std() > 60


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
