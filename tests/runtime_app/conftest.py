"""Fixtures of the app's tests: a real, small bundle made by this project's exporter, and pictures made on the spot."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from runtime_app.presenter.presenter import Presenter
from runtime_app.settings import Settings
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import idle
from tests.runtime_app.samples import ROOT, TINY, Run, draw_digit, many_pictures, until
from tests.runtime_app.window_driver import Window, missing_programs, window


@pytest.fixture(autouse=True)
def corrections_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A test never reads or writes what the person at this machine taught."""
    file = tmp_path / "corrections.sqlite"
    monkeypatch.setattr("runtime_app.corrections.corrections_file", lambda: file)
    return file


@pytest.fixture
def tiny_bundle(tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


@pytest.fixture
def app(tmp_path: Path) -> Run:
    """Run `python -m runtime_app …` as a user does: another process, an empty working folder, no display."""

    def run(
        *arguments: object, environment_too: Mapping[str, str] = MappingProxyType({}), **options: object
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "runtime_app", *map(str, arguments)]
        environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "COLUMNS": "200"}
        environment |= environment_too
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, **options
        )

    return run


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A folder of three pictures that anyone would call digits: 0, 1 and 7, drawn with thick strokes."""
    folder = tmp_path / "digits"
    folder.mkdir()
    for name in ("zero", "one", "seven"):
        draw_digit(name, 160).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """One subfolder per class: 0, 1 and 7, one picture in a folder where it does not belong, and one that is no picture."""
    folder = tmp_path / "labelled"
    for label, name, file in (("0", "zero", "a"), ("1", "one", "b"), ("7", "seven", "c"), ("3", "seven", "d")):
        (folder / label).mkdir(parents=True)
        draw_digit(name, 96).save(folder / label / f"{file}.png")
    (folder / "0" / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def presenter(tiny_bundle: Path) -> Iterator[Presenter]:
    """With the tiny bundle open; no window."""
    made = Presenter(Settings(device="cpu"))
    made.open_bundle(tiny_bundle)
    until(made, lambda: made.loaded is not None)
    yield made
    made.close(1)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working folder whose newest bundle is the tiny one, with settings that a first start would have."""
    assert not missing_programs(), f"install {' '.join(missing_programs())}"
    shutil.copytree(TINY, tmp_path / "home" / "artifacts" / "bundles" / "tiny")
    return tmp_path / "home"


@pytest.fixture
def opened(home: Path, digits: Path) -> Iterator[Window]:
    """The window with three digits, classified."""
    with window(home, [digits]) as shown:
        shown.wait(lambda state: state["classified"] == 3 and not any(state["waiting"].values()))
        shown.settle()
        yield shown


@pytest.fixture
def ui(presenter: Presenter, tmp_path: Path) -> Ui:
    """Six pictures, classified, in a window of 1280 x 800 points."""
    presenter.open_paths([many_pictures(tmp_path / "many", 6)])
    until(presenter, lambda: presenter.library.classified == 6 and presenter.look is not None and presenter.look.result)
    until(presenter, lambda: idle(presenter))
    return Ui(presenter)
