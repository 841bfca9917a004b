"""The packaged app as a stranger gets it: unpacked elsewhere, an empty environment, not root, no Python of ours in reach.

`make package` builds it and `make test-package` runs this; where dist/ holds no package, these tests are skipped.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from tests.runtime_app.samples import ROOT, TINY, draw_digit
from tests.runtime_app.window_driver import missing_programs, x_server

ARCHIVES = sorted((ROOT / "dist").glob("evidence-*.zip"))
pytestmark = pytest.mark.skipif(not ARCHIVES, reason="nothing is packaged: make package")
LARGEST, FIRST_FRAME = 250_000_000, 2.5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the other user may enter and write to, with the archive unpacked in it."""
    folder = Path("/tmp") / f"evidence package {os.getpid()}"
    folder.mkdir()
    try:
        subprocess.run(["unzip", "-q", ARCHIVES[-1], "-d", folder], check=True)
        for name in ("zero", "one", "seven"):
            (folder / "pictures").mkdir(exist_ok=True)
            draw_digit(name, 160).save(folder / "pictures" / f"{name}.png")
        (folder / "home").mkdir()
        for path in (folder, folder / "home"):
            path.chmod(0o777)
        yield folder
    finally:
        shutil.rmtree(folder)


def command(place: Path, *arguments: object, **environment: str) -> list[str]:
    """`env -i`, as nobody when this is root; nothing of this process's environment gets through."""
    other = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
    given = [f"{name}={value}" for name, value in environment.items()]
    return [*other, "env", "-i", *given, str(place / "evidence" / "evidence"), *map(str, arguments)]


def run(place: Path, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(place, *arguments, **environment), cwd=place, capture_output=True, text=True, timeout=60, check=False
    )


def test_version_is_the_projects(place: Path) -> None:
    from runtime_app import __version__

    done = run(place, "--version")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, __version__, "")


def test_unpacked_folder_is_small_enough() -> None:
    with zipfile.ZipFile(ARCHIVES[-1]) as archive:
        assert sum(entry.file_size for entry in archive.infolist()) <= LARGEST


def test_checksum_is_of_this_archive() -> None:
    subprocess.run(["sha256sum", "--check", "--status", f"{ARCHIVES[-1].name}.sha256"], cwd=ROOT / "dist", check=True)


def test_selftest_passes_on_the_bundle_inside(place: Path) -> None:
    done = run(place, "selftest")
    assert done.returncode == 0, done.stderr
    assert "selftest passed" in done.stdout
    assert str(place / "evidence" / "bundles" / "cifarnet-cifar10") in done.stdout
    assert done.stderr == ""


def test_classify_gives_what_the_checkout_gives(place: Path) -> None:
    done = run(place, "classify", place / "pictures", "--format", "jsonl")
    assert done.returncode == 0 and done.stderr in ("fp32 on CPUExecutionProvider\n", "int8 on CPUExecutionProvider\n")
    bundle = ROOT / "artifacts" / "bundles" / "cifarnet-cifar10"
    here = subprocess.run(
        [sys.executable, "-m", "runtime_app", "classify", place / "pictures", "--format", "jsonl", "--bundle", bundle],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = list(zip(map(json.loads, done.stdout.splitlines()), map(json.loads, here.stdout.splitlines()), strict=True))
    assert len(pairs) == 3
    for packaged, expected in pairs:
        assert packaged["path"] == expected["path"]
        assert packaged["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


def test_bundles_are_found_in_the_data_folder_and_where_the_user_points(place: Path) -> None:
    named = run(place, "selftest", TINY if os.geteuid() else shutil.copytree(TINY, place / "named"))
    assert "selftest passed" in named.stdout, named.stderr
    data = place / "home" / "data" / "evidence" / "bundles"
    shutil.copytree(TINY, data / "tiny")
    shipped = place / "evidence" / "bundles"
    shipped.rename(place / "aside")
    try:
        found = run(place, "selftest", XDG_DATA_HOME=str(data.parents[1]))
        missing = run(place, "selftest")
    finally:
        (place / "aside").rename(shipped)
    assert found.returncode == 0 and str(data / "tiny") in found.stdout
    assert missing.returncode == 2 and "There is no bundle in" in missing.stderr and "make demo" not in missing.stderr


def test_without_a_display_one_sentence_says_so(place: Path) -> None:
    done = run(place)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: No window can be opened here") and done.stderr.count("\n") == 1


def test_log_folder_that_is_read_only_costs_only_the_log(place: Path) -> None:
    log = place / "state" / "evidence" / "log"
    log.mkdir(parents=True)
    log.chmod(0o555)
    done = run(place, XDG_STATE_HOME=str(place / "state"))
    assert done.returncode == 2
    assert done.stderr.startswith("Error: No window can be opened here") and done.stderr.count("\n") == 1


def test_licences_of_everything_inside_are_listed(place: Path) -> None:
    parts = json.loads((place / "evidence/_internal/runtime_app/licences.json").read_text(encoding="utf-8"))
    names = {part["name"] for part in parts}
    assert {"Python", "Evidence", "Roboto", "onnxruntime", "dearpygui", "numpy", "pillow", "pyinstaller"} <= names
    assert all(part["licence"] for part in parts)
    texts = (place / "evidence" / "LICENCES.txt").read_text(encoding="utf-8")
    assert all(f"\n{part['name']} {part['version']}\n" in texts for part in parts)


def test_desktop_entry_is_valid_and_starts_this_copy(place: Path) -> None:
    if shutil.which("desktop-file-validate") is None:
        pytest.skip("desktop-file-utils is not installed")
    subprocess.run(
        ["sh", place / "evidence" / "install-desktop-entry.sh"],
        env={"HOME": str(place / "home"), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    entry = place / "home" / ".local/share/applications/evidence.desktop"
    for path in (place / "evidence/share/applications/evidence.desktop", entry):
        done = subprocess.run(["desktop-file-validate", path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")
    assert f'Exec="{place / "evidence" / "evidence"}" %F\n' in entry.read_text()


@pytest.mark.skipif(bool(missing_programs()), reason="the window's tests need Xvfb and xdotool")
def test_window_opens_in_time_shows_the_app_and_closes(place: Path, tmp_path: Path) -> None:
    with x_server() as display, opened(place, display) as (process, seconds):
        assert seconds <= FIRST_FRAME
        time.sleep(2)
        before = ImageGrab.grab(xdisplay=display)
        before.save(tmp_path / "window.png")
        subprocess.run(["xdotool", "key", "F1"], env={"DISPLAY": display, "PATH": os.environ["PATH"]}, check=True)
        time.sleep(1)
        assert ImageGrab.grab(xdisplay=display).tobytes() != before.tobytes()  # the help lies over it
        subprocess.run(["xdotool", "key", "ctrl+q"], env={"DISPLAY": display, "PATH": os.environ["PATH"]}, check=True)
        assert process.wait(10) == 0


@contextlib.contextmanager
def opened(place: Path, display: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The window with DISPLAY alone in its environment, and the seconds until the screen showed more than one colour."""
    start = time.monotonic()
    process = subprocess.Popen(command(place, DISPLAY=display), cwd=place)
    try:
        while not _drawn(ImageGrab.grab(xdisplay=display)):
            assert process.poll() is None, f"the app ended with {process.returncode}"
            assert time.monotonic() - start < 30
            time.sleep(0.02)
        yield process, time.monotonic() - start
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def _drawn(screen: Image.Image) -> bool:
    """The probe's window is 64 pixels wide and off the screen; the app's own covers most of it with a few inks."""
    colours = screen.convert("RGB").getcolors(1 << 20) or []
    return len(colours) > 20
