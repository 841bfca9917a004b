"""evaluate as a user calls it: a folder with one subfolder for each class."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.permissions import unprivileged
from tests.runtime_app.samples import ROOT, TINY, Run, draw_digit, lines, rename_bundle


def test_evaluate_counts_by_subfolder(app: Run, tmp_path: Path) -> None:
    for name, label in (("zero", "0"), ("one", "1"), ("seven", "7")):
        (tmp_path / "set" / label).mkdir(parents=True)
        draw_digit(name, 64).save(tmp_path / "set" / label / "a.png")
    draw_digit("zero", 64).save(tmp_path / "set" / "7" / "wrong.png")
    png = tmp_path / "c.png"
    answer = app("evaluate", tmp_path / "set", "--bundle", TINY, "--format", "jsonl", "--confusion", png)
    assert answer.returncode == 0, answer.stderr
    whole, *classes = lines(answer.stdout)
    assert whole["n"] == 4 and whole["accuracy"] <= 0.75
    assert {row["name"]: row["n"] for row in classes}["7"] == 2
    with Image.open(png) as image:
        assert image.format == "PNG"


def test_evaluate_shows_class_names_with_brackets_as_they_are(
    app: Run, labelled: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    manifest = json.loads((tiny_bundle / "bundle.json").read_text(encoding="utf-8"))
    manifest["classes"] = [f"cat [{name}]" for name in manifest["classes"]]
    (tiny_bundle / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")
    rename_bundle(tiny_bundle, "brackets")
    for folder in list(labelled.iterdir()):
        folder.rename(labelled / f"cat [{folder.name}]")
    answer = app("evaluate", labelled, "--bundle", tiny_bundle)
    assert "cat [0]" in answer.stdout and "cat [7]" in answer.stdout


def test_evaluate_refuses_subfolders_that_are_no_class(app: Run, tmp_path: Path) -> None:
    (tmp_path / "set" / "giraffe").mkdir(parents=True)
    draw_digit("one", 64).save(tmp_path / "set" / "giraffe" / "a.png")
    answer = app("evaluate", tmp_path / "set", "--bundle", TINY)
    assert answer.returncode == 2 and "giraffe" in answer.stderr


def test_a_class_folder_that_is_closed_is_told_and_costs_the_status(app: Run, digits: Path, tmp_path: Path) -> None:
    shutil.copytree(digits, tmp_path / "set" / "1")
    closed = Path(shutil.copytree(digits, tmp_path / "set" / "2"))
    closed.chmod(0)
    try:
        for command in ("classify", "evaluate"):
            words = [*unprivileged(), sys.executable, "-m", "runtime_app", command, "set", "--bundle", str(TINY)]
            answer = subprocess.run(
                words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
            )
            assert answer.returncode == 1 and "set/2 cannot be read (Permission denied)." in answer.stderr, (
                answer.stderr
            )
    finally:
        closed.chmod(0o755)
