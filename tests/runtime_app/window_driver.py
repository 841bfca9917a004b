"""Drive the real window as a person would: a virtual X server, real pointer and keys (xdotool), pixels of the screen."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageGrab

from tests.runtime_app import close_button

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def x_server(width: int = 1280, height: int = 800, *more: str) -> Iterator[str]:
    """A screen of its own; yields its name for DISPLAY. more: further options of the server."""
    read, write = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(write),
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-nolisten",
        "tcp",
        "-noreset",
        *more,
    ]
    server = subprocess.Popen(command, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


def software_gl(display: str) -> dict[str, str]:
    """The environment of a program on that screen, without what the person at this machine has set for their own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "GDK_", "QT_"))}
    return {**inherited, "DISPLAY": display, "LP_NUM_THREADS": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}


class Window:
    """One process of the app on one X server. `state` is what the app drew; `grab` is what the screen shows.

    program: the command line of another app than this Python's; code: what this Python runs instead of the app.
    """

    def __init__(
        self,
        display: str,
        home: Path,
        arguments: list[str | Path],
        code: str | None = None,
        program: list[str | Path] | None = None,
        **environment: str,
    ) -> None:
        self.display = display
        self.origin = (0, 0)  # pixels from the screen's corner to the window's
        self.home = home
        self.state_file = home / "state.json"
        home.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **software_gl(display),
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "EVIDENCE_STATE_FILE": str(self.state_file),
            **environment,
        }
        self.process = subprocess.Popen(
            [*(program or [sys.executable, *(["-c", code] if code else ["-m", "runtime_app"])]), *map(str, arguments)],
            cwd=home,
            env=self.environment,
            stdin=subprocess.PIPE,  # a file is no stdin for wine
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    # ---- looking -----------------------------------------------------------------------------------------------

    def state(self, seconds: float = 20) -> dict[str, Any]:
        """What was drawn last; raises when the process ended or does not answer."""
        self.state_file.unlink(missing_ok=True)
        request = self.state_file.with_name(self.state_file.name + ".ask")
        request.touch()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.state_file.exists():
                return json.loads(self.state_file.read_text(encoding="utf-8"))
            if self.process.poll() is not None:
                output = self.process.stdout.read().decode(errors="replace") if self.process.stdout else ""
                raise AssertionError(f"the window's process ended with {self.process.returncode}:\n{output}")
            time.sleep(0.02)
        raise AssertionError(f"the window did not answer within {seconds} s")

    def wait(self, wanted: Callable[[dict[str, Any]], object], seconds: float = 30) -> dict[str, Any]:
        """Until the state is as wanted; the state that was."""
        end = time.monotonic() + seconds
        while True:
            state = self.state()
            if wanted(state):
                return state
            if time.monotonic() > end:
                raise AssertionError(f"not reached within {seconds} s; the window shows {json.dumps(state)[:6000]}")
            time.sleep(0.05)

    def wait_text(self, text: str, seconds: float = 30) -> dict[str, Any]:
        return self.wait(lambda state: any(text in shown for shown in state["texts"]), seconds)

    def settle(self, frames: int = 3) -> None:
        """Let the window take what was done: each answer costs it one frame."""
        for _ in range(frames):
            self.state()

    def grab(self) -> Image.Image:
        """RGB picture of the whole screen, as the X server has it."""
        return ImageGrab.grab(xdisplay=self.display)

    # ---- doing -------------------------------------------------------------------------------------------------

    def xdotool(self, *arguments: object) -> None:
        subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, check=True)

    def point(self, name: str, across: float = 0.5, down: float = 0.5) -> tuple[int, int]:
        """Where on the screen the place of this name lies."""
        x, y, width, height = self.state()["hits"][name]
        return round(self.origin[0] + x + across * width), round(self.origin[1] + y + down * height)

    def move(self, name: str) -> None:
        self.xdotool("mousemove", *self.point(name))
        self.settle()

    def click(self, name: str) -> None:
        self.xdotool("mousemove", *self.point(name))
        self.settle(1)
        self.xdotool("click", 1)
        self.settle()

    def key(self, *keys: str) -> None:
        self.xdotool("key", *keys)
        self.settle()

    @property
    def identifier(self) -> int:
        """What the X server calls the window."""
        found = subprocess.run(
            ["xdotool", "search", "--name", "^Evidence$"],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return int(found.stdout.split()[0])

    def press_close(self) -> None:
        """The window's own close button."""
        close_button.press(self.display, self.identifier)

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 8, button: int = 1) -> None:
        self.xdotool("mousemove", *start)
        self.settle(1)
        self.xdotool("mousedown", button)
        self.settle(1)
        for step in range(1, steps + 1):
            place = [round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)]
            self.xdotool("mousemove", *place)
            time.sleep(0.04)
        self.settle(1)
        self.xdotool("mouseup", button)
        self.settle()

    def close(self) -> None:
        """End it, however it stands; tests that mean to close it properly do so themselves."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def window(
    home: Path,
    arguments: list[str | Path],
    size: tuple[int, int] = (1280, 800),
    code: str | None = None,
    program: list[str | Path] | None = None,
    **environment: str,
) -> Iterator[Window]:
    with x_server(*size) as display:
        opened = Window(display, home, arguments, code, program, **environment)
        try:
            yield opened
        finally:
            opened.close()


def missing_programs() -> list[str]:
    return [name for name in ("Xvfb", "xdotool", "xclip") if shutil.which(name) is None]
