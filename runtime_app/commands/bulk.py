"""python -m runtime_app bulk: millions of pictures, results as Parquet."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from runtime_app.commands.options import ANY_PATH, engine_options
from runtime_app.imaging import Resize
from runtime_app.installation import app_program, command_line
from runtime_app.providers import Device


@click.command()
@click.argument("source", metavar="INPUT", type=ANY_PATH)
@click.argument("output", metavar="OUTPUT", type=ANY_PATH)
@click.option("--column", metavar="NAME", help="The Parquet column with the pictures.  [the only one of bytes]")
@click.option("--key", metavar="NAME", help="A Parquet column that names each picture in the results.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that score.  [one for each core or GPU]")
@click.option("--address", metavar="HOST:PORT", help="An existing Ray cluster.  [one on this machine, for this job]")
@click.option("--part-size", type=click.IntRange(min=1), help="Pictures in one file of the results.  [2000]")
@click.option("--resume", is_flag=True, help="Go on with the job in OUTPUT, or start it where there is none.")
@click.option("--overwrite", is_flag=True, help="Remove the job in OUTPUT and start anew.")
@engine_options
def bulk(
    source: Path,
    output: Path,
    column: str | None,
    key: str | None,
    workers: int | None,
    address: str | None,
    part_size: int | None,
    resume: bool,
    overwrite: bool,
    bundle_path: Path | None,
    device: Device,
    precision: str,
    resize: Resize | None,
) -> int:
    """Score the pictures of INPUT on Ray Data and write the results as Parquet files into the folder OUTPUT.

    INPUT: a folder tree of pictures, a Parquet file or a folder of them with an image column (bytes), or a list of files
    (.txt, one path a line). On a cluster, INPUT, OUTPUT and the bundle lie at the same paths on every machine. Exit status 1
    when some pictures could not be read: their rows have the error.
    """
    from runtime_app.bulk.requirements import refuse_without_ray

    if resume and overwrite:
        raise click.UsageError("--resume and --overwrite exclude each other.")
    refuse_without_ray()
    from runtime_app.bulk.run import Request, run
    from runtime_app.catalog import open_bundle_or_newest

    request = Request(
        source=source,
        output=output,
        bundle=open_bundle_or_newest(bundle_path),
        device=device,
        precision=precision,
        resize=resize,
        column=column,
        key=key,
        part_size=part_size,
        workers=workers,
        address=address,
        resume=resume,
        overwrite=overwrite,
    )
    with _progress() as report, _advice_to_resume(output):
        total = run(request, report)
    click.echo(f"{total.rows:,} pictures, {total.failures:,} of them not readable, in {total.precision}: {output}")
    return 1 if total.failures else 0


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing elsewhere. It has stderr for itself, because Ray's is closed meanwhile."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("pictures"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with open(os.dup(2), "w", encoding="utf-8") as stderr:
        console = Console(file=stderr)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=None)
            yield lambda finished, pictures: bar.update(task, completed=finished, total=pictures)


@contextmanager
def _advice_to_resume(output: Path) -> Iterator[None]:
    """When the work stops with a job in the folder, say how to go on: what is finished stays."""
    from runtime_app.bulk.job import JOB_FILE
    from runtime_app.errors import UserError

    try:
        yield
    except (KeyboardInterrupt, UserError, OSError) as error:
        stopped_by_refusal = isinstance(error, UserError) and error.exit_status == 2
        if not stopped_by_refusal and (output / JOB_FILE).exists():
            parts = sum(1 for _ in output.glob("part-*.parquet"))
            again = f"{app_program()} {command_line(_resuming(sys.argv[1:]))}"
            click.echo(f"{parts} finished parts stay in {output}. Go on with: {again}", err=True)
        raise


def _resuming(words: list[str]) -> list[str]:
    """The same command with --resume. Behind -- stand names alone."""
    end = words.index("--") if "--" in words else len(words)
    options = [word for word in words[:end] if word not in ("--resume", "--overwrite")]
    return [*options, "--resume", *words[end:]]
