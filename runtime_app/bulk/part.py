"""One finished part of a job: a Parquet file that is there as a whole or not at all."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from runtime_app.pipeline import Failure, Outcome

_META = b"evidence"
_TEMPORARY = ".tmp"
# Rows are handed to Parquet in groups of this many, so that a part of any length takes the same memory.
_GROUP = 4096

SCHEMA = pa.schema(
    [
        ("path", pa.string()),  # of the picture, or of the Parquet file it is a row of
        ("row", pa.int64()),  # in that Parquet file, from 0; null for a picture file
        ("key", pa.string()),  # what the input calls the picture; null where it has no such column
        ("label", pa.string()),
        ("confidence", pa.float32()),
        ("verdict", pa.string()),
        ("unsure", pa.bool_()),
        ("probabilities", pa.list_(pa.float32())),  # in the order of `classes` in the file's metadata
        ("error", pa.string()),
        ("bundle_sha256", pa.string()),
    ]
)


class PartMeta(msgspec.Struct, frozen=True):
    """What a part says of itself in its footer. job: id of the job; failures: rows with an error; classes: in order."""

    job: str
    part: int
    failures: int
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Scored:
    """One picture and what became of it: a row of the result."""

    path: Path
    row: int | None
    key: str | None
    outcome: Outcome


@dataclass(frozen=True)
class Summary:
    rows: int
    failures: int


class PartWriter:
    """Writes rows beside the part's place; `finish` puts them there at once, leaving the block without it drops them.

    Raises OSError when the disk does not take them.
    """

    def __init__(self, output: Path, number: int, job: str, classes: tuple[str, ...], bundle_sha256: str) -> None:
        self._place = part_path(output, number)
        # A name of its own: the same part may be written twice when a worker was only believed to be dead.
        self._temporary = output / f".{self._place.name}.{uuid.uuid4().hex}{_TEMPORARY}"
        self._meta = PartMeta(job, number, 0, classes)
        self._bundle_sha256 = bundle_sha256
        self._waiting: list[dict] = []
        self._rows = self._failures = 0
        self._writer: pq.ParquetWriter

    def __enter__(self) -> "PartWriter":
        self._file = open(self._temporary, "wb")  # closed in __exit__, or by `finish`
        self._writer = pq.ParquetWriter(self._file, SCHEMA, compression="zstd")
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self._file.close()  # writes what is still buffered, which a full disk refuses once more
        except OSError:
            if error[0] is None:
                raise
        finally:
            self._writer.is_open = False  # or its finalizer writes into the closed file
            self._temporary.unlink(missing_ok=True)

    def add(self, scored: Scored) -> None:
        self._waiting.append(_row(scored, self._bundle_sha256))
        self._rows += 1
        self._failures += isinstance(scored.outcome, Failure)
        if len(self._waiting) == _GROUP:
            self._flush()

    def finish(self) -> Summary:
        self._flush()
        meta = msgspec.structs.replace(self._meta, failures=self._failures)
        self._writer.add_key_value_metadata({_META: msgspec.json.encode(meta)})
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()  # Windows renames no file that is open
        os.replace(self._temporary, self._place)
        return Summary(self._rows, self._failures)

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, SCHEMA))
            self._waiting = []


def part_path(output: Path, number: int) -> Path:
    return output / f"part-{number:06}.parquet"


def read_summary(output: Path, number: int, job: str) -> Summary | None:
    """None when that part of that job is not finished, or its file is damaged."""
    try:
        footer = pq.read_metadata(part_path(output, number))
        meta = msgspec.json.decode((footer.metadata or {}).get(_META, b""), type=PartMeta)
    except (OSError, pa.ArrowException, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Summary(footer.num_rows, meta.failures) if (meta.job, meta.part) == (job, number) else None


def leftovers(output: Path, number: int | None = None) -> list[Path]:
    """What workers that died had begun to write: of one part, or of all."""
    name = "part-*" if number is None else part_path(output, number).name
    return list(output.glob(f".{name}.*{_TEMPORARY}"))


def _row(scored: Scored, bundle_sha256: str) -> dict:
    row = {
        "path": _text(str(scored.path)),
        "row": scored.row,
        "key": None if scored.key is None else _text(scored.key),
        "bundle_sha256": bundle_sha256,
    }
    outcome = scored.outcome
    if isinstance(outcome, Failure):
        return row | {"error": _text(f"{outcome.error.title} {outcome.error.advice}")}
    return row | {
        "label": outcome.label,
        "confidence": outcome.confidence,
        "verdict": outcome.verdict,
        "unsure": outcome.verdict != "sure",
        "probabilities": outcome.probabilities,
    }


def _text(name: str) -> str:
    """A file name that is not text, with a mark where it is not, as in `classify`'s jsonl."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
