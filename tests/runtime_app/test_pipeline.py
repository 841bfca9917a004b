"""Many pictures in batches: all of them, in order, no more of them ahead than promised, and an end when nobody wants more."""

import threading
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.bundle import open_bundle
from runtime_app.classifier import Classifier
from runtime_app.errors import Explanation
from runtime_app.pipeline import Failure, Result, classify_files, classify_sources
from tests.runtime_app.samples import TINY

BATCH = 8


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier(open_bundle(TINY), "cpu")


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Several batches, the last one not full, and one file that is no picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (5 * BATCH + 3, 32, 32, 3), dtype=np.uint8)
    for number, picture in enumerate(pixels):
        Image.fromarray(picture).save(tmp_path / f"{number:03}.png")
    (tmp_path / "020.png").write_bytes(b"not a picture")
    return sorted(tmp_path.iterdir())


def test_every_picture_has_its_outcome_in_order_and_is_what_it_is_alone(
    classifier: Classifier, pictures: list[Path]
) -> None:
    outcomes = list(classify_files(pictures, classifier, batch=BATCH))
    assert [outcome.path for outcome in outcomes] == pictures
    for outcome in outcomes:
        alone = next(classify_files([outcome.path], classifier))
        assert type(alone) is type(outcome) and isinstance(outcome, Failure) == (outcome.path.name == "020.png")
        if isinstance(outcome, Result) and isinstance(alone, Result):
            np.testing.assert_allclose(outcome.probabilities, alone.probabilities, rtol=0, atol=1e-6)


def test_no_more_than_three_batches_are_taken_ahead_and_closing_ends_all_threads(classifier: Classifier) -> None:
    taken = 0

    def endless() -> Iterator[tuple[Path, Failure]]:
        nonlocal taken
        for number in count():
            taken += 1
            yield Path(str(number)), Failure(Path(str(number)), Explanation("Nothing.", "Wait.", ""))

    before = threading.active_count()
    outcomes = classify_sources(endless(), classifier, batch=BATCH)
    for number, outcome in enumerate(islice(outcomes, 10 * BATCH)):
        assert outcome.path == Path(str(number)) and taken <= (number // BATCH + 4) * BATCH
    outcomes.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_pictures_are_brought_to_size_as_the_bundle_says(tiny_bundle: Path, tmp_path: Path) -> None:
    from runtime_app.imaging import Region
    from runtime_app.presenter.tasks import Loaded, look
    from tests.campaigns.forge import edit

    edit(tiny_bundle, lambda content: content["input"].update(resize="letterbox"))
    wide, bundle = tmp_path / "wide.png", open_bundle(tiny_bundle)
    Image.new("RGB", (64, 32), "red").save(wide)
    opened = Classifier(bundle, "cpu")
    (listed,), shown = classify_files([wide], opened), look(wide, Loaded(bundle, opened), None).result
    assert isinstance(listed, Result) and shown is not None
    assert listed.region == shown.region == Region(0, -16, 64, 48)
    assert next(classify_files([wide], opened, "stretch")).region == Region(0, 0, 64, 32)


def test_verdict_is_by_the_temperature_of_its_bundle(tiny_bundle: Path) -> None:
    from runtime_app.classifier import Prediction
    from runtime_app.imaging import Prepared, Region
    from runtime_app.pipeline import interpret
    from tests.campaigns.forge import edit

    logits = np.array([[4.0] + 9 * [0.0]], dtype=np.float32)
    seen = Prediction(np.full((1, 10), 0.1, np.float32), logits, np.zeros((1, 10, 4, 4), np.float32))
    prepared = [(Path("a.png"), Prepared(np.zeros((32, 32, 3), np.uint8), Region(0, 0, 32, 32)))]
    verdicts = []
    for temperature in (1.0, 4.0):  # largest probabilities of 86% and 23%
        rule = {"score": "max_probability", "none_below": 0.5, "unsure_below": 0.6}
        edit(
            tiny_bundle,
            lambda content, t=temperature, r=rule: (
                content["calibration"].update(temperature=t),
                content["verdict"].update(r),
            ),
        )
        verdicts.append(interpret(prepared, seen, open_bundle(tiny_bundle))[0].verdict)
    assert verdicts == ["sure", "none"]
