"""What the window shows, without a window: a real bundle, real pictures, the real workers."""

import itertools
import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from runtime_app.errors import explain
from runtime_app.imaging import Region
from runtime_app.installation import command_line, training_program
from runtime_app.pipeline import Failure, Result
from runtime_app.presenter import Presenter
from runtime_app.presenter.library import FAILED, Filter, Library
from runtime_app.presenter.shown import class_bars, status, words
from runtime_app.settings import Settings
from tests.runtime_app.samples import until


def test_folder_is_listed_shown_and_classified(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and presenter.look is not None and not presenter.busy)
    assert [path.name for path in presenter.library.paths] == ["one.png", "seven.png", "zero.png"]
    bars = class_bars(presenter)
    assert len(bars) == 10 and sum(bar.share for bar in bars) == pytest.approx(1, abs=1e-5)
    assert [bar.share for bar in bars] == sorted((bar.share for bar in bars), reverse=True)
    assert status(presenter).engine.startswith("CPU fp32")


def test_only_the_picture_asked_for_last_is_shown(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths(sorted(digits.iterdir()))
    for index in (1, 2, 0, 2):
        presenter.show(index)
    assert words(presenter).detail == "Opening\u2026", "never the verdict of another picture"
    until(presenter, lambda: presenter.look is not None)
    assert presenter.look is not None and presenter.look.path.name == "zero.png"


def test_the_picture_that_is_looked_at_comes_before_the_others(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths(sorted(digits.iterdir()))
    assert presenter.busy and not presenter.workers["batch"].pending("classify")
    until(presenter, lambda: presenter.look is not None)
    assert presenter.library.classified == 1 and not presenter.workers["batch"].pending("classify")
    assert presenter.busy, "there is work left"
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)


def test_a_picture_that_takes_long_keeps_the_others_waiting_for_a_moment_only(
    presenter: Presenter, digits: Path
) -> None:
    decoded = threading.Event()
    presenter.workers["look"].submit("slow", lambda ticket: [decoded.wait(20)].clear())
    presenter.open_paths(sorted(digits.iterdir()))
    until(presenter, lambda: presenter.library.classified == 3)
    assert presenter.look is None
    decoded.set()
    until(presenter, lambda: presenter.look is not None)


def test_work_that_waits_for_a_picture_is_not_called_stopped(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits / "zero.png"])
    actions = set()
    while presenter.busy or not presenter.library.classified:
        actions.add(status(presenter).action)
        presenter.poll()
    assert actions == {"Cancel"}


def test_results_of_before_a_change_are_dropped_while_the_new_batch_waits(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths(sorted(digits.iterdir()))
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    decoded, path = threading.Event(), presenter.library.paths[0]
    old = [(0, Failure(path, explain(ValueError("of before"))))]
    presenter.workers["look"].submit("slow", lambda ticket: [decoded.wait(20)].clear())
    presenter.workers["batch"].submit("classify", lambda ticket: iter([old]))
    presenter.set_resize("stretch")
    presenter.workers["batch"].wait(0.3)
    presenter.poll()
    assert presenter.library.classified == 0
    decoded.set()
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert not (presenter.library.states == FAILED).any()


def test_what_is_cancelled_before_it_begins_does_not_begin(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths(sorted(digits.iterdir()))
    presenter.cancel()
    assert not presenter.busy
    until(presenter, lambda: presenter.look is not None)
    presenter.poll()
    assert presenter.library.classified == 1 and not presenter.busy


def test_one_bad_picture_does_not_stop_the_others(presenter: Presenter, digits: Path) -> None:
    (digits / "bad.png").write_bytes(b"no")
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 4 and not presenter.busy)
    assert list(presenter.library.states == FAILED) == [True, False, False, False]
    assert presenter.errors == [], "browsing past a bad picture is no reason for a dialog"


def test_marked_square_is_what_is_classified(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits / "seven.png"])
    until(presenter, lambda: presenter.look is not None and presenter.look.result is not None)
    whole = presenter.look.result.image  # type: ignore[union-attr]
    region = Region(10, 20, 60, 70)
    presenter.set_region(region)
    until(presenter, lambda: presenter.look.result.region == region)  # type: ignore[union-attr]
    assert (presenter.look.result.image != whole).any()  # type: ignore[union-attr]
    presenter.set_region(None)
    until(presenter, lambda: (presenter.look.result.image == whole).all())  # type: ignore[union-attr]


def test_corrections_decide_where_training_copies_go(presenter: Presenter, digits: Path, tmp_path: Path) -> None:
    presenter.export_folder = lambda: tmp_path / "out"  # type: ignore[method-assign]
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and presenter.look is not None and not presenter.busy)
    presenter.correct(4)
    presenter.export("folder")
    until(presenter, lambda: presenter.notice)
    (folder,) = (tmp_path / "out").iterdir()
    told = f"{training_program()} {command_line(['--data', str(folder), '--init-from', 'CHECKPOINT'])}"
    assert presenter.notice is not None and presenter.notice.endswith(told)
    assert [path.parent.name for path in (tmp_path / "out").rglob("one.png")] == ["4"]
    assert sorted(path.name for path in digits.iterdir()) == ["one.png", "seven.png", "zero.png"]
    presenter.notice = None
    presenter.export("jsonl")
    until(presenter, lambda: presenter.notice)
    lines = [json.loads(line) for line in next((tmp_path / "out").glob("*.jsonl")).read_text().splitlines()]
    assert [line.get("correction") for line in lines] == ["4", None, None]


def test_correction_holds_in_the_next_run_and_can_be_taken_back(
    presenter: Presenter, digits: Path, tiny_bundle: Path
) -> None:
    before = {path: path.read_bytes() for path in digits.iterdir()}
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    presenter.correct(4)
    assert presenter.close(5)
    for expected, now in (("4", None), (None, None)):
        following = Presenter(Settings(device="cpu"))
        following.open_bundle(tiny_bundle)
        following.open_paths([digits])
        until(following, lambda p=following: p.library.classified == 3 and not p.workers["memory"].pending("recall"))
        assert following.correction() == expected
        following.correct_as(now)
        assert following.close(5)
    assert {path: path.read_bytes() for path in digits.iterdir()} == before, "pictures are never changed"


def test_classes_are_found_by_a_part_of_their_name(presenter: Presenter) -> None:
    assert presenter.loaded is not None
    manifest = msgspec.structs.replace(presenter.loaded.bundle.manifest, classes=("wildcat", "dog", "Cat", "catfish"))
    presenter.loaded = replace(presenter.loaded, bundle=replace(presenter.loaded.bundle, manifest=manifest))
    assert presenter.classes_like("cat") == ["Cat", "catfish", "wildcat"]
    assert presenter.classes_like("") == ["wildcat", "dog", "Cat", "catfish"]


def test_sorting_puts_the_least_sure_first_and_filters_combine(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    order = presenter.library.listed("confidence")
    confidences = presenter.library.probabilities.max(axis=1)[order]
    assert list(confidences) == sorted(confidences)
    assert [presenter.library.paths[i].name for i in presenter.library.listed("name", Filter(text="EV"))] == [
        "seven.png"
    ]


def test_hundred_thousand_pictures_are_listed_without_sorting_them_in_every_frame() -> None:
    library = Library(10)
    library.add([Path(f"/pictures/{k}.png") for k in range(100_000)])
    first = library.labels
    assert library.labels is first, "views ask in every frame; nothing is computed while nothing changes"
    library.add([Path("/pictures/new.png")])
    assert len(library.labels) == 100_001


def test_order_of_names_is_that_of_one_listing_whatever_came_first() -> None:
    listing = [Path(f"/p/{name}") for name in ("b", "c", "a/z", "a/b/y", "a-2/x")]
    assert listing == sorted(listing, key=lambda path: (path.parent.parts, path.name))
    for first in itertools.permutations(range(5)):
        library = Library(2)
        for taken in (first[:1], first[1:2], first[2:]):
            library.add([listing[index] for index in taken])
            shown = [library.paths[index] for index in library.listed("name")]
            assert shown == sorted(shown, key=listing.index) and len(shown) == len(library)
    assert [library.paths[index] for index in library.listed("name", Filter(text="y"))] == [listing[3]]


def test_watched_folder_shows_new_pictures(presenter: Presenter, digits: Path) -> None:
    presenter.watch(digits)
    time.sleep(0.7)
    Image.new("RGB", (40, 40), "white").save(digits / "new.png")
    until(presenter, lambda: presenter.current is not None)
    assert [path.name for path in presenter.library.paths] == ["new.png"]


def test_every_order_has_the_least_sure_first_and_what_waits_last() -> None:
    library = Library(3)
    library.add([Path(f"{k}.png") for k in range(5)])
    library.probabilities[1:] = [(0.5, 0.3, 0.2), (0.2, 0.6, 0.2), (0.46, 0.44, 0.1), (0.55, 0.4, 0.05)]
    assert library.listed("confidence").tolist() == [3, 1, 4, 2, 0]
    assert library.listed("margin").tolist() == [3, 4, 1, 2, 0]
    assert library.listed("class").tolist() == [4, 1, 3, 2, 0], "by class, the surest first"


def test_next_class_is_the_next_most_probable_one(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits / "seven.png"])
    until(presenter, lambda: presenter.look is not None and presenter.look.result is not None)
    order = [bar.class_index for bar in class_bars(presenter)]
    seen = [presenter.evidence_class]
    for _ in range(9):
        presenter.step_class(1)
        seen.append(presenter.evidence_class)
    assert seen == order != sorted(order)
    presenter.step_class(1)
    assert presenter.evidence_class == order[0]


def test_opacity_stays_between_nothing_and_all(presenter: Presenter) -> None:
    for by, end in ((0.4, 1.0), (-0.4, 0.0)):
        for _ in range(4):
            presenter.change_opacity(by)
        assert presenter.settings.opacity == end


def test_a_picture_that_failed_is_of_no_class() -> None:
    library = Library(2)
    library.add([Path(f"{k}.png") for k in range(3)])
    library.record(0, Failure(Path("0.png"), explain(ValueError("no"))))
    library.probabilities[1], library.states[1] = (0.2, 0.8), 0
    library.version += 1
    assert library.labels.tolist() == [-1, 1, -1] and library.counts(2).tolist() == [0, 1]
    assert library.listed("name", Filter(label=0)).tolist() == []


def test_nothing_is_left_of_what_was_said_of_a_picture_that_cannot_be_read_any_more() -> None:
    library = Library(2)
    library.add([Path("0.png")])
    image, empty = np.zeros((32, 32, 3), dtype=np.uint8), np.zeros(0, dtype=np.float32)
    sure = np.array([0.1, 0.9], dtype=np.float32)
    library.record(0, Result(Path("0.png"), "b", 0.9, "sure", sure, empty, empty, image, Region(0, 0, 32, 32)))
    library.record(0, Failure(Path("0.png"), explain(ValueError("no"))))
    assert np.isnan(library.probabilities).all() and library.input_of(0) is None
    assert library.listed("name", Filter(least_confidence=0.5)).tolist() == []
