"""Save what the window shows: results as CSV or JSON Lines, the heatmap as PNG, pictures as a training folder."""

import csv
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs

from runtime_app.colours import LINEAR
from runtime_app.confusion_png import write_confusion
from runtime_app.errors import UserError
from runtime_app.heatmap_png import MAX_ROWS, write_heatmap
from runtime_app.installation import command_line, training_program
from runtime_app.jobs import give_way
from runtime_app.output import csv_header, csv_row, record
from runtime_app.pipeline import Failure, Outcome, prepare_file
from runtime_app.presenter.snapshot import Shown, Snapshot, snapshot
from runtime_app.training_folder import copy_pictures
from runtime_app.whole_file import remove_leftovers, whole_file

__all__ = ["Kind", "Shown", "Snapshot", "default_folder", "save", "snapshot"]

Kind = Literal["csv", "jsonl", "png", "folder", "confusion"]


def default_folder() -> Path:
    return platformdirs.user_documents_path() / "evidence"


def save(kind: Kind, taken: Snapshot, folder: Path, *, before_each: Callable[[], None] = lambda: None) -> str:
    """Write a new file (or folder) into `folder`, which is made; returns the sentence that says where it lies, and of how
    many pictures it is when some have no result yet. What lies there already stays as it is. before_each: called for each
    picture; when it raises, nothing stays of what was written."""
    remove_leftovers(folder)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    if kind == "folder":
        return _save_training_folder(taken, _free_path(folder, f"training-{stamp}", ""), before_each)
    if kind == "confusion":
        return _save_confusion(taken, _free_path(folder, f"confusion-{stamp}", ".png"))
    path = _free_path(folder, f"results-{stamp}", f".{kind}")
    if kind == "png":
        return _save_heatmap(taken, path, before_each)
    with whole_file(path) as temporary, temporary.open("wb") as file:
        for line in _csv(taken) if kind == "csv" else _jsonl(taken):
            before_each()
            file.write(line)
    return f"Saved {path}{_share(taken)}"


def _free_path(folder: Path, stem: str, suffix: str) -> Path:
    """Two of one kind may be saved within a second."""
    names = (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}" for number in count(1))
    return next(path for path in (folder / name for name in names) if not path.exists())


def _share(taken: Snapshot) -> str:
    """ " (258 of 4,600 pictures; the others have no result yet)", nothing where all have one."""
    done, total = len(taken.classified), len(taken.paths)
    return f" ({done:,} of {total:,} pictures; the others have no result yet)" if done < total else ""


def _save_confusion(taken: Snapshot, path: Path) -> str:
    if taken.counts is None or not taken.counts.sum():
        raise UserError("The right class of no picture is known.", "Open a folder with one subfolder per class.")
    write_confusion(path, taken.counts, taken.classes)
    return f"Saved {path}{_share(taken)}"


def _save_heatmap(taken: Snapshot, path: Path, before_each: Callable[[], None]) -> str:
    """The pictures that the window lists, in its order and its colours."""
    listed = taken.listed
    if not len(listed):
        raise UserError("No picture that is listed has a result.", "List all pictures (A) and save again.")
    outcomes = [taken.outcome(index) for index in listed[:MAX_ROWS].tolist()]
    scale = LINEAR
    if taken.shown is not None:
        outcomes, scale = _with_images(outcomes, taken.shown, before_each), taken.shown.scale
    before_each()
    write_heatmap(path, outcomes, taken.classes, total=len(listed), scale=scale)
    first = f" (the first {len(outcomes):,} of {len(listed):,} pictures)" if len(outcomes) < len(listed) else ""
    return f"Saved {path}{first}{_share(taken)}"


def _with_images(outcomes: list[Outcome], shown: Shown, before_each: Callable[[], None]) -> list[Outcome]:
    """Of thousands of pictures, what the network saw of the first ones is no longer in memory: it is made again."""

    def whole(outcome: Outcome) -> Outcome:
        before_each()
        if isinstance(outcome, Failure) or outcome.image.size:
            return outcome
        prepared = prepare_file(outcome.path, shown.bundle, shown.resize)
        return outcome if isinstance(prepared, Failure) else replace(outcome, image=prepared.image)

    with ThreadPoolExecutor(max(2, os.cpu_count() or 1), "export", give_way) as decoders:
        return list(decoders.map(whole, outcomes))


def _save_training_folder(taken: Snapshot, target: Path, before_each: Callable[[], None]) -> str:
    """Raises UserError when some could not be copied; the others lie there then."""
    pictures = list(taken.labels())
    if not pictures:
        raise UserError(
            "Of no picture the class is known, and the network is sure of none.",
            "Say with the keys 1 to 9 and 0 what pictures show.",
        )
    done = copy_pictures(pictures, target, before_each=before_each)
    if done.failures:
        others = f"The other {done.copied:,} lie in {target}." if done.copied else "Check the pictures and the disk."
        title = f"{done.failures:,} of {len(pictures):,} pictures could not be copied: {done.reason}"
        raise UserError(title, others, exit_status=1)
    where = f"Copied {done.copied:,} of {len(taken.classified):,} pictures to {target}{_share(taken)}"
    options = command_line(["--data", str(target), "--init-from", "CHECKPOINT"])
    return f"{where}; train on them: {training_program()} {options}"


def _jsonl(taken: Snapshot) -> Iterator[bytes]:
    for outcome, correction in taken.rows():
        row = record(outcome, taken.classes)
        yield msgspec.json.encode(row if correction is None else {**row, "correction": correction}) + b"\n"


def _csv(taken: Snapshot) -> Iterator[bytes]:
    """The columns of `classify --format csv`, and what the person said."""
    yield _csv_line(csv_header(taken.classes, "correction"))
    for outcome, correction in taken.rows():
        yield _csv_line(csv_row(outcome, taken.classes, correction or ""))


def _csv_line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode("utf-8")
