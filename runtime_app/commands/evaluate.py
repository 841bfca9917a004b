"""python -m runtime_app evaluate: accuracy on a folder with one subfolder per class."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime_app.commands.options import ANY_PATH, DRAWN_FILE, engine_options, output_format, say_engine
from runtime_app.imaging import Resize
from runtime_app.providers import Device

if TYPE_CHECKING:
    from runtime_app.evaluation import Evaluation


@click.command()
@click.argument("folder", type=ANY_PATH)
@output_format
@click.option("--confusion", type=DRAWN_FILE, metavar="OUT.png", default=Path("confusion.png"), show_default=True)
@engine_options
def evaluate(
    folder: Path,
    format_: str,
    confusion: Path,
    bundle_path: Path | None,
    device: Device,
    precision: str,
    resize: Resize | None,
) -> int:
    """Measure accuracy on FOLDER, which has one subfolder of pictures per class; draws the confusion matrix."""
    from runtime_app.catalog import open_bundle_or_newest
    from runtime_app.classifier import Classifier
    from runtime_app.confusion_png import write_confusion
    from runtime_app.evaluation import labelled_pictures, tally
    from runtime_app.pipeline import Failure, Outcome, classify_files

    classifier = Classifier(open_bundle_or_newest(bundle_path), device, precision)
    classes = classifier.bundle.manifest.classes
    labels = labelled_pictures(folder, classes)
    say_engine(classifier.engine)

    def outcomes() -> Iterator[Outcome]:
        for outcome in classify_files(labels, classifier, resize):
            if isinstance(outcome, Failure):
                click.echo(f"{outcome.error.title} {outcome.error.advice}", err=True)
            yield outcome

    evaluation = tally(outcomes(), labels, classes)
    _show(evaluation, format_)
    if evaluation.n:
        write_confusion(confusion, evaluation.counts, classes)
        click.echo(f"confusion matrix: {confusion}", err=True)
    return 1 if evaluation.failures else 0


def _show(evaluation: "Evaluation", format_: str) -> None:
    rows = evaluation.per_class()
    if format_ == "jsonl":
        import msgspec

        whole = {"n": evaluation.n, "accuracy": evaluation.accuracy, "failures": evaluation.failures}
        for line in (whole, *(asdict(row) for row in rows)):
            click.echo(msgspec.json.encode(line))
    elif format_ == "csv":
        from runtime_app.output import csv_writer, text_cell

        writer = csv_writer()
        writer.writerow(["class", "n", "recall", "precision"])
        for row in rows:
            writer.writerow([text_cell(row.name), row.n, _figure(row.recall), _figure(row.precision)])
        writer.writerow(["all", evaluation.n, _figure(evaluation.accuracy), ""])
    else:
        _show_table(evaluation)


def _show_table(evaluation: "Evaluation") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from runtime_app.errors import one_line

    table = Table(box=None, pad_edge=False)
    table.add_column("class")
    for name in ("pictures", "recall", "precision"):
        table.add_column(name, justify="right")
    for row in evaluation.per_class():
        table.add_row(Text(one_line(row.name)), f"{row.n:,}", _percent(row.recall), _percent(row.precision))
    console = Console(width=None if sys.stdout.isatty() else 1000)
    console.print(table)
    console.print(f"accuracy {_percent(evaluation.accuracy)} on {evaluation.n:,} pictures", highlight=False)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
