"""One worker: a process with one onnxruntime session that scores parts, decoding the next batch while one runs."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runtime_app.bulk.part import PartWriter, Scored, Summary, leftovers, read_summary
from runtime_app.bulk.plan import Entry, Plan
from runtime_app.bulk.table import Columns, Row, read_rows, row_name
from runtime_app.bundle import BundleError, open_bundle
from runtime_app.classifier import Classifier
from runtime_app.errors import Explanation, UserError, explain
from runtime_app.imaging import Resize
from runtime_app.manifest import Precision
from runtime_app.pipeline import Source, classify_sources
from runtime_app.providers import Device

# A part on which this many workers died is not tried again: its pictures, not bad luck, would be the reason.
_DEATHS = 5


@dataclass(frozen=True)
class Task:
    """What every worker of a job is told. All paths are absolute and the same on every machine of a cluster.

    base: the folder that relative paths of the input start from; threads: that one session computes with.
    """

    output: Path
    job: str
    base: Path
    columns: Columns | None
    bundle: Path
    bundle_digest: str
    classes: tuple[str, ...]
    device: Device
    precision: Precision
    resize: Resize
    threads: int


class PartScorer:
    """For Ray Data's map_batches: a batch of part numbers in, one row for each out (see `Answer`)."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._classifier: Classifier | None = None
        self._plan: Plan | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list]:
        answers = [self._answer(int(number)) for number in batch["part"]]
        return {name: [answer[name] for answer in answers] for name in answers[0]}

    def _answer(self, number: int) -> dict[str, Any]:
        """Failures are told as data: an exception would reach the driver wrapped by Ray, its attributes lost."""
        try:
            summary, failure = self._score(number), None
        except Exception as error:  # shown where there is a user
            if isinstance(error, OSError) and error.filename is None:
                error.filename = str(self._task.output)  # a write that failed does not say where
            summary, failure = Summary(0, 0), explain(error)
        return encode_answer(number, summary, failure)

    def _score(self, number: int) -> Summary:
        task = self._task
        finished = read_summary(task.output, number, task.job)
        if finished is not None:  # by a worker that died before it could say so
            return finished
        deaths = len(leftovers(task.output, number))
        if deaths >= _DEATHS:
            raise UserError(
                f"{deaths} workers died while they scored part {number} of {task.output}.",
                "Look at the memory of the machine, or leave those pictures out.",
                exit_status=1,
            )
        # The file is there from the first moment on, so that whatever kills this process counts.
        with PartWriter(task.output, number, task.job, task.classes, task.bundle_digest) as writer:
            if self._classifier is None or self._plan is None:
                self._classifier, self._plan = _open_classifier(task), Plan(task.output)
            for scored in score(self._plan.part(number), task, self._classifier):
                writer.add(scored)
            return writer.finish()


def encode_answer(number: int, summary: Summary, failure: Explanation | None) -> dict[str, Any]:
    """A row that Ray Data can carry; `decode_failure` reads its last four fields."""
    told = failure or Explanation("", "", "")
    return {
        "part": number,
        "rows": summary.rows,
        "failures": summary.failures,
        "title": told.title,
        "advice": told.advice,
        "details": told.details,
        "exit_status": told.exit_status,
    }


def decode_failure(row: dict[str, Any]) -> Explanation | None:
    """Why the part of this row could not be written; None when it was."""
    if not row["title"]:
        return None
    return Explanation(str(row["title"]), str(row["advice"]), str(row["details"]), int(row["exit_status"]))


def score(entries: list[Entry], task: Task, classifier: Classifier) -> Iterator[Scored]:
    """Every picture of a part, in order."""
    asked: deque[tuple[Path, Row | None]] = deque()  # pictures on their way through the pipeline, which keeps order

    def sources() -> Iterator[tuple[Path, Source]]:
        for entry in entries:
            if entry.row_group is None or task.columns is None:
                asked.append((entry.path, None))
                yield entry.path, task.base / entry.path
                continue
            for row in read_rows(task.base / entry.path, entry, task.columns):
                asked.append((entry.path, row))
                yield row_name(entry.path, row.number), row.source

    for outcome in classify_sources(sources(), classifier, task.resize, threads=task.threads):
        path, row = asked.popleft()
        yield Scored(path, row.number if row else None, row.key if row else None, outcome)


def _open_classifier(task: Task) -> Classifier:
    bundle = open_bundle(task.bundle)
    if bundle.manifest.digest != task.bundle_digest:
        raise BundleError(task.bundle, "it was exchanged while the job was running", "Put the first one back.")
    return Classifier(bundle, task.device, task.precision, task.threads)
