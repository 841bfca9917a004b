"""For tests and scripts: on request, what is on the screen right now as JSON, taken from the frame that was drawn.

With EVIDENCE_STATE_FILE=FILE in the environment, creating FILE.ask makes the window write FILE and remove FILE.ask.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime_app.view.loop import Loop


@dataclass(frozen=True)
class StateDump:
    path: Path | None

    def write_if_asked(self, loop: "Loop") -> None:
        if self.path is None:
            return
        request = self.path.with_name(self.path.name + ".ask")
        if not request.exists():
            return
        request.unlink()  # first: as soon as the answer lies there, the next question may come
        temporary = self.path.with_name(self.path.name + ".part")
        temporary.write_text(json.dumps(_state(loop)), encoding="utf-8")
        temporary.replace(self.path)


def from_environment() -> StateDump:
    name = os.environ.get("EVIDENCE_STATE_FILE")
    return StateDump(Path(name) if name else None)


def _state(loop: "Loop") -> dict[str, Any]:
    """texts: every text drawn, in order; hits: name -> [x, y, w, h] in pixels of the window."""
    s, p = loop.surface.scale, loop.presenter
    return {
        "texts": loop.canvas.texts(),
        "shapes": len(loop.canvas.shapes),
        "still": loop.still,
        "hits": {hit.name: [hit.box.x * s, hit.box.y * s, hit.box.w * s, hit.box.h * s] for hit in loop.canvas.hits},
        "focusable": [hit.name for hit in loop.canvas.hits if (hit.click or hit.step) and hit.focusable],
        "focused": loop.focused,
        "bundle": None if p.loaded is None else str(p.loaded.bundle.path),
        "current": p.current,
        "view": p.view,
        "dialog": loop.ui.dialog,
        "browsing": loop.surface.browser.open,
        "errors": [error.title for error in p.errors],
        "failure": None if p.failure is None else [p.failure.title, p.failure.advice],
        "busy": p.busy,
        "waiting": {name: worker.queue_length for name, worker in p.workers.items() if name not in ("watch", "bundle")},
        "pictures": len(p.library),
        "classified": p.library.classified,
        "region": None if p.region is None else [p.region.left, p.region.top, p.region.right, p.region.bottom],
        "zoom": loop.ui.camera.zoom,
    }
