"""A frame laid out without a window."""

from runtime_app.presenter.presenter import Presenter
from runtime_app.view import frame
from runtime_app.view.canvas import Canvas, Hit
from runtime_app.view.ui import Ui


def idle(presenter: Presenter) -> bool:
    """Whether what is shown stays as it is."""
    return not any(worker.queue_length for name, worker in presenter.workers.items() if name not in ("watch", "bundle"))


def laid_out(ui: Ui, *, hovered: str | None = None, focused: str | None = None) -> Canvas:
    return frame.compose(ui, hovered, focused, with_tooltip=False)


def place_of(canvas: Canvas, name: str) -> Hit:
    return next(hit for hit in canvas.hits if hit.name == name)
