"""Save what the window shows: results as CSV or JSON Lines, the heatmap as PNG, pictures as a training folder."""

import csv
import io
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import platformdirs
from numpy.typing import NDArray

from runtime_app.confusion_png import write_confusion
from runtime_app.errors import UserError
from runtime_app.heatmap_png import write_heatmap
from runtime_app.imaging import Region
from runtime_app.installation import program
from runtime_app.output import record
from runtime_app.pipeline import Failure, Outcome, Result
from runtime_app.presenter.library import SURE, Library
from runtime_app.verdict import Verdict

Kind = Literal["csv", "jsonl", "png", "folder", "confusion"]
_VERDICTS: tuple[Verdict, ...] = ("sure", "unsure", "none")
_NOTHING = np.zeros((0,), dtype=np.float32)


@dataclass(frozen=True)
class Snapshot:
    """What is saved, taken when it was asked for. labels: the class of each picture for training, None: left out;
    counts: int64 [K, K], the confusion matrix where the right classes are known."""

    outcomes: tuple[Outcome, ...]
    labels: tuple[str | None, ...]
    corrections: tuple[str | None, ...]
    classes: tuple[str, ...]
    counts: NDArray[np.int64] | None = None


def snapshot(library: Library, classes: tuple[str, ...], counts: NDArray[np.int64] | None = None) -> Snapshot:
    """Raises UserError when nothing has been classified."""
    outcomes: list[Outcome] = []
    labels: list[str | None] = []
    corrections: list[str | None] = []
    for index in np.flatnonzero(library.states >= SURE).tolist():
        corrections.append(library.corrections.get(index))
        outcome = _outcome(library, index, classes)
        outcomes.append(outcome)
        sure = isinstance(outcome, Result) and outcome.verdict == "sure"
        said = outcome.label if isinstance(outcome, Result) and sure else None
        labels.append((corrections[-1] or said) if isinstance(outcome, Result) else None)
    if not outcomes:
        raise UserError("There is nothing to save yet.", "Open pictures first.")
    return Snapshot(tuple(outcomes), tuple(labels), tuple(corrections), classes, counts)


def default_folder() -> Path:
    return platformdirs.user_documents_path() / "evidence"


def save(kind: Kind, taken: Snapshot, folder: Path) -> Callable[[], str]:
    """Work that writes a new file (or folder) into `folder` and returns the sentence that says where it lies."""

    def work() -> str:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"results-{time.strftime('%Y%m%d-%H%M%S')}"
        if kind == "folder":
            return _save_training_folder(taken, folder / name.replace("results", "training"))
        if kind == "confusion":
            return _save_confusion(taken, folder / f"{name.replace('results', 'confusion')}.png")
        path = folder / f"{name}.{kind}"
        if kind == "png":
            write_heatmap(path, [outcome for outcome in taken.outcomes if isinstance(outcome, Result)], taken.classes)
        else:
            text = _csv(taken) if kind == "csv" else _jsonl(taken)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
            temporary.write_bytes(text)
            temporary.replace(path)
        return f"Saved {path}"

    return work


def _save_confusion(taken: Snapshot, path: Path) -> str:
    if taken.counts is None or not taken.counts.sum():
        raise UserError("The right class of no picture is known.", "Open a folder with one subfolder per class.")
    write_confusion(path, taken.counts, taken.classes)
    return f"Saved {path}"


def _save_training_folder(taken: Snapshot, target: Path) -> str:
    """Copies; the pictures themselves stay untouched. Corrected ones go where the person said, sure ones where the
    network said; unsure ones that nobody corrected are left out."""
    copied = 0
    for outcome, label in zip(taken.outcomes, taken.labels, strict=True):
        if label is None:
            continue
        place = target / folder_name(label)
        place.mkdir(parents=True, exist_ok=True)
        name, number = outcome.path, 1
        goal = place / name.name
        while goal.exists():
            number += 1
            goal = place / f"{name.stem}-{number}{name.suffix}"
        shutil.copyfile(outcome.path, goal)
        copied += 1
    if not copied:
        raise UserError("No picture is sure or corrected.", "Say with the keys 1 to 9 and 0 what pictures show.")
    where = f"Copied {copied:,} of {len(taken.labels):,} pictures to {target}"
    trainer = program("trainer", "evidence-train")
    return f'{where}; train on them: {trainer} --data "{target}" --init-from CHECKPOINT'


def folder_name(label: str) -> str:
    """A class name as one folder's name on any platform; names that are one already stay as they are."""
    plain = "".join("_" if character in '/\\:*?"<>|' or ord(character) < 32 else character for character in label)
    return plain.strip(" .") or "_"


def _jsonl(taken: Snapshot) -> bytes:
    lines = []
    for outcome, correction in zip(taken.outcomes, taken.corrections, strict=True):
        row = record(outcome, taken.classes)
        lines.append(msgspec.json.encode(row if correction is None else {**row, "correction": correction}))
    return b"\n".join(lines) + b"\n"


def _csv(taken: Snapshot) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["path", "label", "confidence", "verdict", "correction", *taken.classes, "error"])
    for outcome, correction in zip(taken.outcomes, taken.corrections, strict=True):
        row = record(outcome, taken.classes)
        probabilities = row["probabilities"] or {}
        values = [f"{probabilities[name]:.6f}" if probabilities else "" for name in taken.classes]
        confidence = "" if row["confidence"] is None else f"{row['confidence']:.6f}"
        error = row["error"]["title"] if row["error"] else ""
        writer.writerow([row["path"], row["label"], confidence, row["verdict"], correction or "", *values, error])
    return text.getvalue().encode("utf-8")


def _outcome(library: Library, index: int, classes: tuple[str, ...]) -> Outcome:
    path, label = library.paths[index], library.label_of(index)
    if label is None:
        return Failure(path, library.errors[index])
    probabilities = library.probabilities[index].copy()
    image = library.input_of(index)
    return Result(
        path,
        classes[label],
        float(probabilities[label]),
        _VERDICTS[int(library.states[index])],
        probabilities,
        logits=_NOTHING,
        evidence=_NOTHING,
        image=np.full((32, 32, 3), 200, dtype=np.uint8) if image is None else image,
        region=Region(0, 0, 0, 0),
    )
