"""Open the window and run its loop: take what workers finished, take what the person did, lay out, draw, sleep if idle."""

import contextlib
import gc
import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from runtime_app import heap, providers
from runtime_app.bundle import Bundle
from runtime_app.imaging import Resize
from runtime_app.presenter import Presenter
from runtime_app.providers import CudaDoesNotRun, Device
from runtime_app.settings import Settings, load_settings, save_settings
from runtime_app.terminal import log
from runtime_app.view.probe import refuse_without_display

# Seconds from one frame to the next: while a person does something, and while only workers do or nothing happens. A frame
# of software OpenGL costs 15 ms of the processor that the workers need.
_TOUCHED_FRAME, _RESTING_FRAME = 1 / 60, 1 / 10
_RESTING_AFTER = 0.7  # seconds without input
_CLOSING = 0.4  # seconds that workers get to end by themselves


def open_window(
    bundle: Bundle | None,
    pictures: list[Path],
    *,
    device: Device = "auto",
    precision: str = "auto",
    resize: Resize | None = None,
) -> NoReturn:
    """Show the window until it is closed, which ends the process with status 0.

    bundle None: the newest is opened by itself. Raises UserError (exit status 2) without a display or OpenGL, or when
    CUDA was asked for by name and does not run here.
    """
    heap.share_among_threads()
    refuse_without_display()
    if device == "cuda" and (obstacle := providers.cuda_obstacle()) is not None:
        raise CudaDoesNotRun(obstacle)
    settings, notice = load_settings()
    chosen: dict[str, str] = {} if device == "auto" else {"device": device}
    chosen |= {} if precision == "auto" else {"precision": precision}
    presenter = Presenter(settings, resize)
    presenter.change_settings(**chosen)
    presenter.tell(notice)
    presenter.open_bundle(bundle)
    if pictures:
        presenter.open_paths(pictures)
    try:
        _run(presenter)
    finally:
        _keep_settings(presenter.settings, dict.fromkeys(chosen), settings)
        presenter.close(_CLOSING)
    # A decoder or the network may still run, and taking libraries and window apart has made people wait for seconds on a
    # busy machine. The system takes all of it back at once; what had to be kept is on the disk.
    logging.shutdown()
    os._exit(0)


def _run(presenter: Presenter) -> None:
    from runtime_app.view.loop import Loop  # imports dearpygui, which is only wanted once a display is known

    stopping = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    loop = Loop(presenter)
    sys.setswitchinterval(0.001)  # decoding threads must not make the window wait for its turn
    gc.freeze()  # what was imported stays: fewer pauses in frames
    try:
        while loop.surface.open and not stopping and not loop.ui.leave:
            began = time.perf_counter()
            loop.turn()
            target = 0.0 if loop.behind else _frame_time(began - loop.touched_at)
            presenter.workers["look"].wait(max(0.0, target - (time.perf_counter() - began)))
    finally:
        width, height = loop.surface.viewport_size()
        presenter.change_settings(width=width, height=height)
        for number, handler in before.items():
            signal.signal(number, handler)


def _frame_time(untouched: float) -> float:
    """Seconds until the next frame; what a person waits for, the look worker's answer, does not wait for it."""
    return _TOUCHED_FRAME if untouched <= _RESTING_AFTER else _RESTING_FRAME


def _keep_settings(settings: Settings, chosen: dict[str, None], original: Settings) -> None:
    """Write the settings; what was asked for on the command line holds for this run alone."""
    import msgspec

    for name in chosen:
        settings = msgspec.structs.replace(settings, **{name: getattr(original, name)})
    try:
        save_settings(settings)
    except (OSError, ValueError) as error:
        with contextlib.suppress(Exception):
            log.error("The settings could not be saved: %s", error)
