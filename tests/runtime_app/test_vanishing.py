"""Files, folders and bundles that change or go away while the app uses them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.presenter import Presenter
from runtime_app.presenter.about import about_lines
from tests.campaigns.common import is_clear_sentence
from tests.campaigns.forge import edit
from tests.runtime_app.samples import ROOT, TINY, until
from tests.runtime_app.window_driver import window

MANY = 4000


def many(folder: Path) -> Path:
    """Two subfolders of noise, as one file with many names: quickly made, slowly read."""
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    for part in ("a", "b"):
        (folder / part).mkdir(parents=True)
        first = folder / part / "00000.png"
        Image.fromarray(noise).save(first)
        for index in range(1, MANY // 2):
            os.link(first, folder / part / f"{index:05}.png")
    return folder


def test_folder_that_goes_away_during_classify_costs_its_pictures_only(tmp_path: Path) -> None:
    folder = many(tmp_path / "many")
    command = [sys.executable, "-m", "runtime_app", "classify", folder, "--bundle", TINY, "--format", "jsonl"]
    with open(tmp_path / "err", "wb") as err:
        process = subprocess.Popen(
            command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            stdout=subprocess.PIPE, stderr=err, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline())]
        shutil.rmtree(folder)
        lines += [json.loads(line) for line in process.stdout]
        assert process.wait(60) == 1
    errors = [line["error"] for line in lines if line["error"]]
    assert len(lines) == MANY and 0 < len(errors) < MANY
    assert all(is_clear_sentence(error["title"], error["advice"]) for error in errors)
    assert "Traceback" not in (tmp_path / "err").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")
def test_folder_that_goes_away_under_the_window_leaves_it_alive(tmp_path: Path) -> None:
    folder = many(tmp_path / "many")
    with window(tmp_path / "home", ["--bundle", TINY, folder]) as opened:
        opened.wait(lambda state: 0 < state["classified"] < MANY)
        shutil.rmtree(folder)
        state = opened.wait(lambda state: state["classified"] == MANY and not state["busy"], 120)
        assert state["errors"] == []
        opened.key("End", "Left", "ctrl+3")
        opened.wait(lambda state: state["view"] == "gallery" and not any(state["waiting"].values()))
        opened.key("ctrl+1", "Right", "Right")
        state = opened.wait(lambda state: state["failure"] is not None and not any(state["waiting"].values()))
        assert is_clear_sentence(*state["failure"]) and "cannot be read" in state["failure"][0]
        assert state["errors"] == []


def test_bundle_replaced_on_disk_runs_on_as_it_was_and_says_so_when_asked(
    presenter: Presenter, tiny_bundle: Path, digits: Path
) -> None:
    running = presenter.loaded
    edit(tiny_bundle, lambda content: content.update(name="another"))
    (tiny_bundle / "MODEL_CARD.md").write_text("# Another")
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert presenter.loaded is running and presenter.errors == []
    presenter.selftest()
    until(presenter, lambda: presenter.selftest_words.startswith("Passed"))
    assert "MODEL_CARD.md" in " ".join(line.text for line in about_lines(presenter)), "the card is not the opened one"
    presenter.open_bundle(tiny_bundle)
    until(presenter, lambda: presenter.errors)
    assert "MODEL_CARD.md" in presenter.errors[0].title and presenter.loaded is running


def test_bundle_replaced_by_a_whole_one_is_opened_when_asked_for(presenter: Presenter, tiny_bundle: Path) -> None:
    edit(tiny_bundle, lambda content: content.update(name="another"))
    presenter.open_bundle(tiny_bundle)
    until(presenter, lambda: presenter.loaded.bundle.manifest.name == "another")  # type: ignore[union-attr]
    assert presenter.errors == []


def test_bundle_deleted_while_open_goes_on_classifying(presenter: Presenter, tiny_bundle: Path, digits: Path) -> None:
    shutil.rmtree(tiny_bundle)
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert (presenter.library.states >= 0).all() and presenter.errors == []
    presenter.set_engine(threads=1)
    until(presenter, lambda: presenter.errors)
    assert "no such file or folder" in presenter.errors[0].title and presenter.library.classified == 3
