"""Parquet files whose rows are pictures: which column holds the bytes, and the rows of one row group."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from runtime_app.bulk.plan import Entry
from runtime_app.errors import UserError, explain
from runtime_app.imaging import PictureError
from runtime_app.pipeline import BATCH, Failure, Source

SUFFIX = ".parquet"
# Pages are read through a buffer of this size: a row group of any length never lies in memory as a whole.
_BUFFER = 1 << 20


@dataclass(frozen=True)
class Columns:
    """image: bytes, or a struct with `bytes` (and `path`) as Hugging Face's datasets have it; key: names a picture."""

    image: str
    key: str | None


@dataclass(frozen=True)
class Row:
    """number: in its file, from 0; key: of the key column or of the struct's path, None where there is neither."""

    number: int
    key: str | None
    source: Source


def choose_columns(path: Path, column: str | None, key: str | None) -> Columns:
    """The column that holds pictures: the one named, or the only one of bytes. Raises UserError, which lists them all."""
    schema = _open(path).schema_arrow
    has = f"it has {', '.join(f'{field.name} ({field.type})' for field in schema) or 'no columns'}"
    for name in (column, key):
        if name is not None and name not in schema.names:
            raise UserError(f"{path} has no column {name}: {has}.", "Name one of these columns.")
        if name is not None and schema.names.count(name) > 1:
            raise UserError(f"{path} has several columns {name}: {has}.", "Give each a name of its own.")
    if column is not None:
        if not _holds_bytes(schema.field(column).type):
            raise UserError(f"The column {column} of {path} does not hold bytes: {has}.", "Name another with --column.")
        return Columns(column, key)
    found = [field.name for field in schema if field.name != key and _holds_bytes(field.type)]
    if not found:
        raise UserError(
            f"{path} has no image column: {has}.",
            "Pictures must lie in a column of bytes, encoded as PNG, JPEG and so on.",
        )
    if len(found) > 1:
        raise UserError(f"{path} has several columns of bytes: {', '.join(found)}.", "Name one with --column.")
    return Columns(found[0], key)


def row_groups(path: Path, columns: Columns) -> Iterator[Entry]:
    """One entry per row group of a file. Raises UserError when it is not a Parquet file with these columns."""
    file = _open(path)
    choose_columns(path, columns.image, columns.key)
    stat = path.stat()
    first = 0
    for number in range(file.num_row_groups):
        rows = file.metadata.row_group(number).num_rows
        yield Entry(path, stat.st_size, stat.st_mtime_ns, rows, number, first)
        first += rows


def read_rows(path: Path, entry: Entry, columns: Columns) -> Iterator[Row]:
    """The rows of one row group; path: of the file here, entry.path: as results name it.

    Rows whose bytes cannot be reached (a damaged page, an empty cell) come with the reason as their source.
    """
    assert entry.row_group is not None and entry.first_row is not None
    number, end = entry.first_row, entry.first_row + entry.rows
    wanted = [columns.image] if columns.key is None else [columns.image, columns.key]
    try:
        file = pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
        for batch in file.iter_batches(BATCH, row_groups=[entry.row_group], columns=wanted, use_threads=False):
            keys = [None] * len(batch) if columns.key is None else batch.column(columns.key)
            for cell, key in zip(batch.column(columns.image), keys, strict=True):
                yield _row(entry.path, number, cell, None if key is None else _text(key))
                number += 1
    except (OSError, pa.ArrowException) as error:
        reason = PictureError(f"{entry.path} is damaged from row {number} on ({error}).", "Write that file again.")
        for lost in range(number, end):
            yield Row(lost, None, Failure(entry.path, explain(reason)))


def row_name(path: Path, number: int) -> Path:
    """What sentences call a picture that is a row."""
    return Path(f"{path}#{number}")


def _row(path: Path, number: int, cell: Any, key: str | None) -> Row:
    if isinstance(cell, pa.StructScalar) and cell.is_valid:
        if key is None and cell.type.get_field_index("path") >= 0:
            key = _text(cell["path"])
        cell = cell["bytes"]
    content = cell.as_py()
    if content is None:
        reason = PictureError(f"{row_name(path, number)} has no picture (its bytes are null).", "Fill that cell.")
        content = Failure(path, explain(reason))
    return Row(number, key, content)


def _text(cell: Any) -> str | None:
    """A key as text: other programs write bytes, or text that is none; a value that Python has no type for is none."""
    try:
        value = cell.as_py()
    except UnicodeDecodeError:
        value = cell.as_buffer().to_pybytes()
    except (OverflowError, ValueError):
        return None
    return value.decode(errors="replace") if isinstance(value, bytes) else None if value is None else str(value)


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        inside = kind.get_field_index("bytes")
        return inside >= 0 and _holds_bytes(kind.field(inside).type)
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except pa.ArrowException as error:
        raise UserError(
            f"{path} is not a readable Parquet file ({str(error).splitlines()[0]}).", "Write it again, or leave it out."
        ) from error
