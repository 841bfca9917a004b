"""A small share of the campaigns in tests/campaigns: the same files at every run, none of them may come as a surprise."""

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from tests.campaigns import bundles, odd_names, pictures
from tests.campaigns import window as window_campaign
from tests.runtime_app.samples import TINY, Run, draw_digit


def test_bad_bundles_are_refused_with_one_sentence_and_write_nothing(tmp_path: Path) -> None:
    outcome = bundles.run(40, 1, tmp_path, command_every=20)
    assert outcome.problems == []
    assert outcome.refused == 40


def test_bad_pictures_end_in_a_result_or_one_sentence(tmp_path: Path) -> None:
    outcome = pictures.run(60, 1, tmp_path, timeout=250)
    assert outcome.problems == []
    assert outcome.results + outcome.refusals == 60


@pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")
def test_window_shows_bad_pictures_and_odd_names_and_goes_on(tmp_path: Path) -> None:
    outcome = window_campaign.run(6, 2, tmp_path)
    assert outcome.problems == []
    assert outcome.shown >= len(odd_names.NAMES) and outcome.refused >= len(odd_names.NAMES)


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are no text exist there")
def test_odd_file_names_break_no_line_and_no_format(app: Run, tmp_path: Path) -> None:
    digit = io.BytesIO()
    draw_digit("seven", 64).save(digit, "PNG")
    total = odd_names.write(tmp_path / "odd", digit.getvalue())
    done = {kind: app("classify", "odd", "--bundle", TINY, "--format", kind, "--heatmap", "heat.png", errors="replace")
            for kind in ("table", "jsonl", "csv")}  # fmt: skip
    for kind, ended in done.items():
        assert ended.returncode == 1, kind
        assert "Traceback" not in ended.stderr and "\x1b" not in ended.stderr
        sentences = [line for line in ended.stderr.split("\n") if "is not a picture" in line]
        assert len(sentences) == total / 2 == len(ended.stderr.strip().split("\n")) - 2, (
            "the engine before, the heatmap's place after"
        )
    assert "\x1b" not in done["table"].stdout
    rows = [row for row in done["table"].stdout.split("\n")[1:] if row.strip()]
    assert len(rows) == total and all("not read" in row or "%" in row for row in rows)
    assert len([json.loads(line) for line in done["jsonl"].stdout.splitlines()]) == total
    assert len(list(csv.DictReader(io.StringIO(done["csv"].stdout, newline="")))) == total
