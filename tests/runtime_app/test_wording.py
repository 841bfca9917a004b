"""Words and figures that people read: never surer than the numbers."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from runtime_app.presenter import Presenter
from runtime_app.presenter.shown import row_words
from runtime_app.presenter.wording import Words, calibration_hint, one_line, percent, verdict_words


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0"),
        (0.001, "<1"),
        (0.004, "<1"),
        (1 / 200, "<1"),
        (0.006, "1"),
        (0.934, "93"),
        (0.994, "99"),
        (0.996, ">99"),
        (0.9999, ">99"),
        (1.0, "100"),
    ],
)
def test_percentages_never_claim_certainty(share: float, text: str) -> None:
    assert percent(share) == text


def test_hint_says_how_far_the_calibrated_figures_are_off(presenter: Presenter) -> None:
    assert presenter.loaded is not None
    manifest = presenter.loaded.bundle.manifest
    calibration = msgspec.structs.replace(manifest.calibration, ece_before=0.123, ece_after=0.014)
    hint = calibration_hint(0.9, msgspec.structs.replace(manifest, calibration=calibration))
    assert "about 90 %" in hint and "off by 1.4 points on average." in hint
    (full,) = manifest.variants
    two = msgspec.structs.replace(manifest, variants=(full, msgspec.structs.replace(full, precision="int8")))
    assert "on average (measured with fp32)." in calibration_hint(0.9, two), "the other variant's were not measured"


def test_one_line_for_the_clipboard() -> None:
    assert one_line(Words("cat", "93 %", "sure")) == "cat, 93 %"
    assert one_line(Words("unsure", "cat 51 %, dog 40 %", "unsure")) == "unsure: cat 51 %, dog 40 %"


def test_row_says_the_doubt_of_its_own_picture(presenter: Presenter) -> None:
    presenter.library.add([Path(f"{k}.png") for k in range(4)])
    presenter.library.forget_results(10)
    presenter.library.probabilities[:3] = np.eye(10)[[4, 5, 6]]
    presenter.library.states[:] = (0, 1, 2, -1)
    presenter.library.version += 1
    assert [row_words(presenter, index) for index in range(4)] == [
        ("4 100 %", "sure"), ("unsure: 5 100 %", "unsure"), ("none? 6 100 %", "none"), ("…", "pending"),
    ]  # fmt: skip


def test_verdict_in_words_has_the_figures_of_its_classes(presenter: Presenter) -> None:
    assert presenter.loaded is not None
    manifest = msgspec.structs.replace(presenter.loaded.bundle.manifest, classes=("cat", "dog", "owl"))
    shares = np.array([0.38, 0.1, 0.52], dtype=np.float32)
    found = [verdict_words(each, shares, manifest) for each in ("sure", "unsure", "none")]  # type: ignore[arg-type]
    assert [(each.headline, each.detail) for each in found] == [
        ("owl", "52 %"), ("unsure", "owl 52 %, cat 38 %"), ("may be none of these classes", "looks most like owl 52 %"),
    ]  # fmt: skip
