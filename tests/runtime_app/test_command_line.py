"""classify, evaluate, selftest and info as a user calls them: real processes, real sessions, real files."""

import csv
import io
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.imaging import RESIZES, Resize, prepare
from tests.runtime_app.picture_files import tiff
from tests.runtime_app.samples import ROOT, TINY, Run, draw_digit, lines


def test_classify_gives_one_json_line_per_picture_in_order(app: Run, digits: Path) -> None:
    answer = app("classify", digits, "--bundle", TINY, "--format", "jsonl")
    assert answer.returncode == 0, answer.stderr
    rows = lines(answer.stdout)
    assert [Path(row["path"]).stem for row in rows] == ["one", "seven", "zero"]
    for row in rows:
        assert set(row) == {"path", "label", "confidence", "verdict", "probabilities", "error"}
        assert list(row["probabilities"]) == [str(digit) for digit in range(10)]
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert row["label"] == max(row["probabilities"], key=row["probabilities"].get)
        assert row["confidence"] == max(row["probabilities"].values())
        assert row["verdict"] in ("sure", "unsure", "none") and row["error"] is None
    assert {Path(row["path"]).stem: row["label"] for row in rows}["zero"] == "0"


def test_one_bad_picture_does_not_stop_the_others(app: Run, digits: Path) -> None:
    (digits / "broken.png").write_bytes(b"not a picture")
    (digits / "empty.jpg").write_bytes(b"")
    answer = app("classify", digits, "--bundle", TINY, "--format", "jsonl")
    assert answer.returncode == 1
    rows = lines(answer.stdout)
    assert [row["error"] is None for row in rows] == [False, False, True, True, True]
    assert rows[0]["label"] is None and set(rows[0]["error"]) == {"title", "advice", "details"}
    assert "broken.png is not a picture" in answer.stderr and "Traceback" not in answer.stdout + answer.stderr
    assert [row["error"]["details"] for row in rows[:2]] == [
        "UnidentifiedImageError: cannot identify image file <_io.BytesIO object>", "",
    ]  # fmt: skip


def test_a_name_that_is_too_long_does_not_stop_the_others(app: Run, digits: Path) -> None:
    answer = app("classify", "x" * 300, digits / "one.png", "--bundle", TINY, "--format", "jsonl")
    first, second = lines(answer.stdout)
    assert answer.returncode == 1 and "cannot be read" in first["error"]["title"] and second["label"] == "1"


def test_of_a_picture_with_too_many_channels_one_sentence_is_said(app: Run, tmp_path: Path) -> None:
    tags = {256: (1,), 257: (1,), 258: (8,) * 9, 259: (1,), 262: (1,), 277: (9,)}
    (tmp_path / "spectrum.tif").write_bytes(tiff(bytes(9), tags))
    answer = app("classify", "spectrum.tif", "--bundle", TINY)
    _, sentence = answer.stderr.splitlines()
    assert answer.returncode == 1 and sentence.startswith("spectrum.tif is not a picture that can be opened.")


def test_csv_has_a_header_and_a_row_per_picture(app: Run, digits: Path) -> None:
    answer = app("classify", digits, "--bundle", TINY, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.stdout)))
    assert len(rows) == 3 and set(rows[0]) >= {"path", "label", "confidence", "verdict", "0", "9", "error"}


@pytest.mark.parametrize("format_", ["table", "jsonl", "csv"])
def test_names_of_every_script_are_written_whatever_code_page_a_pipe_has(app: Run, digits: Path, format_: str) -> None:
    """As on Windows, where a pipe has an old code page."""
    name = "\u5199\u771f \u0416\u0443\u043a \u00fc.png"
    (digits / "one.png").rename(digits / name)
    (digits / "\u58ca.png").write_bytes(b"no picture")
    old = {"PYTHONIOENCODING": "cp1252"}
    answer = app("classify", digits, "--bundle", TINY, "--format", format_, environment_too=old, encoding="utf-8")
    assert answer.returncode == 1 and name in answer.stdout
    assert "\u58ca.png is not a picture" in answer.stderr and "charmap" not in answer.stderr


def test_the_table_says_doubt_in_words(app: Run, digits: Path) -> None:
    """Faint digits half way to grey: the verdicts differ, and the table must say what jsonl says."""
    for index in range(8):
        first, second = draw_digit("zero", 64), draw_digit("seven", 64)
        Image.blend(first, second, index / 8).save(digits / f"blend{index}.png")
    verdicts = [row["verdict"] for row in lines(app("classify", digits, "--bundle", TINY, "--format", "jsonl").stdout)]
    table = app("classify", digits, "--bundle", TINY, "--top", "2").stdout.splitlines()[1:]
    words = {"unsure": "unsure", "none": "may be none of these classes"}
    assert set(verdicts) & set(words), "the pictures are meant to leave doubt"
    for verdict, line in zip(verdicts, table, strict=True):
        assert [word for word in words.values() if word in line] == ([words[verdict]] if verdict in words else [])


def test_a_batch_gives_the_same_rows_as_single_pictures(app: Run, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(70):
        Image.fromarray(generator.integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(folder / f"{index:02}.png")
    together = lines(app("classify", folder, "--bundle", TINY, "--format", "jsonl").stdout)
    alone = lines(app("classify", folder / "69.png", "--bundle", TINY, "--format", "jsonl").stdout)
    assert len(together) == 70
    values = [list(row["probabilities"].values()) for row in (together[-1], alone[0])]
    np.testing.assert_allclose(*values, atol=1e-5)


@pytest.mark.parametrize("command", ["classify", "evaluate"])
def test_precision_and_provider_that_ran_are_said_beside_the_results(app: Run, labelled: Path, command: str) -> None:
    (labelled / "0" / "broken.png").unlink()
    answer = app(command, labelled, "--bundle", TINY, "--precision", "fp32", "--device", "cpu", "--format", "jsonl")
    assert answer.returncode == 0 and answer.stderr.splitlines()[0] == "fp32 on CPUExecutionProvider"
    assert lines(answer.stdout), "stdout is for results alone"


def test_demo_without_a_display_classifies_and_says_where_the_heatmap_lies(app: Run, digits: Path) -> None:
    demo = digits.parent / "demo"
    shutil.copytree(TINY, demo / "bundles" / "digits")
    shutil.copytree(digits, demo / "pictures")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(digits.parent)}
    command = [sys.executable, "-m", "runtime_app.demo", str(demo)]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert all(f"{name}.png" in answer.stdout for name in ("zero", "one", "seven"))
    assert f"The heatmap lies at {demo / 'heatmap.png'}" in answer.stdout and (demo / "heatmap.png").is_file()
    assert "Classifying on the command line instead." in answer.stderr


@pytest.mark.parametrize("command", [["classify", "x.png"], ["selftest"], ["info"]])
def test_without_any_bundle_the_sentence_says_where_it_looked(app: Run, command: list[str]) -> None:
    answer = app(*command)
    assert answer.returncode == 2
    assert "There is no bundle in artifacts/bundles" in answer.stderr and "Traceback" not in answer.stderr


def test_the_newest_bundle_is_the_one_trained_last_not_the_youngest_file(app: Run, tmp_path: Path) -> None:
    from tests.runtime_app.test_bundle import edit

    for name, started in (("old", "2001-01-01T00:00:00+00:00"), ("new", "2099-01-01T00:00:00+00:00")):
        folder = Path(shutil.copytree(TINY, tmp_path / "artifacts" / "bundles" / name))
        edit(folder, lambda content, started=started: content["provenance"].update(run_started=started))
    (tmp_path / "artifacts" / "bundles" / "old" / "bundle.json").touch()
    assert "artifacts/bundles/new" in app("selftest").stdout


def test_cuda_is_refused_where_it_does_not_really_run(app: Run, digits: Path) -> None:
    answer = app("classify", digits, "--bundle", TINY, "--device", "cuda")
    assert answer.returncode == 2 and "CUDA does not run here" in answer.stderr and answer.stdout == ""


def test_a_folder_without_pictures_says_so(app: Run, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    answer = app("classify", tmp_path / "nothing", "--bundle", TINY)
    assert answer.returncode == 2 and "holds no pictures" in answer.stderr


def test_a_precision_that_the_bundle_lacks_is_refused(app: Run, digits: Path) -> None:
    answer = app("classify", digits, "--bundle", TINY, "--precision", "fp16")
    assert answer.returncode == 2 and "has no fp16 model" in answer.stderr


@pytest.mark.parametrize(
    "arguments", [["classify"], ["classify", "x", "--format", "xml"], ["evaluate"], ["classify", "x", "--nonsense"]]
)
def test_wrong_usage_is_status_2(app: Run, arguments: list[str]) -> None:
    answer = app(*arguments)
    assert answer.returncode == 2 and "Traceback" not in answer.stderr


def test_an_option_alone_is_the_windows(app: Run) -> None:
    answer = app("--debug")
    assert answer.returncode == 2 and "there is no display" in answer.stderr and "Missing command" not in answer.stderr


def test_a_command_behind_options_is_no_picture(app: Run, digits: Path) -> None:
    answer = app("--precision", "fp32", "classify", digits)
    assert answer.returncode == 2 and "Options go behind the command: classify [OPTIONS]" in answer.stderr


def test_debug_shows_why_a_picture_cannot_be_read(app: Run, digits: Path) -> None:
    (digits / "bad.jpg").write_bytes(b"\xff\xd8\xff no picture")
    plain, long = (app("classify", digits, "--bundle", TINY, *words).stderr for words in ((), ("--debug",)))
    assert "Traceback" not in plain and "Traceback" in long and long.startswith(plain.splitlines()[0])


@pytest.mark.parametrize("command", ["", "classify", "evaluate", "selftest", "info", "window"])
def test_every_command_has_help_and_version(app: Run, command: str) -> None:
    words = [command] if command else []
    assert "Usage:" in app(*words, "--help").stdout
    version = app(*words, "--version")
    assert version.returncode == 0 and version.stdout.strip() == app("--version").stdout.strip() != ""


def test_details_are_shown_only_on_request_and_always_logged(app: Run, tiny_bundle: Path, tmp_path: Path) -> None:
    (tiny_bundle / "bundle.json").unlink()
    assert "Traceback" not in app("classify", "x.png", "--bundle", tiny_bundle).stderr
    assert "Traceback" in app("classify", "x.png", "--bundle", tiny_bundle, "--debug").stderr
    logs = list(tmp_path.rglob("evidence.log"))
    assert logs and "BundleError" in logs[0].read_text()


def test_an_interrupted_classify_is_status_130(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "0.png")
    for index in range(1, 1500):
        shutil.copy(folder / "0.png", folder / f"{index}.png")
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime_app", "classify", str(folder), "--bundle", str(TINY), "--format", "jsonl"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.stdout.close()
    assert process.wait(timeout=30) == 130
    assert process.stderr is not None and "Traceback" not in process.stderr.read()


def test_bulk_without_ray_names_its_requirements_file(app: Run, digits: Path) -> None:
    answer = app("bulk", digits, "out", "--bundle", TINY)
    assert answer.returncode == 2 and answer.stdout == ""
    assert "requirements-bulk.txt" in answer.stderr and len(answer.stderr.splitlines()) == 1


def test_the_table_names_the_most_probable_classes_first(app: Run, digits: Path) -> None:
    (row,) = lines(app("classify", digits / "zero.png", "--bundle", TINY, "--format", "jsonl").stdout)
    best = sorted(row["probabilities"].items(), key=lambda pair: -pair[1])[:5]
    table = app("classify", digits / "zero.png", "--bundle", TINY, "--top", "5").stdout
    assert ", ".join(f"{name} {share:.1%}" for name, share in best) in table


@pytest.mark.parametrize("rule", RESIZES)
def test_the_resize_rule_that_was_asked_for_is_applied(app: Run, tmp_path: Path, rule: Resize) -> None:
    """A wide picture with another digit on each side: what the network sees of it is given to it as a file of its own."""
    wide = Image.new("RGB", (192, 64))
    for place, name in enumerate(("seven", "zero", "one")):
        wide.paste(draw_digit(name, 64), (64 * place, 0))
    wide.save(tmp_path / "wide.png")
    Image.fromarray(prepare(wide, (32, 32), rule).image).save(tmp_path / "seen.png")
    options = ("--bundle", TINY, "--format", "jsonl")
    seen, other = lines(app("classify", tmp_path / "seen.png", tmp_path / "wide.png", *options).stdout)
    (row,) = lines(app("classify", tmp_path / "wide.png", "--resize", rule, *options).stdout)
    assert row["probabilities"] == pytest.approx(seen["probabilities"], abs=1e-5)
    assert (row["probabilities"] == pytest.approx(other["probabilities"], abs=1e-3)) == (rule == "crop")
    (tmp_path / "set" / seen["label"]).mkdir(parents=True)
    shutil.move(tmp_path / "wide.png", tmp_path / "set" / seen["label"])
    answer = app("evaluate", tmp_path / "set", "--resize", rule, *options)
    assert lines(answer.stdout)[0]["accuracy"] == 1


def test_csv_says_what_jsonl_says(app: Run, digits: Path) -> None:
    texts = [app("classify", digits, "--bundle", TINY, "--format", kind).stdout for kind in ("csv", "jsonl")]
    for cells, row in zip(csv.DictReader(io.StringIO(texts[0])), lines(texts[1]), strict=True):
        assert (cells["path"], cells["label"], cells["verdict"]) == (row["path"], row["label"], row["verdict"])
        assert float(cells["confidence"]) == pytest.approx(row["confidence"], abs=1e-6)
        assert [float(cells[name]) for name in row["probabilities"]] == pytest.approx(
            list(row["probabilities"].values()), abs=1e-6
        )
