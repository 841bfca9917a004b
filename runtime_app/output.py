"""Outcomes as a table for people, or as jsonl and csv for programs. All of it goes to stdout."""

import csv
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runtime_app.errors import one_line
from runtime_app.pipeline import Failure, Outcome

WORDS = {"sure": "", "unsure": "unsure", "none": "may be none of these classes"}


def write_outcomes(outcomes: Iterable[Outcome], classes: tuple[str, ...], format_: str, top: int) -> None:
    """format_: table, jsonl or csv; jsonl and csv are written line by line as results arrive."""
    if format_ == "jsonl":
        for outcome in outcomes:
            sys.stdout.write(msgspec.json.encode(record(outcome, classes)).decode() + "\n")
            sys.stdout.flush()
    elif format_ == "csv":
        _write_csv(outcomes, classes)
    else:
        _write_table(outcomes, classes, top)


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text_cell(text: str) -> str:
    """A file's or a class's name as a cell of CSV: one that a spreadsheet would run as a formula gets a single quote in
    front, which spreadsheets take for "text follows" (OWASP, CSV Injection). Numbers never come through here, JSON Lines
    keep names exactly."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def record(outcome: Outcome, classes: tuple[str, ...]) -> dict[str, Any]:
    """One line of jsonl: path, label, confidence, verdict, probabilities by class, error (its `details`: one line, no traceback)."""
    path = _text(outcome.path)
    if isinstance(outcome, Failure):
        error = {"title": outcome.error.title, "advice": outcome.error.advice, "details": outcome.error.cause}
        return {"path": path, "label": None, "confidence": None, "verdict": None, "probabilities": None, "error": error}
    return {
        "path": path,
        "label": outcome.label,
        "confidence": outcome.confidence,
        "verdict": outcome.verdict,
        "probabilities": dict(zip(classes, outcome.probabilities.tolist(), strict=True)),
        "error": None,
    }


def _text(path: Path) -> str:
    """A name whose bytes are no text gets replacement signs."""
    return str(path).encode(errors="surrogateescape").decode(errors="replace")


def csv_writer() -> Any:
    """Writes rows to stdout; Windows would make a second line end of each."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(newline="")
    return csv.writer(sys.stdout)


def csv_header(classes: tuple[str, ...], *further: str) -> list[str]:
    """further: columns between the verdict and the probabilities."""
    return ["path", "label", "confidence", "verdict", *further, *map(text_cell, classes), "error"]


def csv_row(outcome: Outcome, classes: tuple[str, ...], *further: str) -> list[str]:
    """The cells below `csv_header`. An error is what happened and what to do; technical details are for jsonl."""
    path, said = text_cell(_text(outcome.path)), [text_cell(cell) for cell in further]
    if isinstance(outcome, Failure):
        error = f"{outcome.error.title} {outcome.error.advice}".rstrip()
        return [path, "", "", "", *said, *[""] * len(classes), text_cell(error)]
    values = [f"{value:.6f}" for value in outcome.probabilities.tolist()]
    return [path, text_cell(outcome.label), f"{outcome.confidence:.6f}", outcome.verdict, *said, *values, ""]


def _write_csv(outcomes: Iterable[Outcome], classes: tuple[str, ...]) -> None:
    writer = csv_writer()
    writer.writerow(csv_header(classes))
    writer.writerows(csv_row(outcome, classes) for outcome in outcomes)


def _write_table(outcomes: Iterable[Outcome], classes: tuple[str, ...], top: int) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("picture", "verdict", f"top {top}" if top > 1 else "probability"):
        table.add_column(name, overflow="fold")
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            table.add_row(Text(one_line(str(outcome.path))), Text("not read"), Text(outcome.error.title))
            continue
        ranked = outcome.probabilities.argsort()[::-1][:top]
        best = ", ".join(f"{classes[k]} {outcome.probabilities[k]:.1%}" for k in ranked)
        table.add_row(Text(one_line(str(outcome.path))), Text(WORDS[outcome.verdict] or outcome.label), Text(best))
    # A pipe or a file has no width to wrap at, and a wrapped path cannot be copied.
    Console(width=None if sys.stdout.isatty() else 1000).print(table)
