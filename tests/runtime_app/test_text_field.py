"""The text field is Dear PyGui's own, and still of one piece with what the window draws."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from runtime_app.view.palette import LIGHT
from tests.runtime_app.window_driver import window

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")
_FIELD = (16, 108, 168, 28)  # x, y, width, height in points, where the gallery has it


@pytest.mark.parametrize("scale", [1, 1.5, 2])
def test_text_field_grows_with_everything_else(home: Path, digits: Path, scale: float) -> None:
    settings = home / ".config" / "evidence" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"theme": "light", "scale": scale}))
    size = round(900 * scale), round(600 * scale)
    with window(home, [digits], size) as opened:
        opened.wait(lambda state: state["classified"] == 3)
        opened.key("ctrl+3")
        opened.wait(lambda state: "tile.0" in state["hits"])
        opened.settle()
        x, y, width, height = (round(value * scale) for value in _FIELD)
        picture = np.asarray(opened.grab(), dtype=float)[y - 2 : y + height + 2, x : x + width]
    field = np.abs(picture - LIGHT.raised).max(axis=2)[:, round(6 * scale)] < 8
    ink = np.abs(picture - LIGHT.muted).max(axis=2) < 60
    assert field.sum() == pytest.approx(28 * scale, abs=1.5)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert rows[-1] - rows[0] == pytest.approx(13 * scale, abs=1.5), "from the top of F to the foot of y"
    assert columns[0] == pytest.approx(11 * scale, abs=2)
