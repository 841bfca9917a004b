"""python -m runtime_app classify: files and folders, no window."""

import logging
from collections.abc import Iterator
from pathlib import Path

import click

from runtime_app.commands.options import (
    ANY_PATH,
    DRAWN_FILE,
    engine_options,
    gather_pictures,
    output_format,
    say_engine,
)
from runtime_app.imaging import Resize
from runtime_app.providers import Device, Obstacle
from runtime_app.terminal import log


@click.command()
@click.argument("paths", nargs=-1, required=True, type=ANY_PATH)
@output_format
@click.option(
    "--top", type=click.IntRange(min=1), default=3, show_default=True, help="Classes per picture in the table."
)
@click.option("--heatmap", type=DRAWN_FILE, metavar="OUT.png", help="Also draw pictures by classes into this PNG.")
@engine_options
def classify(
    paths: tuple[Path, ...],
    format_: str,
    top: int,
    heatmap: Path | None,
    bundle_path: Path | None,
    device: Device,
    precision: str,
    resize: Resize | None,
) -> int:
    """Classify pictures and folders of pictures. Exit status 1 when some could not be read."""
    from runtime_app.catalog import open_bundle_or_newest
    from runtime_app.classifier import Classifier
    from runtime_app.heatmap_png import MAX_ROWS, write_heatmap
    from runtime_app.output import write_outcomes
    from runtime_app.pipeline import Failure, Outcome, Result, classify_files

    pictures = gather_pictures(paths)
    if heatmap is not None and heatmap.absolute() in (path.absolute() for path in pictures):
        raise click.UsageError(f"{heatmap} is one of the pictures; name another file for the heatmap.")
    classifier = Classifier(open_bundle_or_newest(bundle_path), device, precision)
    classes = classifier.bundle.manifest.classes
    _say_fallback(classifier.engine.fallback)
    say_engine(classifier.engine)
    shown: list[Result] = []
    failures = total = 0

    def outcomes() -> Iterator[Outcome]:
        nonlocal failures, total
        for outcome in classify_files(pictures, classifier, resize):
            if isinstance(outcome, Failure):
                failures += 1
                click.echo(f"{outcome.error.title} {outcome.error.advice}", err=True)
                if outcome.error.details and log.isEnabledFor(logging.DEBUG):
                    click.echo(outcome.error.details, err=True)
            elif heatmap is not None:
                total += 1
                if len(shown) < MAX_ROWS:
                    shown.append(outcome)
            yield outcome

    write_outcomes(outcomes(), classes, format_, top)
    if heatmap is not None and shown:
        write_heatmap(heatmap, shown, classes, total=total)
    if heatmap is not None:
        click.echo(f"heatmap: {heatmap}" if shown else "heatmap: none, because no picture could be read", err=True)
    return 1 if failures else 0


def _say_fallback(obstacle: Obstacle | None) -> None:
    """A broken CUDA is worth a line; where nobody expects one, the CPU is."""
    if obstacle is not None and not obstacle.expected:
        click.echo(f"Running on the CPU: {obstacle.reason}.", err=True)
