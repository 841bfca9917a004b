"""What people said that their pictures show, kept between runs in a small SQLite file in the user's data folder.

A correction belongs to a picture's name and content, so it is found again where a folder was moved, and is not applied
to another picture that took the name. The pictures themselves are read, never changed.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from runtime_app import APP_NAME
from runtime_app.errors import UserError

_VERSION = 1
_WAIT = 2.0  # seconds for another window that is writing
_TABLE = """
CREATE TABLE IF NOT EXISTS corrections (
    sha256 TEXT NOT NULL, name BLOB NOT NULL, bytes INTEGER NOT NULL, path BLOB NOT NULL, label TEXT NOT NULL,
    said TEXT, confidence REAL, verdict TEXT, bundle TEXT, corrected_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (sha256, name)
)"""


@dataclass(frozen=True)
class Correction:
    """label: the class that a person named, None takes it back; said, confidence, verdict: what the network of the
    bundle with the digest `bundle` had said, None where it had said nothing yet."""

    path: Path
    label: str | None
    said: str | None = None
    confidence: float | None = None
    verdict: str | None = None
    bundle: str | None = None


def corrections_file() -> Path:
    return platformdirs.user_data_path(APP_NAME, appauthor=False) / "corrections.sqlite"


def keep(corrections: Iterable[Correction], file: Path | None = None) -> list[Path]:
    """Write them; pictures that are gone meanwhile are left out and returned, those aside of which something was taken
    back. Raises UserError when the file cannot be written."""
    gone, found = [], []
    for correction in corrections:  # before the file is opened, which other windows then wait for
        try:
            found.append((correction, _hash(correction.path), correction.path.stat().st_size))
        except OSError:
            if correction.label is not None:
                gone.append(correction.path)
    with _opened(file or corrections_file()) as database:
        for correction, sha256, size in found:
            name = os.fsencode(correction.path.name)
            if correction.label is None:
                database.execute("DELETE FROM corrections WHERE sha256 = ? AND name = ?", (sha256, name))
                continue
            database.execute(
                "INSERT OR REPLACE INTO corrections (sha256, name, bytes, path, label, said, confidence, verdict, bundle)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    sha256, name, size, os.fsencode(correction.path.absolute()),
                    correction.label, correction.said, correction.confidence, correction.verdict, correction.bundle,
                ),
            )  # fmt: skip
    return gone


def recall(paths: Iterable[Path], file: Path | None = None) -> dict[Path, str]:
    """Picture -> the class that a person once named for it. Only files whose name and size fit are read."""
    file = file or corrections_file()
    if not file.exists():
        return {}
    with _opened(file) as database:
        kept: dict[bytes, list[tuple[int, str, str]]] = {}
        for name, size, sha256, label in database.execute("SELECT name, bytes, sha256, label FROM corrections"):
            kept.setdefault(name, []).append((size, sha256, label))
    found = {}
    for path in paths:
        for size, sha256, label in kept.get(os.fsencode(path.name), ()) if kept else ():
            try:
                if path.stat().st_size == size and _hash(path) == sha256:
                    found[path] = label
            except OSError:
                continue
    return found


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """One transaction. A file that is no database is set aside and a new one is made, with a UserError that says so."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=_WAIT)) as database, database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise UserError(f"{file} was written by a newer version of this app.", "Install the newer version.")
            if version == 0:
                database.execute(_TABLE)
                database.execute(f"PRAGMA user_version = {_VERSION}")
            yield database
    except (sqlite3.OperationalError, OSError) as error:
        raise UserError(
            f"Corrections cannot be kept in {file} ({error}).", "They hold until the window closes."
        ) from error
    except sqlite3.DatabaseError as error:
        aside = file.with_name(file.name + ".broken")
        file.replace(aside)
        raise UserError(f"The kept corrections were unreadable and were set aside as {aside}.", "") from error


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
