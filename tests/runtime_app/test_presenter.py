"""What the window shows, without a window: a real bundle, real pictures, the real workers."""

import json
import shutil
import threading
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from runtime_app import evidence
from runtime_app.evaluation import labelled_pictures, tally
from runtime_app.imaging import Region
from runtime_app.pipeline import classify_files
from runtime_app.presenter import Presenter
from runtime_app.presenter.accuracy import accuracy, measure
from runtime_app.presenter.bundles import Opinion
from runtime_app.presenter.comparison import disagreement, on_axis, rank, shared_classes
from runtime_app.presenter.library import FAILED, Filter, Library
from runtime_app.presenter.shown import class_bars, status, words
from runtime_app.presenter.wording import percent
from runtime_app.settings import Settings, load_settings, remember, save_settings
from runtime_app.view import geometry
from runtime_app.view.canvas import Box, Same
from tests.runtime_app.samples import draw_digit, rename_bundle, until


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


def test_changed_bundle_classifies_anew_and_refused_bundle_changes_nothing(
    presenter: Presenter, tiny_bundle: Path, digits: Path
) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    before = presenter.loaded
    presenter.set_engine(threads=1)
    until(presenter, lambda: presenter.loaded is not before and presenter.library.classified == 3)
    running = presenter.loaded
    (tiny_bundle / "bundle.json").write_text("{}")
    presenter.open_bundle(tiny_bundle)
    until(presenter, lambda: presenter.errors)
    assert presenter.loaded is running and presenter.library.classified == 3


def test_corrections_decide_where_training_copies_go(presenter: Presenter, digits: Path, tmp_path: Path) -> None:
    presenter.export_folder = lambda: tmp_path / "out"  # type: ignore[method-assign]
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and presenter.look is not None and not presenter.busy)
    presenter.correct(4)
    presenter.export("folder")
    until(presenter, lambda: presenter.notice)
    assert [path.parent.name for path in (tmp_path / "out").rglob("one.png")] == ["4"]
    assert sorted(path.name for path in digits.iterdir()) == ["one.png", "seven.png", "zero.png"]
    presenter.notice = None
    presenter.export("jsonl")
    until(presenter, lambda: presenter.notice)
    lines = [json.loads(line) for line in next((tmp_path / "out").glob("*.jsonl")).read_text().splitlines()]
    assert [line.get("correction") for line in lines] == ["4", None, None]


def test_folder_of_known_classes_gives_the_figures_of_evaluate(presenter: Presenter, labelled: Path) -> None:
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and not presenter.busy)
    found = accuracy(presenter)
    assert found is not None and presenter.loaded is not None
    classes = presenter.loaded.bundle.manifest.classes
    labels = labelled_pictures(labelled, classes)
    same = tally(classify_files(labels, presenter.loaded.classifier), labels, classes)
    assert (found.evaluation.counts == same.counts).all() and found.evaluation.accuracy == same.accuracy
    assert found.evaluation.failures == same.failures == 1
    confidences = presenter.library.probabilities[found.listed].max(axis=1)
    assert len(confidences) == found.mistakes > 0 and list(confidences) == sorted(confidences, reverse=True)
    true, said = int(presenter.true_labels[found.listed[0]]), presenter.library.label_of(int(found.listed[0]))
    assert said is not None
    presenter.choose_cell((true, said))
    chosen = accuracy(presenter)
    assert chosen is not None and found.listed[0] in chosen.listed
    assert len(chosen.listed) == same.counts[true, said]


def test_mistakes_are_listed_the_most_confident_first() -> None:
    library = Library(2)
    library.add([Path(f"{k}.png") for k in range(4)])
    shares = np.array([0.6, 0.9, 0.7, 0.8], dtype=np.float32)
    library.probabilities[:] = np.stack([shares, 1 - shares], axis=1)
    library.states[:] = 0
    found = measure(library, np.array([1, 1, 0, 1]), ("a", "b"), None)
    assert list(found.listed) == [1, 3, 0] and found.mistakes == 3
    assert found.evaluation.counts.tolist() == [[1, 0], [3, 0]]


def test_stray_subfolder_is_named_instead_of_an_accuracy(presenter: Presenter, labelled: Path) -> None:
    (labelled / "misc").mkdir()
    draw_digit("one", 40).save(labelled / "misc" / "x.png")
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 6 and not presenter.busy)
    assert accuracy(presenter) is None and not presenter.labelled
    assert presenter.truth.obstacle is not None and "(misc)" in presenter.truth.obstacle[0]


def test_pictures_outside_class_folders_have_no_known_class(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert accuracy(presenter) is None and presenter.truth.obstacle is None


def test_bundle_replaced_on_the_disk_is_noticed_and_the_open_one_goes_on(
    presenter: Presenter, tiny_bundle: Path, digits: Path
) -> None:
    running = presenter.loaded
    rename_bundle(tiny_bundle, "successor")
    until(presenter, lambda: "replaced" in status(presenter).reason)
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert presenter.loaded is running and not presenter.errors
    presenter.reopen_bundle()
    until(presenter, lambda: presenter.loaded is not running)
    assert presenter.loaded is not None and presenter.loaded.bundle.manifest.name == "successor"
    assert "replaced" not in status(presenter).reason


def test_list_of_bundles_has_folders_and_zips_with_accuracy_and_date(
    presenter: Presenter, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    newer = Path(shutil.copytree(tiny_bundle, tmp_path / "artifacts" / "bundles" / "newer"))
    rename_bundle(newer, "newer", "2031-02-03T04:05:06+00:00")
    archive = shutil.make_archive(str(tmp_path / "elsewhere"), "zip", tiny_bundle)
    presenter.open_bundle(Path(archive))
    until(presenter, lambda: presenter.loaded is not None and presenter.loaded.bundle.path == Path(archive))
    presenter.list_bundles()
    until(presenter, lambda: presenter.bundles is not None)
    assert presenter.bundles is not None
    first, *others = presenter.bundles
    assert (first.name, first.date) == ("newer", "2031-02-03") and first.accuracy.endswith(" %")
    assert {entry.path for entry in others} == {Path(archive), tiny_bundle}, "what was open before is offered too"


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


def test_filters_by_confidence_and_by_being_wrong(presenter: Presenter, labelled: Path) -> None:
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 5 and not presenter.busy)
    confidence = presenter.library.confidence
    middle = float(np.nanmedian(confidence))
    presenter.set_filter(least_confidence=middle)
    assert (confidence[presenter.listed()] >= middle).all() and len(presenter.listed()) >= 1
    presenter.set_filter(least_confidence=0.0, most_confidence=middle)
    assert (confidence[presenter.listed()] <= middle).all() and len(presenter.listed()) >= 1
    presenter.set_filter(most_confidence=1.0, wrong=True)
    found = accuracy(presenter)
    assert found is not None and sorted(presenter.listed()) == sorted(found.listed)
    right = next(k for k in range(5) if presenter.library.label_of(k) is not None and not presenter.wrong[k])
    presenter.show(right)
    presenter.correct_as("5")
    assert right in presenter.listed(), "a correction goes before the subfolder"


def test_hundred_thousand_pictures_are_listed_without_sorting_them_in_every_frame() -> None:
    library = Library(10)
    library.add([Path(f"/pictures/{k}.png") for k in range(100_000)])
    first = library.labels
    assert library.labels is first, "views ask in every frame; nothing is computed while nothing changes"
    library.add([Path("/pictures/new.png")])
    assert len(library.labels) == 100_001


def test_evidence_scale_is_one_for_all_classes_and_its_cells_tile_the_region() -> None:
    maps = np.zeros((3, 4, 4), dtype=np.float32)
    maps[0, 0, 0], maps[1, 3, 3] = 7.2, -1.0
    limit = evidence.scale_limit(maps)
    assert limit == 8
    strong, weak = (evidence.overlay(maps[k], limit, grid=True) for k in (0, 1))
    assert strong[0, 0, 3] > weak[-1, -1, 3] > 0, "weak evidence looks weak"
    assert strong[0, 0, 0] > strong[0, 0, 2] and weak[-1, -1, 2] > weak[-1, -1, 0], "red for, blue against"
    assert evidence.overlay(maps[2], limit, grid=False)[..., 3].max() == 0, "no evidence covers nothing"
    region = Region(10, 20, 90, 100)
    assert evidence.cell_region(0, 0, (4, 4), region) == Region(10, 20, 30, 40)
    assert evidence.cell_region(3, 3, (4, 4), region) == Region(70, 80, 90, 100)


def test_screen_and_picture_coordinates_agree_at_any_zoom() -> None:
    area = Box(16, 68, 876, 652)
    camera = geometry.Camera()
    placement = geometry.place((4032, 3024), area, camera)
    under = placement.to_picture(300, 300)
    for _ in range(5):
        camera = geometry.zoom_at(camera, placement, 300, 300, 1.2)
        placement = geometry.place((4032, 3024), area, camera)
    assert placement.to_picture(300, 300) == pytest.approx(under, abs=1)
    box = placement.to_screen(Region(100, 200, 300, 400))
    assert placement.to_picture(box.x, box.y) == pytest.approx((100, 200))


def test_drawn_square_stays_a_square_inside_the_picture() -> None:
    drawn = geometry.drawn_region((90, 90), (500, 95), (100, 100), 1.0)
    assert drawn == Region(90, 90, 100, 100)
    assert geometry.drawn_region((10, 10), (11, 11), (100, 100), 1.0) is None
    assert geometry.moved_region(Region(0, 0, 50, 50), 80, -20, (100, 100)) == Region(50, 0, 100, 50)


def test_square_moved_and_scaled_by_keys_stays_a_square_inside_the_picture() -> None:
    middle = geometry.middle_region((200, 100), 1.0)
    assert middle == Region(75, 25, 125, 75)
    assert geometry.scaled_region(middle, 100.0, (200, 100)) == Region(50, 0, 150, 100)
    tiny = geometry.scaled_region(middle, 0.0, (200, 100))
    assert (tiny.right - tiny.left, tiny.bottom - tiny.top) == (4, 4)


def test_compared_bundles_share_one_class_axis() -> None:
    axis = shared_classes(("a", "b"), ("b", "c"))
    assert axis == ("a", "b", "c")
    first = on_axis(np.array([[0.9, 0.1], [0.1, 0.9]], dtype=np.float32), ("a", "b"), axis)
    second = on_axis(np.array([[0.5, 0.5], [0.9, 0.1]], dtype=np.float32), ("b", "c"), axis)
    apart = disagreement(first, second)
    assert apart[0] > 1 > apart[1]


def test_second_opinion_covers_pictures_that_are_opened_later(
    presenter: Presenter, tiny_bundle: Path, digits: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    rename_bundle(other, "other")
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    presenter.compare_with(Opinion(other, "auto", "other", ""))
    until(presenter, lambda: presenter.comparison.library.classified == 3)
    draw_digit("one", 50).save(tmp_path / "later.png")
    presenter.open_paths([tmp_path / "later.png"])
    until(presenter, lambda: presenter.comparison.library.classified == 4 and presenter.library.classified == 4)
    assert presenter.loaded is not None and presenter.comparison.loaded is not None
    ranking = rank(presenter.loaded, presenter.library, presenter.comparison.loaded, presenter.comparison.library)
    assert (ranking.both, ranking.differing) == (4, 0), "the same network says the same"


def test_settings_survive_and_a_broken_file_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    save_settings(Settings(theme="light", recent_folders=remember((), tmp_path)), file)
    assert load_settings(file) == (Settings(theme="light", recent_folders=(str(tmp_path),)), None)
    file.write_bytes(b"\xff{")
    settings, notice = load_settings(file)
    assert settings == Settings() and notice is not None and "set aside" in notice
    assert file.with_name("settings.json.broken").read_bytes() == b"\xff{"


@pytest.mark.parametrize(("share", "text"), [(0.0, "0"), (0.001, "<1"), (0.934, "93"), (0.9999, ">99"), (1.0, "100")])
def test_percentages_never_claim_certainty(share: float, text: str) -> None:
    assert percent(share) == text


def test_watched_folder_shows_new_pictures(presenter: Presenter, digits: Path) -> None:
    presenter.watch(digits)
    time.sleep(0.7)
    Image.new("RGB", (40, 40), "white").save(digits / "new.png")
    until(presenter, lambda: presenter.current is not None)
    assert [path.name for path in presenter.library.paths] == ["new.png"]


def test_a_texture_key_is_never_mistaken_for_that_of_a_later_array():
    """Where a freed array's place in memory is used again, the picture of the old one would be drawn."""
    keys = {Same(np.zeros(3, np.uint8)): number for number in range(100)}
    assert len(keys) == 100
    array = np.zeros(3, np.uint8)
    assert Same(array) == Same(array) and hash(Same(array)) == hash(Same(array))
    assert Same(array) != Same(array.copy())
