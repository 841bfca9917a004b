"""The metrics as TensorBoard events, for people who watch their runs there."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from runtime_app.errors import UserError
from trainer.metrics import EpochMetrics


class Events:
    """Writes one point per epoch and figure; without a writer, nothing."""

    def __init__(self, writer: Any = None) -> None:
        self._writer = writer

    def add(self, row: EpochMetrics) -> None:
        if self._writer is not None:
            for name, value in asdict(row).items():
                if name != "epoch":
                    self._writer.add_scalar(name, value, row.epoch)
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def open_events(folder: Path, epochs_done: int, *, wanted: bool) -> Events:
    """Events in `folder`/tensorboard. Points after `epochs_done`, left by a killed run, are no longer shown."""
    if not wanted:
        return Events()
    return Events(_writer_class()(str(folder / "tensorboard"), purge_step=epochs_done + 1))


def check_tensorboard() -> None:
    """Raises UserError when the package tensorboard is missing."""
    _writer_class()


def _writer_class() -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise UserError(
            "--tensorboard needs the package tensorboard, which is not installed.",
            "Run: python -m pip install tensorboard",
        ) from error
    return SummaryWriter
