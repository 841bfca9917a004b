"""What the window saves: everything that was asked for, as it is shown, and of how many pictures."""

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app.colours import LINEAR, SEQUENTIAL, Scale
from runtime_app.errors import UserError
from runtime_app.heatmap_png import MAX_ROWS, write_heatmap
from runtime_app.pipeline import Outcome
from runtime_app.presenter import Presenter
from runtime_app.presenter import exports as saving
from runtime_app.presenter.exports import save, snapshot
from runtime_app.presenter.library import PENDING, SURE, Library
from tests.runtime_app.samples import many_pictures, until


@pytest.fixture
def out(presenter: Presenter, tmp_path: Path) -> Path:
    """Where the presenter saves."""
    folder = tmp_path / "out"
    presenter.export_folder = lambda: folder  # type: ignore[method-assign]
    return folder


def opened(presenter: Presenter, folder: Path, count: int) -> None:
    presenter.open_paths([folder])
    until(presenter, lambda: presenter.library.classified == count and not presenter.busy)


def until_saved(presenter: Presenter) -> None:
    until(presenter, lambda: not presenter._exports)


def test_everything_that_was_asked_for_is_saved(presenter: Presenter, tmp_path: Path, out: Path) -> None:
    opened(presenter, many_pictures(tmp_path / "many", 200), 200)
    presenter.library.corrections.update(dict.fromkeys(range(200), "3"))
    for kind in ("folder", "csv", "csv", "jsonl", "png"):
        presenter.export(kind)  # type: ignore[arg-type]
    until_saved(presenter)
    assert sorted(path.suffix for path in out.iterdir()) == ["", ".csv", ".csv", ".jsonl", ".png"]
    assert len(list(out.rglob("3/*.png"))) == 200 and not presenter.errors


def test_what_is_missing_before_anything_can_be_saved_is_said(presenter: Presenter, tmp_path: Path) -> None:
    def advice() -> str:
        with pytest.raises(UserError, match="There is nothing to save yet") as refused:
            presenter.export("csv")
        return refused.value.advice

    assert advice() == "Open pictures first."
    presenter.library.add([tmp_path / "a.png"])
    assert advice() == "Wait until a picture is classified."
    presenter.loaded = None
    assert advice() == "Choose a bundle first (Ctrl+B)."


def test_failure_of_one_is_shown_and_the_next_is_saved(presenter: Presenter, tmp_path: Path, out: Path) -> None:
    opened(presenter, many_pictures(tmp_path / "many", 20), 20)
    presenter.library.corrections.update(dict.fromkeys(range(20), "3"))
    presenter.library.paths[7].unlink()
    presenter.export("folder")
    presenter.export("csv")
    until_saved(presenter)
    assert [error.title for error in presenter.errors] == [
        f"1 of 20 pictures could not be copied: No such file or folder: {presenter.library.paths[7]}."
    ]
    assert len(list(out.rglob("3/*.png"))) == 19 and len(list(out.glob("*.csv"))) == 1


def test_long_copying_keeps_the_list_of_bundles_not_waiting(presenter: Presenter, digits: Path) -> None:
    opened(presenter, digits, 3)
    presenter.workers["export"].submit("slow", lambda ticket: time.sleep(5))
    presenter.list_bundles()
    until(presenter, lambda: presenter.bundles is not None, 4)


def test_what_was_asked_for_is_saved_before_the_window_closes(presenter: Presenter, tmp_path: Path, out: Path) -> None:
    opened(presenter, many_pictures(tmp_path / "many", 200), 200)
    presenter.library.corrections.update(dict.fromkeys(range(200), "3"))
    for kind in ("csv", "folder", "jsonl"):
        presenter.export(kind)  # type: ignore[arg-type]
    presenter.close(0.4)
    assert sorted(path.suffix for path in out.iterdir()) == ["", ".csv", ".jsonl"]
    assert len(list(out.rglob("3/*.png"))) == 200


@pytest.mark.parametrize("kind", ["folder", "csv"])
def test_of_what_takes_too_long_for_that_nothing_stays(
    presenter: Presenter, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, kind: saving.Kind
) -> None:
    opened(presenter, many_pictures(tmp_path / "many", 60), 60)
    presenter.library.corrections.update(dict.fromkeys(range(60), "3"))
    for slow in (shutil.copyfile, saving._csv_line):
        monkeypatch.setattr(
            sys.modules[slow.__module__], slow.__name__, lambda *given, slow=slow: (time.sleep(0.05), slow(*given))[1]
        )
    presenter.export(kind)
    until(presenter, lambda: any(out.iterdir()) if out.exists() else False)
    assert [path.name[0] for path in out.iterdir()] == ["."], "it gets its name when it is whole"
    start = time.monotonic()
    presenter.close(0.4)
    assert time.monotonic() - start < 1.8
    assert not list(out.iterdir())


def test_saving_again_in_the_same_second_leaves_what_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime_app.presenter.exports.time.strftime", lambda form: "now")
    library = measured(2)
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(name.encode())
    library.paths[:] = [tmp_path / "a.png", tmp_path / "b.png"]
    taken = snapshot(library, CLASSES)
    for kind in ("csv", "csv", "folder", "folder"):
        save(kind, taken, tmp_path / "out")  # type: ignore[arg-type]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "results-now-2.csv", "results-now.csv", "training-now", "training-now-2",
    ]  # fmt: skip
    assert len(list((tmp_path / "out" / "training-now-2").rglob("*.png"))) == 2


def test_of_a_cancelled_batch_it_says_how_many_have_a_result(presenter: Presenter, tmp_path: Path, out: Path) -> None:
    opened(presenter, many_pictures(tmp_path / "many", 30), 30)
    presenter.export("csv")
    until_saved(presenter)
    assert presenter.notice is not None and presenter.notice.endswith(".csv")
    presenter.library._states[5:30] = PENDING
    presenter.library.version += 1
    for kind in ("csv", "jsonl", "png", "folder"):
        presenter.library.corrections[0] = "1"
        presenter.export(kind)  # type: ignore[arg-type]
        until_saved(presenter)
        assert "(5 of 30 pictures; the others have no result yet)" in presenter.notice


# ---- the heatmap ---------------------------------------------------------------------------------------------------

CLASSES = ("a", "b")


def measured(count: int, states: int = SURE) -> Library:
    library = Library(2)
    library.add([Path(f"/d/{index:06}.png") for index in range(count)])
    shares = np.linspace(0.5, 1, count, dtype=np.float32)
    library.probabilities[:] = np.stack([shares, 1 - shares], axis=1)
    library.states[:] = states
    library.version += 1
    return library


def test_heatmap_is_drawn_as_the_window_lists_it(
    presenter: Presenter, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(presenter, many_pictures(tmp_path / "many", 40), 40)
    presenter.change_settings(colours="cividis")
    presenter.toggle_log_scale()
    presenter.set_sort("confidence")
    presenter.set_filter(label=int(presenter.library.labels[0]))
    order, drawn = presenter.listed().copy(), []

    def watched(path: Path, outcomes: list[Outcome], classes: tuple[str, ...], **options: object) -> None:
        drawn.append(([outcome.path for outcome in outcomes], options))
        write_heatmap(path, outcomes, classes, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(saving, "write_heatmap", watched)
    presenter.export("png")
    presenter.set_sort("name")
    until_saved(presenter)
    (paths, options), = drawn  # fmt: skip
    assert 1 < len(order) < 40 and paths == [presenter.library.paths[index] for index in order]
    assert options == {"total": len(order), "scale": Scale(SEQUENTIAL["cividis"], log=True)}


def test_colours_of_the_png_are_those_of_the_scale(tmp_path: Path) -> None:
    library = measured(1)
    library.probabilities[0] = (0.99, 0.01)
    for name, scale in (("linear", LINEAR), ("log", Scale(SEQUENTIAL["cividis"], log=True))):
        outcomes = [snapshot(library, CLASSES).outcome(0)]
        write_heatmap(tmp_path / f"{name}.png", outcomes, CLASSES, scale=scale)
        with Image.open(tmp_path / f"{name}.png") as picture:
            cells = np.asarray(picture.convert("RGB"))[82, 280:-112]
        assert {tuple(scale(np.float32(value)).tolist()) for value in (0.99, 0.01)} <= set(map(tuple, cells.tolist()))


def test_input_that_is_no_longer_in_memory_is_made_again(presenter: Presenter, digits: Path, out: Path) -> None:
    opened(presenter, digits, 3)
    kept = presenter.library.input_of(0)
    presenter.library._inputs.clear()
    (digits / "zero.png").unlink()
    presenter.export("png")
    taken = snapshot(presenter.library, CLASSES * 5)
    assert presenter.loaded is not None and kept is not None
    seen = saving.Shown(np.arange(3), LINEAR, presenter.loaded.bundle, None)
    images = [
        outcome.image for outcome in saving._with_images([taken.outcome(k) for k in range(3)], seen, lambda: None)
    ]  # type: ignore[union-attr]
    assert (images[0] == kept).all() and images[1].shape == (32, 32, 3) and not images[2].size
    until_saved(presenter)
    assert not presenter.errors and len(list(out.glob("*.png"))) == 1


def test_only_the_first_thousand_are_drawn_and_the_sentence_says_so(tmp_path: Path) -> None:
    said = save("png", snapshot(measured(MAX_ROWS + 7), CLASSES), tmp_path)
    assert said.endswith("(the first 1,000 of 1,007 pictures)")
    with Image.open(next(tmp_path.glob("*.png"))) as picture:
        head = np.asarray(picture.convert("L"))[50:76, 24:270]
    assert head.min() < 200, "and so does the picture, at its top"


def test_filter_that_lists_nothing_is_said(tmp_path: Path) -> None:
    library = measured(3)
    seen = saving.Shown(np.zeros(0, dtype=np.intp), LINEAR, None, None)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="listed"):
        save("png", snapshot(library, CLASSES, None, seen), tmp_path)


def test_a_hundred_thousand_pictures_are_taken_in_no_time_and_as_they_were(tmp_path: Path) -> None:
    library = measured(100_000)
    began = time.perf_counter()
    taken = snapshot(library, CLASSES)
    assert time.perf_counter() - began < 0.2
    before = library.probabilities[0].tolist()
    library.probabilities[0] = 0
    library.states[1:] = PENDING
    said = save("jsonl", taken, tmp_path)
    rows = next(tmp_path.glob("*.jsonl")).read_text().splitlines()
    assert len(rows) == 100_000 and "of" not in said.removeprefix(f"Saved {tmp_path}")
    assert list(json.loads(rows[0])["probabilities"].values()) == pytest.approx(before)


def test_of_thousands_of_pictures_the_newest_inputs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime_app.imaging import Region
    from runtime_app.pipeline import Result

    monkeypatch.setattr("runtime_app.presenter.library._INPUTS_KEPT", 3)
    library, nothing = measured(5), np.zeros(0, dtype=np.float32)
    for index, path in enumerate(library.paths):
        image = np.full((2, 2, 3), index, dtype=np.uint8)
        library.record(
            index,
            Result(path, "a", 1.0, "sure", np.array([1, 0], np.float32), nothing, nothing, image, Region(0, 0, 2, 2)),
        )
    assert [library.input_of(index) is not None for index in range(5)] == [False, False, True, True, True]
