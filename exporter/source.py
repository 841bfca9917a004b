"""Which checkpoint is exported, and the data it is judged on: found, read once, and checked against each other."""

import csv
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import torch

from runtime_app.errors import UserError, one_line
from trainer.checkpoint import Checkpoint, load_best
from trainer.config import RunRecord, read_record
from trainer.data import Splits, is_folder, load_splits
from trainer.data.names import why_refused
from trainer.metrics import EpochMetrics
from trainer.results import best_row, read_finished

LICENCE = "licence.txt"
"""Beside a checkpoint: the licence of the model. Whoever trains a model decides that, or has not decided yet."""
_READ_ATTEMPTS = 5


@dataclass(frozen=True)
class Source:
    """A checkpoint with everything that is known about it.

    folder: where the checkpoint lies; is_run: whether that is a run folder, which the exporter may write its notes to,
    and no checkpoint that was copied away; rows: metrics.csv as far as it got; finished: whether training had ended;
    licence: what somebody wrote beside the checkpoint, None where nobody did.
    """

    checkpoint: Checkpoint
    checkpoint_sha256: str
    record: RunRecord
    rows: tuple[EpochMetrics, ...]
    folder: Path
    is_run: bool
    finished: bool
    licence: str | None

    @property
    def name(self) -> str:
        """What the bundle is called by default: as its run folder."""
        return self.folder.resolve().name if self.is_run else self.run

    @property
    def run(self) -> str:
        """The name a run folder gets when it is made, so that a copied checkpoint still knows where it came from."""
        return self.record.name


@dataclass(frozen=True)
class _Candidate:
    folder: Path
    record: RunRecord
    accuracy: float


def find_checkpoint(asked: str, runs: Path) -> Path:
    """best, latest, a run folder or a .pt file -> the path of the checkpoint. Raises UserError when there is none.

    best: the highest validation accuracy among the runs on the data of the newest run; newest: the latest start.
    """
    if asked not in ("best", "latest"):
        path = Path(asked)
        if path.is_dir():
            if not (path / "best.pt").is_file() and not (path / "config.json").is_file():
                raise UserError(
                    f"{path} is not the folder of a run: it has neither a config.json nor a best.pt.",
                    "Name the folder that training printed at its end, or a best.pt; a folder of runs is what --runs takes.",
                )
            return _require(
                path / "best.pt", f"The run {path} has no best.pt yet.", "Wait for its first epoch, or name another."
            )
        return _require(
            path, f"There is no run or checkpoint {path}.", "Pass best, latest, a run folder or a .pt file."
        )
    candidates = _candidates(runs)
    if not candidates:
        raise UserError(
            f"There is no run with a checkpoint in {runs}.",
            "Train first (python -m trainer), or pass --runs or --run FILE.pt.",
        )
    newest = max(candidates, key=lambda c: (c.record.provenance.started, c.folder.name))
    if asked == "best":
        same_data = [c for c in candidates if c.record.provenance.data_sha256 == newest.record.provenance.data_sha256]
        newest = max(same_data, key=lambda c: (c.accuracy, c.record.provenance.started, c.folder.name))
    return newest.folder / "best.pt"


def load_source(path: Path) -> Source:
    """Read the checkpoint and what lies beside it. Raises UserError for anything that is not usable as it is."""
    folder = path.parent
    if not (folder / "config.json").is_file():
        raise UserError(
            f"{path} has no config.json beside it, so the pictures it was chosen on cannot be found again.",
            "Keep best.pt together with the config.json of its run.",
        )
    record = read_record(folder / "config.json")
    checkpoint, sha256 = _load_unchanging(path)
    _refuse_other_classes(path, checkpoint, record)
    _refuse_other_size(path, checkpoint, record)
    _refuse_names(path, checkpoint)
    _refuse_nonfinite(path, checkpoint)
    rows = tuple(read_rows(folder / "metrics.csv"))
    is_run = (folder / "last.pt").is_file()
    finished = not is_run or read_finished(folder) is not None
    return Source(checkpoint, sha256, record, rows, folder, is_run, finished, read_licence(folder / LICENCE))


def load_data(source: Source, data_root: Path | None) -> Splits:
    """The run's splits, rebuilt. Raises UserError when the data is gone or is not what the run was trained on."""
    config = replace(source.record.config, outliers=None)  # no split has any of them
    if data_root is not None:
        config = (
            replace(config, data=str(data_root))
            if is_folder(config.data)
            else replace(config, data_root=str(data_root))
        )
    try:
        splits = load_splits(config)
    except UserError as error:
        raise UserError(
            f"The validation split cannot be rebuilt: {error.title}",
            f"Pass --data-root with the place of the data set ({source.record.provenance.data_name}).",
        ) from error
    if splits.classes != source.checkpoint.classes:
        raise UserError(
            f"The data set {splits.name} has the classes {', '.join(splits.classes)}; this checkpoint was trained on "
            f"{', '.join(source.checkpoint.classes)}.",
            "Give the folders their names back, or pass --data-root with the place of the right data set.",
        )
    if splits.sha256 != source.record.provenance.data_sha256:
        raise UserError(
            f"The data set {splits.name} is not the one that this checkpoint was trained on (its SHA-256 differs).",
            "Restore the data, or pass --data-root with the place of the right one.",
        )
    named, about = source.record.provenance.data_name, splits.about
    if about.endswith(splits.name):
        about = about.removesuffix(splits.name) + named
    return replace(splits, name=named, about=about)  # wherever the data lies today, the bundle says the same


def read_rows(path: Path) -> list[EpochMetrics]:
    """metrics.csv as rows; empty when there is none. Raises UserError when it cannot be understood."""
    if not path.is_file():
        return []
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return msgspec.convert(list(csv.DictReader(file)), list[EpochMetrics], strict=False)
    except (msgspec.ValidationError, csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{path} is damaged ({error}).", "Restore it from a copy, or delete it.") from error


def read_licence(path: Path) -> str | None:
    """What a licence's text calls itself: its first line that is not empty. None without such a file; raises UserError
    when it says nothing."""
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    first = next((line.strip() for line in lines if line.strip()), None)
    if first is None:
        raise UserError(f"{path} is empty.", "Write the model's licence into it, or delete it.")
    return one_line(first)


def _candidates(runs: Path) -> list[_Candidate]:
    """Runs that have a checkpoint; a folder that holds no readable run is not one."""
    found = []
    for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
        if not (folder / "best.pt").is_file():
            continue
        try:
            rows = read_rows(folder / "metrics.csv")
            accuracy = best_row(rows).val_acc if rows else 0.0
            found.append(_Candidate(folder, read_record(folder / "config.json"), accuracy))
        except UserError:
            continue
    return found


def _load_unchanging(path: Path) -> tuple[Checkpoint, str]:
    """A run that is still training may replace its best.pt between reading and hashing: read until both agree."""
    for _ in range(_READ_ATTEMPTS):
        before = _sha256(path)
        checkpoint = load_best(path)
        if _sha256(path) == before:
            return checkpoint, before
    raise UserError(f"{path} changes all the time.", "Wait until training is slower, or copy the file first.")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_other_classes(path: Path, checkpoint: Checkpoint, record: RunRecord) -> None:
    if checkpoint.classes != record.provenance.classes:
        raise UserError(
            f"{path} knows {len(checkpoint.classes)} classes ({', '.join(checkpoint.classes[:3])}, …), its config.json names "
            f"{len(record.provenance.classes)} ({', '.join(record.provenance.classes[:3])}, …).",
            "Keep best.pt together with the config.json of its own run.",
        )


def _refuse_other_size(path: Path, checkpoint: Checkpoint, record: RunRecord) -> None:
    if checkpoint.image_size != record.config.image_size:
        raise UserError(
            f"{path} takes pictures of {checkpoint.image_size} pixels, its config.json says {record.config.image_size}.",
            "Keep best.pt together with the config.json of its own run.",
        )


def _refuse_names(path: Path, checkpoint: Checkpoint) -> None:
    """The trainer refuses such folders; a run may be older than that."""
    for name in checkpoint.classes:
        fault = why_refused(name)
        if fault is not None:
            raise UserError(
                f"{path} knows a class whose name no bundle can carry: {json.dumps(name)[:80]} ({fault}).",
                "Rename the folder of that class and train again.",
            )


def _refuse_nonfinite(path: Path, checkpoint: Checkpoint) -> None:
    for name, value in checkpoint.network.state_dict().items():
        if not torch.isfinite(value).all():
            raise UserError(
                f"{path} holds weights that are not finite (first in {name}).",
                "Train again, or name another checkpoint.",
            )


def _require(path: Path, title: str, advice: str) -> Path:
    if not path.is_file():
        raise UserError(title, advice)
    return path
