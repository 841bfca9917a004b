"""Two bundles on the same pictures: disagreements first."""

from runtime_app.view.canvas import BODY, Box, Canvas
from runtime_app.view.ui import Ui


def draw(c: Canvas, box: Box, ui: Ui) -> None:
    c.rectangle(box, c.palette.back)
    c.text(box.centre, box.middle, "Choose a second bundle", BODY, c.palette.muted, anchor="m")
