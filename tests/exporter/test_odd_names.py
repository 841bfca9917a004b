"""Classes may be called nearly anything: trained, exported and told with the names that their folders have."""

import csv
import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import numpy as np
from markdown_it import MarkdownIt
from PIL import Image

import exporter
from runtime_app.bundle import open_bundle

ROOT = Path(exporter.__file__).parents[1]
NAMES = ("a$^$", "b|c", "<b>x", "**y**", "日本")


def _pictures(root: Path) -> Path:
    random = np.random.default_rng(0)
    colours = ((200, 40, 60), (40, 200, 60), (40, 60, 200), (200, 200, 40), (40, 200, 200))
    for name, colour in zip(NAMES, colours, strict=True):
        (root / name).mkdir(parents=True)
        for number in range(40):
            pixels = np.clip(random.normal(colour, 160, (8, 8, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:03}.png")
    return root


def _run(*arguments: object, cwd: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(cwd), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], cwd=cwd, env=variables, capture_output=True, text=True
    )
    assert done.returncode == status, done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return done


def test_a_run_whose_classes_have_odd_names_is_trained_exported_and_told(tmp_path: Path) -> None:
    data = _pictures(tmp_path / "_my|data_")
    small = ("--image-size", 8, "--batch-size", 32, "--epochs", 3, "--device", "cpu", "--runs", "runs")
    trained = _run("trainer", "--data", data, *small, cwd=tmp_path)
    run = tmp_path / trained.stdout.strip()
    with open(run / "per_class.csv", newline="", encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)][1:] == sorted(NAMES)
    unnamed = _run("exporter", "--run", run, cwd=tmp_path, status=2)
    assert "Pass --name" in unnamed.stderr, "a bundle cannot be called as this run is"
    _run("exporter", "--run", run, "--name", "[odd]_names_", "--precision", "fp32", cwd=tmp_path)

    bundle = open_bundle(tmp_path / "artifacts" / "bundles" / "[odd]_names_")
    assert bundle.manifest.classes == tuple(sorted(NAMES))
    assert (run / "evidence.png").is_file() and (run / "export.json").is_file()
    card = bundle.read("MODEL_CARD.md").decode()
    html = MarkdownIt("commonmark").enable("table").render(card)
    assert "<b>" not in html
    lines = [re.sub(r"</?(p|h\d|strong|td|tr|li)>", "", line) for line in html.splitlines()]
    assert lines[0] == "[odd]_names_"
    shown = [unescape(line) for line in lines]
    assert (
        f"A small image classifier. It says which of 5 classes a picture most likely shows: {', '.join(sorted(NAMES))}."
        in shown
    )
    for name in NAMES:
        assert name in shown, f"{name} has no cell of its own"
    metrics = json.loads(bundle.read("report/metrics.json"))
    assert metrics["confusions"], "the test is blind: nothing was confused"
    for pair in metrics["confusions"]:
        told = (
            f"{pair['share']:.1%} of the pictures of {pair['true']} ({pair['count']}) are taken for {pair['predicted']}"
        )
        assert told in shown
    assert any(line.startswith("The folder _my|data_. ") for line in shown)
    assert shown[-1].endswith("terms of its own: the folder _my|data_.")
