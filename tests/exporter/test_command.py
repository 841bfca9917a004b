"""python -m exporter from start to end, with the whole gate, as people and the CI call it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import exporter
from exporter.markdown import without_pictures
from runtime_app.bundle import open_bundle
from runtime_app.classifier import Classifier
from runtime_app.selftest import run_golden

ROOT = Path(exporter.__file__).parents[1]


def _run(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "exporter", *map(str, arguments)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, cwd=cwd, env=variables, capture_output=True, text=True)


@pytest.fixture(scope="module")
def published(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of bundles after one export of a copied run, "still training", with everything switched on."""
    work = tmp_path_factory.mktemp("first")
    run = work / "runs" / run_folder.name
    shutil.copytree(run_folder, run)
    (run / "summary.json").unlink()
    summary = work / "summary.md"
    done = _run(
        "--runs", "runs", "--bundles", "bundles", "--name", "tiny", "--zip", cwd=work, GITHUB_STEP_SUMMARY=str(summary)
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "bundles/tiny\n"
    assert "is still training: its best so far is exported (epoch 1)" in done.stderr
    assert summary.read_text() == without_pictures((work / "bundles" / "tiny" / "MODEL_CARD.md").read_text())
    assert summary.read_text().count("![") == 0
    return work / "bundles"


def test_published_bundle_is_complete_and_passes_its_golden_vectors(published: Path) -> None:
    bundle = open_bundle(published / "tiny")
    files = {entry.path for entry in bundle.manifest.files}
    assert {"model.onnx", "golden.npz", "MODEL_CARD.md"} <= files
    assert {
        f"report/{name}" for name in ("parity.json", "metrics.json", "confusion.png", "reliability.png", "curves.png")
    } <= files
    assert all(check.passed for check in run_golden(Classifier(bundle, device="cpu", precision="fp32")))
    parity = bundle.manifest.parity
    assert parity.held_out_pictures == 144 + 360
    assert parity.held_out_pictures + parity.generated_pictures >= 2000 and parity.generated_pictures >= 500
    assert parity.batch_sizes == (1, 2, 7, 64)
    assert json.loads(bundle.read("report/parity.json"))["fp32"]["exact_pictures"] >= 2000
    flagged = json.loads(bundle.read("report/metrics.json"))["flagged"]
    assert set(flagged) == {"photographs", "textures", "noise"}, "digits are what it knows"
    assert open_bundle(published / "tiny.zip").manifest == bundle.manifest


def test_bundle_carries_no_picture_of_its_data_and_no_path(published: Path, splits: object) -> None:
    bundle = open_bundle(published / "tiny")
    with np.load(published / "tiny" / "golden.npz", allow_pickle=False) as golden:
        images = golden["image"]
    known = {image.tobytes() for part in ("train", "validation", "test") for image in getattr(splits, part).images}
    assert not any(image.tobytes() in known for image in images)
    home = str(published.parent).encode()
    for entry in bundle.manifest.files:
        content = bundle.read(entry.path)
        assert home not in content and str(ROOT).encode() not in content, entry.path


def test_run_folder_gets_times_and_evidence_and_the_bundle_gets_neither(published: Path) -> None:
    run = next((published.parent / "runs").iterdir())
    notes = json.loads((run / "export.json").read_text())
    assert notes["digest"] == open_bundle(published / "tiny").manifest.digest
    assert notes["seconds_in_all"] > 0
    assert (run / "evidence.png").is_file()
    assert not any("seconds" in path.read_text() for path in (published / "tiny").rglob("*.json"))


def test_second_export_elsewhere_gives_the_same_bytes_and_says_so_in_place(
    published: Path, run_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(run_folder, tmp_path / "copied run")
    checkpoint = tmp_path / "copied run" / "best.pt"
    (tmp_path / "copied run" / "last.pt").unlink()
    elsewhere = tmp_path / "else" / "where"
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 20\n")
    another_user = {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7", "MATPLOTLIBRC": str(tmp_path), "LC_ALL": "C"}
    another_user["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"  # git's own switch: the checkout is somebody else's
    done = _run("--run", checkpoint, "--bundles", elsewhere, "--name", "tiny", cwd=tmp_path, **another_user)
    assert done.returncode == 0, done.stderr
    first, second = (
        {p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()}
        for f in (published / "tiny", elsewhere / "tiny")
    )
    assert first == second
    again = _run("--run", checkpoint, "--bundles", published, "--name", "tiny", cwd=tmp_path)
    assert again.returncode == 0 and "already published" in again.stderr


def test_bundle_of_another_checkpoint_is_refused_at_once(published: Path, run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    content = torch.load(tmp_path / "run" / "best.pt", weights_only=True)
    content["epoch"] = 2
    torch.save(content, tmp_path / "run" / "best.pt")
    before = (published / "tiny" / "bundle.json").read_bytes()
    done = _run("--run", tmp_path / "run", "--bundles", published, "--name", "tiny", cwd=tmp_path)
    assert done.returncode == 2
    assert "already another bundle" in done.stderr and "--overwrite" in done.stderr
    assert "Traceback" not in done.stderr
    assert (published / "tiny" / "bundle.json").read_bytes() == before


def test_diff_of_a_bundle_with_itself_finds_no_change(published: Path) -> None:
    done = _run("diff", "tiny", "tiny.zip", "--format", "json", cwd=published)
    assert done.returncode == 0, done.stderr
    changes = {change["name"]: change for change in json.loads(done.stdout)}
    assert not any(change["changed"] for change in changes.values())
    assert {"test accuracy", "classes", "temperature", "fp32: size (MB)"} <= set(changes)
    assert changes["test accuracy"]["a"] == open_bundle(published / "tiny").manifest.metrics.test.accuracy
    assert changes["fp32: one picture here (ms, CPU)"]["b"] > 0


def test_diff_shows_what_changed_between_two_bundles_as_table_and_as_json(published: Path) -> None:
    shipped = ROOT / "artifacts" / "bundles" / "cifarnet-cifar10"
    done = _run("diff", shipped, "tiny", "--format", "json", cwd=published)
    changes = {change["name"]: change for change in json.loads(done.stdout)}
    for name in ("classes", "test accuracy", "test calibration error", "temperature", "fp32: size (MB)"):
        assert changes[name]["changed"], name
    accuracy = changes["test accuracy"]
    assert accuracy["difference"] == pytest.approx(accuracy["b"] - accuracy["a"], abs=1e-6)
    table = _run("diff", shipped, "tiny", cwd=published, COLUMNS="300")
    assert table.returncode == 0
    for name, change in changes.items():
        assert name in table.stdout
        if isinstance(change["a"], float) and not name.endswith("CPU)"):
            assert f"{change['a']:.4f}" in table.stdout


def test_no_runs_is_one_sentence_and_status_2(tmp_path: Path) -> None:
    done = _run("--runs", "nothing", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: There is no run with a checkpoint in nothing.")


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a/b", ""])
def test_names_that_leave_the_folder_are_refused(run_folder: Path, tmp_path: Path, name: str) -> None:
    done = _run("--run", run_folder, "--bundles", "bundles", "--name", name, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ") and "cannot be the name of a bundle" in done.stderr
    assert not (tmp_path / "bundles").exists()


def test_diff_says_which_commit_and_which_version_differ(published: Path) -> None:
    shipped = ROOT / "artifacts" / "bundles" / "cifarnet-cifar10"
    done = _run("diff", shipped, "tiny", "--format", "json", cwd=published)
    changes = {change["name"]: change for change in json.loads(done.stdout)}
    assert changes["checkpoint"]["changed"] and changes["exported at commit"]["changed"]
    assert changes["version of torch"]["a"] == open_bundle(shipped).manifest.provenance.versions["torch"]
    narrow = _run("diff", shipped, "tiny", cwd=published, COLUMNS="80").stdout
    assert "\u2026" not in narrow, "nothing is cut"
