"""How this copy of the app was installed: packaged with its own Python, as a command, or from a checkout."""

import importlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from runtime_app.errors import explain_missing_library


def app_folder() -> Path | None:
    """The folder of the packaged app's executable; None when an ordinary Python runs it."""
    return Path(sys.executable).resolve().parent if getattr(sys, "frozen", False) else None


def in_checkout() -> bool:
    """Whether the project's Makefile lies beside this package, so that its targets can be named in advice."""
    return (Path(__file__).parents[1] / "Makefile").is_file()


def program(module: str, command: str) -> str:
    """What a person types to start this program again: `python -m MODULE` in a checkout, otherwise `COMMAND`."""
    return f"{_python()} -m {module}" if sys.argv[0].endswith(".py") else command


def _python() -> str:
    """The Python that runs this, as short as a shell understands it."""
    found = shutil.which("python")
    if found is not None and os.path.realpath(sys.prefix) == os.path.realpath(os.path.dirname(os.path.dirname(found))):
        return "python"
    try:
        here = os.path.relpath(sys.executable)
    except (OSError, ValueError):  # the working folder was deleted; another drive of Windows
        here = os.pardir
    return command_line([sys.executable if here.startswith(os.pardir) else here])


def app_program() -> str:
    """The same for the app itself, for sentences that name one of its commands."""
    return program("runtime_app", "evidence")


def training_program() -> str:
    """What a person types to train: in a checkout the app's own Python has no PyTorch, that of `make` for training has."""
    if in_checkout() and sys.argv[0].endswith(".py") and importlib.util.find_spec("torch") is None:
        return ".venv-train/bin/python -m trainer"
    return program("trainer", "evidence-train")


def command_line(words: Sequence[str]) -> str:
    """Words as a person types them into this system's own shell."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def forget_own_libraries() -> None:
    """Let programs that the packaged app starts (dialogs, clipboard) use the system's libraries, not those inside it.

    The bootloader puts the app's folder into LD_LIBRARY_PATH; this process has read it already and no longer needs it.
    """
    if app_folder() is None:
        return
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is None:
        os.environ.pop("LD_LIBRARY_PATH", None)
    else:
        os.environ["LD_LIBRARY_PATH"] = before


@contextmanager
def named_if_missing(extra: str | None) -> Iterator[None]:
    """Around the first imports. Of a command that pip installed, `extra` is what brings the libraries; None: the Python of
    `python -m` is not the one that has them. Status 2."""
    try:
        yield
    except ModuleNotFoundError as error:
        sentence = explain_missing_library(error)
        if sentence is None:
            raise
        named = f"{error.name} is not installed. In the checkout, run `pip install '.[{extra}]'`."
        sys.stderr.write(f"Error: {' '.join(sentence) if extra is None else named}\n")
        sys.exit(2)


def start_installed(module: str, extra: str) -> NoReturn:
    """Run MODULE's command line; where pip installed it without what it needs, say which extra brings that (status 2)."""
    importlib.import_module(f"{module}.__main__").main(extra)
    sys.exit(0)
