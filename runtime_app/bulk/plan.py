"""The parts of a job, listed once and kept on disk: an Arrow file with one record batch per part.

Neither the driver nor a worker ever holds more than one part of the list, however long the input is.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

PLAN_FILE = "_input.arrow"

_SCHEMA = pa.schema(
    [
        ("path", pa.binary()),  # as the file system spells it, which need not be text
        ("row_group", pa.int32()),
        ("first_row", pa.int64()),
        ("rows", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Entry:
    """One picture file, or one row group of a Parquet file.

    path: as named on the command line, relative to where the job was started or absolute; size in bytes and modified in
    nanoseconds, -1 where there is no such file; row_group, first_row: None for a picture file; rows: pictures in it.
    """

    path: Path
    size: int
    modified: int
    rows: int = 1
    row_group: int | None = None
    first_row: int | None = None


@dataclass(frozen=True)
class Listing:
    """What all entries together come to. fingerprint: SHA-256 over names, sizes and times."""

    pictures: int
    parts: int
    fingerprint: str


def write_plan(output: Path | None, entries: Iterable[Entry], part_size: int) -> Listing:
    """Group entries into parts of at least `part_size` pictures (the last may have fewer) and write them into the folder.

    output None: only the listing, to compare it with an earlier one. Raises OSError, and what the entries raise.
    """
    if output is None:
        return _list(entries, part_size, lambda part: None)
    temporary = output / f"{PLAN_FILE}.tmp"
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.OSFile(str(temporary), "wb") as file, pa.ipc.new_file(file, _SCHEMA, options=options) as writer:
        listing = _list(entries, part_size, lambda part: writer.write_batch(_to_batch(part)))
    os.replace(temporary, output / PLAN_FILE)
    return listing


class Plan:
    """The plan of a job for reading; the file is mapped, so a part costs what it holds."""

    def __init__(self, output: Path) -> None:
        self._reader = pa.ipc.open_file(pa.memory_map(str(output / PLAN_FILE)))

    def part(self, number: int) -> list[Entry]:
        """The entries of one part, in order; sizes and times are not kept."""
        batch = self._reader.get_batch(number).to_pydict()
        return [
            Entry(Path(os.fsdecode(path)), -1, -1, rows, row_group, first_row)
            for path, row_group, first_row, rows in zip(*(batch[name] for name in _SCHEMA.names), strict=True)
        ]


def _list(entries: Iterable[Entry], part_size: int, write) -> Listing:
    digest = hashlib.sha256()
    part: list[Entry] = []
    pictures = parts = waiting = 0
    for entry in entries:
        digest.update(os.fsencode(entry.path) + f"\0{entry.size}\0{entry.modified}\0{entry.row_group}\n".encode())
        part.append(entry)
        waiting += entry.rows
        pictures += entry.rows
        if waiting >= part_size:
            write(part)
            part, waiting, parts = [], 0, parts + 1
    if part:
        write(part)
        parts += 1
    return Listing(pictures, parts, digest.hexdigest())


def _to_batch(part: list[Entry]) -> pa.RecordBatch:
    columns = (
        [os.fsencode(entry.path) for entry in part],
        [entry.row_group for entry in part],
        [entry.first_row for entry in part],
        [entry.rows for entry in part],
    )
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, _SCHEMA, strict=True)]
    return pa.record_batch(arrays, schema=_SCHEMA)
