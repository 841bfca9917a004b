"""What can be saved of the results, and where it goes."""

from functools import partial

from runtime_app.presenter.exports import Kind
from runtime_app.view import widgets
from runtime_app.view.canvas import SMALL, Box, Canvas
from runtime_app.view.ui import Ui


def draw(c: Canvas, room: Box, ui: Ui) -> None:
    """One button a kind. Files go beside the person's documents under a name with the date, never to the pictures."""
    p = ui.presenter
    choices: tuple[tuple[Kind, str, str], ...] = (
        ("csv", "Table (CSV)", "One line a picture, one column a class"),
        ("jsonl", "JSON Lines", "The same lines as `classify --format jsonl`"),
        ("png", "Heatmap (PNG)", "Pictures by classes, as shown here"),
        ("folder", "Training folder", "Copies, one subfolder per class; corrections count"),
        ("confusion", "Confusion (PNG)", "As `evaluate` draws it, for folders of known classes"),
    )
    choices = choices if p.labelled else choices[:-1]
    for place, (kind, label, words) in enumerate(choices):
        y = room.y + place * 44
        widgets.button(c, Box(room.x, y, 152, 32), f"export.{kind}", label, partial(_export, ui, kind), kind="raised")
        c.text(room.x + 168, y + 16, words, SMALL, c.palette.muted, width=room.w - 168)
    c.text(room.x, room.bottom - 8, f"Saved in {p.export_folder()}", SMALL, c.palette.muted, width=room.w)


def _export(ui: Ui, kind: Kind) -> None:
    ui.show_dialog(None)
    ui.presenter.export(kind)
