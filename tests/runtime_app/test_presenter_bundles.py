"""Which bundle runs, without a window: changed, replaced on the disk, listed, and what does not run here."""

import gc
import shutil
import weakref
from pathlib import Path

import pytest

from runtime_app.presenter import Presenter
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.shown import running, status
from tests.runtime_app.layout import idle
from tests.runtime_app.samples import rename_bundle, until


def test_changed_bundle_classifies_anew_and_refused_bundle_changes_nothing(
    presenter: Presenter, tiny_bundle: Path, digits: Path
) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    before = presenter.loaded
    presenter.set_engine(threads=1)
    until(presenter, lambda: presenter.loaded is not before and presenter.library.classified == 3)
    opened = presenter.loaded
    (tiny_bundle / "bundle.json").write_text("{}")
    presenter.open_bundle(tiny_bundle)
    until(presenter, lambda: presenter.errors)
    assert presenter.loaded is opened and presenter.library.classified == 3


def test_session_of_a_bundle_that_is_not_open_any_more_is_released(
    presenter: Presenter, tiny_bundle: Path, tmp_path: Path, digits: Path
) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and idle(presenter))
    presenter.selftest()
    until(presenter, lambda: idle(presenter))
    assert presenter.loaded is not None
    first = weakref.ref(presenter.loaded.classifier)
    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    presenter.open_bundle(other)
    until(presenter, lambda: presenter.loaded is not None and presenter.loaded.bundle.path == other and idle(presenter))
    until(presenter, lambda: gc.collect() >= 0 and first() is None, 5)
    presenter.compare_with(Opinion(tiny_bundle, "fp32", "tiny", ""))
    until(presenter, lambda: presenter.comparison.library.classified == 3 and idle(presenter))
    assert presenter.comparison.loaded is not None
    second = weakref.ref(presenter.comparison.loaded.classifier)
    presenter.compare_with(None)
    until(presenter, lambda: gc.collect() >= 0 and second() is None, 5)


def test_bundle_replaced_on_the_disk_is_noticed_and_the_open_one_goes_on(
    presenter: Presenter, tiny_bundle: Path, digits: Path
) -> None:
    opened = presenter.loaded
    rename_bundle(tiny_bundle, "successor")
    until(presenter, lambda: "replaced" in status(presenter).reason)
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert presenter.loaded is opened and not presenter.errors
    presenter.reopen_bundle()
    until(presenter, lambda: presenter.loaded is not opened)
    assert presenter.loaded is not None and presenter.loaded.bundle.manifest.name == "successor"
    assert "replaced" not in status(presenter).reason


def test_list_of_bundles_has_folders_and_zips_with_accuracy_and_date(
    presenter: Presenter, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    newer = Path(shutil.copytree(tiny_bundle, tmp_path / "artifacts" / "bundles" / "newer"))
    rename_bundle(newer, "newer", "2031-02-03T04:05:06+00:00")
    archive = shutil.make_archive(str(tmp_path / "elsewhere"), "zip", tiny_bundle)
    presenter.open_bundle(Path(archive))
    until(presenter, lambda: presenter.loaded is not None and presenter.loaded.bundle.path == Path(archive))
    presenter.list_bundles()
    until(presenter, lambda: presenter.bundles is not None)
    assert presenter.bundles is not None
    first, *others = presenter.bundles
    assert (first.name, first.date) == ("newer", "2031-02-03") and first.accuracy.endswith(" %")
    assert {entry.path for entry in others} == {Path(archive), tiny_bundle}, "what was open before is offered too"


def test_what_does_not_run_here_falls_back_in_the_window_and_is_said(presenter: Presenter) -> None:
    for wanted, why in (
        ({"device": "cuda"}, "CUDA does not run here"),
        ({"device": "cpu", "precision": "fp16"}, "no fp16 model"),
    ):
        before = presenter.loaded
        presenter.set_engine(**wanted)  # type: ignore[arg-type]
        until(presenter, lambda before=before: presenter.loaded is not before)
        assert why in status(presenter).reason and status(presenter).engine.startswith("CPU fp32")
    assert presenter.errors == []


def test_an_answer_to_something_else_never_stands_for_why_it_runs_as_it_does(
    presenter: Presenter, tiny_bundle: Path
) -> None:
    presenter.tell("Copied.")
    assert status(presenter).reason == "Copied." and running(presenter)[1] == ""
    before = presenter.loaded
    presenter.set_engine(precision="int8")
    until(presenter, lambda: presenter.loaded is not before)
    assert "no int8 model" in status(presenter).reason and "no int8 model" in running(presenter)[1]
    presenter.tell("Copied.")
    rename_bundle(tiny_bundle, "successor")
    until(presenter, lambda: "replaced" in status(presenter).reason)
