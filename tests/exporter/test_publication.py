"""A bundle appears whole or not at all, whatever happens while it is written."""

import errno
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from exporter import publish as publishing
from exporter.publish import publish
from runtime_app.bundle import open_bundle
from runtime_app.catalog import find_bundles
from runtime_app.errors import UserError, explain

from .conftest import Export
from .publications import bundle_of


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bundle_is_published_whole_and_nothing_else_is_left(export: Export, tmp_path: Path) -> None:
    contents, manifest = bundle_of(export)
    assert publish(tmp_path / "tiny", contents, manifest, overwrite=False)
    assert open_bundle(tmp_path / "tiny").read("MODEL_CARD.md") == b"card"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_identical_bundle_is_already_published(export: Export, tmp_path: Path) -> None:
    contents, manifest = bundle_of(export)
    publish(tmp_path / "tiny", contents, manifest, overwrite=False)
    assert not publish(tmp_path / "tiny", contents, manifest, overwrite=False)


def test_different_bundle_is_refused_without_overwrite_and_replaced_with_it(export: Export, tmp_path: Path) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)
    before = _snapshot(tmp_path)
    other = bundle_of(export, "another card")
    with pytest.raises(UserError, match="already another bundle"):
        publish(tmp_path / "tiny", *other, overwrite=False)
    assert _snapshot(tmp_path) == before
    assert publish(tmp_path / "tiny", *other, overwrite=True)
    assert open_bundle(tmp_path / "tiny").read("MODEL_CARD.md") == b"another card"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_replacing_works_where_folders_cannot_change_places(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)
    monkeypatch.setattr(publishing, "_exchange", lambda first, second: False)
    publish(tmp_path / "tiny", *bundle_of(export, "another card"), overwrite=True)
    assert open_bundle(tmp_path / "tiny").read("MODEL_CARD.md") == b"another card"
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_damaged_bundle_of_that_name_is_not_taken_for_identical(export: Export, tmp_path: Path) -> None:
    contents, manifest = bundle_of(export)
    publish(tmp_path / "tiny", contents, manifest, overwrite=False)
    (tmp_path / "tiny" / "MODEL_CARD.md").write_bytes(b"cars")
    with pytest.raises(UserError, match="already another bundle"):
        publish(tmp_path / "tiny", contents, manifest, overwrite=False)


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("moment", range(4))
def test_full_disk_and_interrupt_leave_the_old_bundle_and_no_half_one(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, moment: int
) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)
    before = _snapshot(tmp_path)
    calls = iter(range(10))
    real = os.fsync

    def failing(handle: int) -> None:
        if next(calls) == moment:
            raise failure
        real(handle)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(type(failure)) as raised:
        publish(tmp_path / "tiny", *bundle_of(export, "another card"), overwrite=True)
    assert _snapshot(tmp_path) == before
    if isinstance(raised.value, OSError):
        assert explain(raised.value).title == f"The disk is full: {tmp_path / 'tiny'}."


_KILLED = """
import pickle, sys
from pathlib import Path
import exporter.publish as publishing
destination, contents, manifest = pickle.load(open(sys.argv[1], "rb"))
print("ready", flush=True)
while True:
    publishing.publish(destination, contents, manifest, overwrite=True)
    contents, manifest, other = pickle.load(open(sys.argv[2], "rb"))
    publishing.publish(destination, contents, manifest, overwrite=True)
    contents, manifest = other
"""


def test_killed_at_any_moment_it_never_leaves_a_bundle_that_is_accepted_and_not_complete(
    export: Export, tmp_path: Path
) -> None:
    import pickle

    first, second = bundle_of(export), bundle_of(export, "another card")
    bundles = tmp_path / "bundles"
    (tmp_path / "first").write_bytes(pickle.dumps((bundles / "tiny", *first)))
    (tmp_path / "second").write_bytes(pickle.dumps((*second, first)))
    (tmp_path / "loop.py").write_text(_KILLED)
    root = str(Path(publishing.__file__).parents[1])
    publish(bundles / "tiny", *first, overwrite=False)
    for attempt in range(12):
        child = subprocess.Popen(
            [sys.executable, str(tmp_path / "loop.py"), str(tmp_path / "first"), str(tmp_path / "second")],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": root},
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.003 * attempt)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert any(entry.path.name == "tiny" for entry in find_bundles([bundles])), "the bundle of that name is gone"
        for entry in find_bundles([bundles]):
            open_bundle(entry.path)  # raises when it is not whole


def test_zip_is_one_file_with_the_same_bytes_every_time(export: Export, tmp_path: Path) -> None:
    contents, manifest = bundle_of(export)
    archives = []
    for place in ("here", "there"):
        archive = tmp_path / place / "tiny.zip"
        assert publish(tmp_path / place / "tiny", contents, manifest, overwrite=False, archive=archive)
        written = archive.stat()
        assert not publish(tmp_path / place / "tiny", contents, manifest, overwrite=False, archive=archive)
        assert (archive.stat().st_ino, archive.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
        archives.append(archive.read_bytes())
        assert sorted(path.name for path in archive.parent.iterdir()) == ["tiny", "tiny.zip"]
    assert archives[0] == archives[1]
    assert open_bundle(archive).manifest.name == "tiny"
    assert "bundle.json" in zipfile.ZipFile(archive).namelist()


def test_zip_is_added_to_a_bundle_that_is_already_published(export: Export, tmp_path: Path) -> None:
    contents, manifest = bundle_of(export)
    publish(tmp_path / "tiny", contents, manifest, overwrite=False)
    assert not publish(tmp_path / "tiny", contents, manifest, overwrite=False, archive=tmp_path / "tiny.zip")
    assert open_bundle(tmp_path / "tiny.zip").manifest == open_bundle(tmp_path / "tiny").manifest


def test_killed_while_the_zip_gets_its_place_it_leaves_nothing_that_is_found_and_a_later_export_sweeps_it_away(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents, manifest = bundle_of(export)
    child = os.fork()
    if not child:
        monkeypatch.setattr(os, "replace", lambda source, target: os.kill(os.getpid(), signal.SIGKILL))
        publish(tmp_path / "tiny", contents, manifest, overwrite=False, archive=tmp_path / "tiny.zip")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = [path for path in tmp_path.iterdir() if path.name != "tiny"]
    assert len(left) == 1 and left[0].name.startswith(".")
    assert not list(tmp_path.rglob("*.zip"))
    assert [entry.path.name for entry in find_bundles([tmp_path])] == ["tiny"]
    os.utime(left[0], (time.time() - 2 * 24 * 3600,) * 2)
    publish(tmp_path / "tiny", contents, manifest, overwrite=False, archive=tmp_path / "tiny.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny", "tiny.zip"]


@pytest.mark.parametrize("by", ["kill", "interrupt"])
def test_export_stopped_at_random_moments_leaves_the_old_bundle_or_the_new_one_whole(by: str) -> None:
    """More moments take minutes: `python -m tests.exporter.killed_exports` goes through 25."""
    command = [sys.executable, "-m", "tests.exporter.killed_exports", "--by", by, "--kills", "2", "--precision", "fp32"]
    root = Path(publishing.__file__).parents[1]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=280)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "2 of 2 stopped exports left the old bundle or the new one, whole" in answer.stdout
