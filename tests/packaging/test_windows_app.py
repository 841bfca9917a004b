"""The app for Windows, unpacked elsewhere and run under wine: what it says, and its real window.

`make package-windows` builds it and `make test-package-windows` runs this; without a package, these tests are skipped.
"""

import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from package import wine
from runtime_app import __version__
from tests.runtime_app.samples import ROOT, bars, draw_digit
from tests.runtime_app.test_window_drop import address, drop
from tests.runtime_app.window_driver import Window, window

WORK = ROOT / ".wine"
ARCHIVES = sorted((ROOT / "dist" / "windows").glob("evidence-*-windows-*.zip"))
pytestmark = [
    pytest.mark.skipif(not ARCHIVES, reason="nothing is packaged: make package-windows"),
    pytest.mark.skipif(shutil.which("wine") is None, reason="wine is not installed"),
]
BUNDLE = ROOT / "artifacts" / "bundles" / "cifarnet-cifar10"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The archive unpacked, and pictures whose names no code page of Windows has together."""
    folder = tmp_path_factory.mktemp("windows app")
    with zipfile.ZipFile(ARCHIVES[-1]) as archive:
        archive.extractall(folder)
    (folder / "pictures").mkdir()
    for digit, name in (("zero", "a b"), ("one", "\u5199\u771f \u0416\u0443\u043a"), ("seven", "\u00fc")):
        draw_digit(digit, 160).save(folder / "pictures" / f"{name}.png")
    yield folder
    stop_wine()


def stop_wine() -> None:
    """What wine keeps running belongs to the screen on which it began."""
    subprocess.run(["wineserver", "-k"], env=wine.environment(WORK), check=False)
    subprocess.run(["wineserver", "-w"], env=wine.environment(WORK), check=False)


def program(place: Path) -> list[str | Path]:
    return ["wine", place / "evidence" / "evidence.exe"]


def run(place: Path, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [*program(place), *map(str, arguments)]
    return subprocess.run(
        command, cwd=place, env=wine.environment(WORK), input=b"", capture_output=True, timeout=120, check=False
    )


def test_version_and_selftest(place: Path) -> None:
    version = run(place, "--version")
    assert (version.returncode, version.stdout.decode().strip()) == (0, __version__)
    done = run(place, "selftest")
    assert (done.returncode, b"selftest passed" in done.stdout) == (0, True), done.stderr


def test_names_of_every_script_and_the_probabilities_of_the_checkout(place: Path) -> None:
    done = run(place, "classify", place / "pictures", "--format", "jsonl", "--precision", "fp32")
    here = subprocess.run(
        [sys.executable, "-m", "runtime_app", "classify", place / "pictures", "--format", "jsonl", "--bundle", BUNDLE,
         "--precision", "fp32"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pairs = list(zip(map(json.loads, done.stdout.splitlines()), map(json.loads, here.stdout.splitlines()), strict=True))
    assert len(pairs) == 3
    for packaged, expected in pairs:
        assert packaged["path"].replace("\\", "/") == expected["path"]
        assert packaged["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


def test_csv_has_one_line_end_a_row(place: Path) -> None:
    rows = run(place, "classify", place / "pictures", "--format", "csv").stdout.decode().splitlines(keepends=True)
    assert len(rows) == 4 and all(re.fullmatch(r"[^\r\n]+\r\n", row) for row in rows)


@pytest.fixture
def opened(place: Path, tmp_path: Path) -> Iterator[Window]:
    stop_wine()
    for kept in (WORK / "prefix" / "drive_c" / "users").glob("*/AppData/*/evidence"):
        shutil.rmtree(kept)  # settings and corrections of the run before
    with window(tmp_path, [], program=program(place), **wine.environment(WORK)) as shown:
        shown.wait(lambda state: state["bundle"], 90)
        found = subprocess.run(
            ["xdotool", "search", "--name", "^Evidence$", "getwindowgeometry"],
            env=shown.environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        place_words = re.search(r"Position: (\d+),(\d+)", found.stdout)
        assert place_words is not None
        shown.origin = int(place_words[1]), int(place_words[2])
        yield shown


def test_a_dropped_folder_is_classified_seen_and_corrected_and_the_window_closes(place: Path, opened: Window) -> None:
    drop(opened, address(place / "pictures"))
    opened.wait(lambda state: state["classified"] == 3 and len(bars(state)) == 10, 60)
    opened.key("4")
    opened.wait_text("You said: cat")
    opened.click("view.heatmap")
    opened.wait(lambda state: "row.2" in state["hits"])
    opened.click("row.2")
    opened.wait_text("3 of 3")
    colours = opened.grab().convert("RGB").getcolors(1 << 20)
    assert colours is not None and len(colours) > 500, "it is on the screen"
    opened.xdotool("key", "ctrl+q")
    asked = time.monotonic()
    assert opened.process.wait(10) == 0
    assert time.monotonic() - asked < 2
