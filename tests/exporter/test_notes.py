"""What an export leaves beside the run never costs the export, whatever the data is called and however many its classes."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from exporter import export as exporting
from exporter.notes import most_missed, plot_evidence
from exporter.pictures import GatePictures
from exporter.progress import Steps
from exporter.reference import Outputs

SIZE = 8


def _judged(classes: tuple[str, ...], per_class: int = 2) -> tuple[Any, GatePictures, Outputs]:
    """Splits, pictures and outputs of a network that takes every other picture for the next class."""
    random = np.random.default_rng(0)
    count = per_class * len(classes)
    labels = np.arange(count) % len(classes)
    answers = np.where(np.arange(count) < len(classes), labels, (labels + 1) % len(classes))
    logits = np.eye(len(classes), dtype=np.float32)[answers]
    evidence = random.normal(size=(count, len(classes), 2, 2)).astype(np.float32)
    images = random.integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
    splits = SimpleNamespace(classes=classes, test=SimpleNamespace(labels=labels))
    return splits, GatePictures(images, (("test", count),)), Outputs(logits, logits, evidence)


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names over the pictures of the figures that are drawn."""
    from matplotlib.axes import Axes

    seen: list[str] = []
    set_title = Axes.set_title

    def recorded(self: Axes, label: str, *arguments: object, **options: object) -> object:
        seen.append(label)
        return set_title(self, label, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Axes, "set_title", recorded)
    return seen


@pytest.mark.filterwarnings("error")
def test_evidence_is_drawn_for_any_class_name(tmp_path: Path, titles: list[str]) -> None:
    plot_evidence(tmp_path / "evidence.png", *_judged(("a$^$", "$b$c_{$", "日本", "w" * 200)))
    assert titles[:2] == ["a$^$ → a$^$", "a$^$ → $b$c_{$"]
    with Image.open(tmp_path / "evidence.png") as plot:
        assert plot.width < 1200


def test_a_class_without_a_right_or_a_wrong_picture_is_said_in_words_that_are_no_verdict(
    tmp_path: Path, titles: list[str]
) -> None:
    splits, pictures, outputs = _judged(("a", "b"))
    outputs.logits[:] = np.eye(2)[0]
    plot_evidence(tmp_path / "evidence.png", splits, pictures, outputs)
    assert titles == ["a → a", "a: never missed", "b: never found", "b → a"]


def test_classes_whose_long_names_begin_alike_are_told_apart(tmp_path: Path, titles: list[str]) -> None:
    plot_evidence(tmp_path / "evidence.png", *_judged(("a very long beginning: cat", "a very long beginning: dog")))
    assert titles[1] == "a very lo…g: cat → a very lo…g: dog"


def test_evidence_shows_a_right_and_a_wrong_picture_of_each_class_with_the_map_of_the_answer(
    tmp_path: Path, titles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.axes import Axes

    drawn: list[np.ndarray] = []
    imshow = Axes.imshow
    monkeypatch.setattr(
        Axes, "imshow", lambda self, pixels, **options: (drawn.append(pixels), imshow(self, pixels, **options))[1]
    )
    splits, pictures, outputs = _judged(("a", "b", "c"), per_class=3)
    outputs.logits[7] = outputs.logits[4] = np.eye(3)[1]  # b is never missed
    answers = outputs.logits.argmax(1)
    plot_evidence(tmp_path / "evidence.png", splits, pictures, outputs)
    assert titles == ["a \u2192 a", "a \u2192 b", "b \u2192 b", "b: never missed", "c \u2192 c", "c \u2192 a"]
    for place, picture in enumerate((0, 3, 1, 2, 5)):
        np.testing.assert_array_equal(drawn[2 * place], pictures.images[picture])
        np.testing.assert_array_equal(drawn[2 * place + 1], outputs.evidence[picture, answers[picture]])
    assert len(drawn) == 10


def test_evidence_of_many_classes_shows_some_and_says_which(tmp_path: Path, titles: list[str]) -> None:
    plot_evidence(tmp_path / "evidence.png", *_judged(tuple(f"class {n}" for n in range(300))))
    assert len(titles) == 40
    with Image.open(tmp_path / "evidence.png") as plot:
        assert plot.height < 20 * 1.55 * 130 + 400


def test_the_classes_shown_are_those_most_often_missed_in_their_own_order() -> None:
    labels = np.repeat(np.arange(30), 10)
    answers = labels.copy()
    answers[labels == 29] = 0
    answers[200:203] = 1  # three of class 20
    assert most_missed(labels, answers, 30) == [*range(18), 20, 29]
    assert most_missed(labels[:20], labels[:20], 2) == [0, 1]


def _job(folder: Path) -> Any:
    steps = Steps()
    steps.seconds["the gate"] = 1.0
    return SimpleNamespace(name="tiny", steps=steps, splits=None, source=SimpleNamespace(is_run=True, folder=folder))


@pytest.mark.parametrize("failure", [MemoryError(), ValueError("a formula"), OSError(28, "No space left on device")])
def test_evidence_that_cannot_be_drawn_is_a_note_and_the_times_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: Exception
) -> None:
    def fail(*arguments: object) -> None:
        raise failure

    monkeypatch.setattr(exporting, "plot_evidence", fail)
    measured: Any = SimpleNamespace(pictures=None, outputs=None)
    exporting._leave_notes(_job(tmp_path), measured, b'{"digest": "1234"}')
    said = capsys.readouterr().err
    assert f"{tmp_path} got no evidence.png: " in said and "Traceback" not in said
    assert json.loads((tmp_path / "export.json").read_text())["digest"] == "1234"


def test_drawing_the_evidence_is_a_step_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(exporting, "plot_evidence", lambda *arguments: None)
    measured: Any = SimpleNamespace(pictures=None, outputs=None)
    exporting._leave_notes(_job(tmp_path), measured, b'{"digest": "1234"}')
    assert "evidence on some test pictures" in capsys.readouterr().err
