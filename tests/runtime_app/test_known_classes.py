"""Pictures whose class is known, and a second opinion on them: accuracy, mistakes, where two bundles disagree."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runtime_app.evaluation import Evaluation, labelled_pictures, tally
from runtime_app.imaging import list_pictures
from runtime_app.pipeline import classify_files
from runtime_app.presenter import Presenter
from runtime_app.presenter.accuracy import accuracy, cell_words, measure
from runtime_app.presenter.bundles import Opinion, list_bundles, list_opinions
from runtime_app.presenter.comparison import disagreement, on_axis, rank, shared_classes
from runtime_app.presenter.library import Library
from runtime_app.presenter.truth import Truth
from tests.runtime_app.samples import draw_digit, rename_bundle, until


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
    assert len(confidences) == same.n - same.counts.trace() > 0 and list(confidences) == sorted(
        confidences, reverse=True
    )
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
    assert list(found.listed) == [1, 3, 0] and found.title == "3 mistakes, most confident first"
    assert found.evaluation.counts.tolist() == [[1, 0], [3, 0]]


def test_stray_subfolder_is_named_instead_of_an_accuracy(presenter: Presenter, labelled: Path) -> None:
    (labelled / "misc").mkdir()
    draw_digit("one", 40).save(labelled / "misc" / "x.png")
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == 6 and not presenter.busy)
    assert accuracy(presenter) is None and not presenter.labelled
    assert presenter.truth.obstacle is not None and "(misc)" in presenter.truth.obstacle[0]


def test_innermost_opened_folder_that_knows_the_class_decides(presenter: Presenter, labelled: Path) -> None:
    inner = labelled.parent / "data" / "test"
    inner.parent.mkdir()
    labelled.rename(inner)
    presenter.open_paths([inner.parent])
    until(presenter, lambda: presenter.library.classified == 5 and not presenter.busy)
    assert not presenter.labelled, "its subfolder is no class"
    presenter.open_paths([inner])
    until(presenter, lambda: presenter.labelled)
    presenter.open_paths([inner / "7"])
    until(presenter, lambda: not presenter.busy)
    assert sorted(presenter.true_labels) == [0, 0, 1, 3, 7] and presenter.truth.obstacle is None


def test_the_inner_of_two_folders_that_both_name_a_class_decides() -> None:
    for folders in ((Path("d"), Path("d/1")), (Path("d/1"), Path("d"))):
        truth = Truth(folders, ("1", "7"))
        truth.extend([Path("d/1/7/a.png"), Path("d/1/b.png")])
        assert truth.labels.tolist() == [1, 0]


@pytest.mark.parametrize(("folder", "file"), [("empty", None), ("notes", "a.txt"), (".thumbnails", "a.png")])
def test_folder_without_pictures_and_hidden_folder_are_passed_over_by_window_and_evaluate(
    presenter: Presenter, labelled: Path, folder: str, file: str | None
) -> None:
    (labelled / folder).mkdir()
    if file is not None:
        shutil.copy(labelled / "0" / "a.png", labelled / folder / file)
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified >= 5 and not presenter.busy)
    found = accuracy(presenter)
    assert found is not None and presenter.loaded is not None
    labels = labelled_pictures(labelled, presenter.loaded.bundle.manifest.classes)
    assert found.evaluation.n + found.evaluation.failures == len(labels) == 5


def test_link_to_nothing_is_counted_alike_by_window_and_evaluate(presenter: Presenter, labelled: Path) -> None:
    (labelled / "0" / "gone.png").symlink_to(labelled / "nothing.png")
    presenter.open_paths([labelled])
    until(presenter, lambda: presenter.library.classified == len(presenter.library) >= 5 and not presenter.busy)
    found = accuracy(presenter)
    assert found is not None and presenter.loaded is not None
    classes = presenter.loaded.bundle.manifest.classes
    labels = labelled_pictures(labelled, classes)
    same = tally(classify_files(labels, presenter.loaded.classifier), labels, classes)
    assert set(presenter.library.paths) == set(labels)
    assert found.evaluation.failures == same.failures and found.evaluation.accuracy == same.accuracy


def test_links_in_the_place_of_class_folders_are_followed_alike_by_window_and_evaluate(
    presenter: Presenter, labelled: Path, tmp_path: Path
) -> None:
    """One leads elsewhere, one into the folder itself; one leads back and one lies deeper, which nobody follows."""
    (labelled / "0").rename(tmp_path / "zeros")
    (labelled / "0").symlink_to(tmp_path / "zeros")
    (labelled / ".kept").mkdir()
    (labelled / "1").rename(labelled / ".kept" / "ones")
    (labelled / "1").symlink_to(Path(".kept") / "ones")
    (labelled / "2").symlink_to(labelled)
    (labelled / "3" / "more").symlink_to(tmp_path / "zeros")
    presenter.open_paths([labelled])
    until(presenter, lambda: not presenter.busy and presenter.library.classified == len(presenter.library) >= 5)
    found = accuracy(presenter)
    assert found is not None and presenter.loaded is not None
    labels = labelled_pictures(labelled, presenter.loaded.bundle.manifest.classes)
    assert found.evaluation.n + found.evaluation.failures == len(labels) == 5
    known = {path for path, label in zip(presenter.library.paths, presenter.true_labels, strict=True) if label >= 0}
    assert known == set(labels) and list_pictures(labelled) == sorted(presenter.library.paths)


def test_pictures_outside_class_folders_have_no_known_class(presenter: Presenter, digits: Path) -> None:
    presenter.open_paths([digits])
    until(presenter, lambda: presenter.library.classified == 3 and not presenter.busy)
    assert accuracy(presenter) is None and presenter.truth.obstacle is None


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


def test_recall_is_of_a_class_and_precision_of_what_was_called_so() -> None:
    first, second, never = Evaluation(np.array([[3, 1, 0], [4, 2, 0], [0, 0, 0]]), ("a", "b", "c"), 0).per_class()
    assert (first.n, first.recall, first.precision) == (4, 3 / 4, 3 / 7)
    assert (second.n, second.recall, second.precision) == (6, 2 / 6, 2 / 3)
    assert (never.n, never.recall, never.precision) == (0, None, None)


def test_class_folders_are_known_by_window_and_evaluate_whatever_their_case(tmp_path: Path) -> None:
    for name in ("Dog", "CAT"):
        (tmp_path / name).mkdir()
        draw_digit("one", 32).save(tmp_path / name / "a.png")
    labels = labelled_pictures(tmp_path, ("cat", "dog"))
    assert {path.parent.name: label for path, label in labels.items()} == {"CAT": 0, "Dog": 1}
    truth = Truth((tmp_path,), ("cat", "dog"))
    truth.extend(list(labels))
    assert truth.labels.tolist() == list(labels.values()) and truth.obstacle is None


def test_pictures_on_which_two_bundles_disagree_come_first(presenter: Presenter) -> None:
    assert presenter.loaded is not None
    first, second = Library(10), Library(10)
    for library, said in ((first, (1, 2, 3)), (second, (1, 7, 3))):
        library.add([Path(name) for name in "abcd"])
        library.probabilities[:3] = np.eye(10)[list(said)]
    ranking = rank(presenter.loaded, first, presenter.loaded, second)
    assert ranking.order.tolist() == [1, 0, 2, 3] and (ranking.differing, ranking.both) == (1, 3)


def test_cell_is_said_of_its_true_class() -> None:
    found = Evaluation(np.array([[9, 3], [1, 7]]), ("cat", "dog"), 0)
    assert cell_words(found, (0, 1)) == "3 of 12 pictures of cat (25 %) called dog"
    assert cell_words(found, (1, 0)) == "1 of 8 pictures of dog (12 %) called cat"


def test_opinions_are_the_other_variants_and_then_other_bundles(
    presenter: Presenter, tiny_bundle: Path, tmp_path: Path
) -> None:
    import msgspec

    other = Path(shutil.copytree(tiny_bundle, tmp_path / "other"))
    rename_bundle(other, "other")
    assert presenter.loaded is not None
    manifest = presenter.loaded.bundle.manifest
    (full,) = manifest.variants
    small = msgspec.structs.replace(full, precision="int8", file="model.int8.onnx", test_accuracy=0.5)
    two = replace(presenter.loaded.bundle, manifest=msgspec.structs.replace(manifest, variants=(full, small)))
    entries = [entry for entry in list_bundles([tiny_bundle, other]) if entry.path in (tiny_bundle, other)]
    percent = f"{100 * full.test_accuracy:.1f} %"
    assert float(percent[:-2]) > 50 and [entry.accuracy for entry in entries] == [percent, percent]
    found = list_opinions(replace(presenter.loaded, bundle=two), entries)
    assert [(each.path, each.precision, each.accuracy) for each in found] == [
        (tiny_bundle, "int8", "50.0 %"),
        (other, "auto", percent),
    ]
