"""A bulk job from start to end: set up or taken up again, then scored, with progress told on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime_app.bulk.cluster import connect, refuse_unreachable
from runtime_app.bulk.folder import claim, clear, finished_parts, refuse_entangled, refuse_strangers, remove_leftovers
from runtime_app.bulk.job import (
    SCHEMA_VERSION,
    Job,
    Options,
    read_job,
    refuse_other_input,
    refuse_other_options,
    write_job,
)
from runtime_app.bulk.listing import Input, open_input
from runtime_app.bulk.part import Summary
from runtime_app.bulk.plan import write_plan
from runtime_app.bulk.worker import Task
from runtime_app.bundle import Bundle
from runtime_app.classifier import Classifier, choose_variant
from runtime_app.errors import UserError
from runtime_app.imaging import Resize
from runtime_app.providers import Device

PART_SIZE = 2000


@dataclass(frozen=True)
class Request:
    """What the person asked for; None stands for the usual, or, when a job is taken up again, for what it has."""

    source: Path
    output: Path
    bundle: Bundle
    device: Device
    precision: str
    resize: Resize | None
    column: str | None
    key: str | None
    part_size: int | None
    workers: int | None
    address: str | None
    resume: bool
    overwrite: bool


@dataclass(frozen=True)
class Total:
    """All rows of a finished job, and those with an error. earlier: rows that were there before this run."""

    rows: int
    failures: int
    earlier: int
    precision: str


Report = Callable[[int, int], None]
"""Told (pictures finished, pictures in all) whenever a part is finished."""


def run(request: Request, report: Report) -> Total:
    """Raises UserError; KeyboardInterrupt passes through, and finished parts stay."""
    refuse_entangled(request.source, request.output)
    with claim(request.output, resume=request.resume, overwrite=request.overwrite):
        if request.overwrite:
            _refuse_what_cannot_begin(request)
            clear(request.output)
        elif read_job(request.output) is None:
            refuse_strangers(request.output)
        job, source = _set_up(request)
        remove_leftovers(request.output)
        finished = finished_parts(request.output, job)
        earlier = sum(summary.rows for summary in finished.values())
        report(earlier, job.pictures)
        missing = [number for number in range(job.parts) if number not in finished]
        done = list(finished.values())
        if missing:
            done.append(_score(request, job, source, missing, earlier, report))
        remove_leftovers(request.output)
        return Total(sum(s.rows for s in done), sum(s.failures for s in done), earlier, job.options.precision)


def _refuse_what_cannot_begin(request: Request) -> None:
    """Before finished results are deleted for it. The input is listed twice for that."""
    source = open_input(request.source, request.column, request.key)
    options = _options(request, source)
    if not write_plan(None, source.entries(), options.part_size).pictures:
        raise _no_pictures(request)
    if request.address is not None:
        refuse_unreachable(request.address)


def _no_pictures(request: Request) -> UserError:
    return UserError(f"There are no pictures in {request.source}.", "Name another INPUT.")


def _set_up(request: Request) -> tuple[Job, Input]:
    """List the input, then compare with the job that is there, or write a new one."""
    job = read_job(request.output)
    if job is None:
        source = open_input(request.source, request.column, request.key)
        options = _options(request, source)
        listing = write_plan(request.output, source.entries(), options.part_size)
        if not listing.pictures:
            raise _no_pictures(request)
        job = Job(
            schema_version=SCHEMA_VERSION,
            input=str(request.source),
            kind=source.kind,
            fingerprint=listing.fingerprint,
            pictures=listing.pictures,
            parts=listing.parts,
            options=options,
        )
        write_job(request.output, job)
        return job, source
    asked = {
        "bundle_digest": request.bundle.manifest.digest,
        "precision": None if request.precision == "auto" else request.precision,
        "resize": request.resize,
        "part_size": request.part_size,
        "column": request.column,
        "key": request.key,
    }
    refuse_other_options(request.output, job, asked)
    source = open_input(request.source, job.options.column, job.options.key)
    refuse_other_input(request.output, job, write_plan(None, source.entries(), job.options.part_size).fingerprint)
    return job, source


def _options(request: Request, source: Input) -> Options:
    """ "auto" is decided once: workers that measured for themselves could choose differently, and so could another day.

    On a cluster it stays with the full precision, because this machine need not be like those that score.
    """
    manifest = request.bundle.manifest
    variant = choose_variant(request.bundle, request.precision)
    if request.precision == "auto" and request.address is None:
        variant = Classifier(request.bundle, request.device, "auto").variant
    return Options(
        bundle=manifest.name,
        bundle_digest=manifest.digest,
        precision=variant.precision,
        resize=request.resize or manifest.input.resize,
        part_size=request.part_size or PART_SIZE,
        column=source.columns.image if source.columns else None,
        key=source.columns.key if source.columns else None,
    )


def _score(request: Request, job: Job, source: Input, missing: list[int], earlier: int, report: Report) -> Summary:
    with connect(request.address, request.workers) as cluster:
        from runtime_app.bulk.scoring import (
            choose_pool,
            score_parts,
        )  # what `connect` set for Ray holds from its import on

        pool = choose_pool(cluster, request.workers, request.device)
        task = Task(
            output=request.output.absolute(),
            job=job.id,
            base=Path.cwd(),
            columns=source.columns,
            bundle=request.bundle.path.absolute(),
            bundle_digest=job.options.bundle_digest,
            classes=request.bundle.manifest.classes,
            device=request.device,
            precision=job.options.precision,
            resize=job.options.resize,
            threads=pool.threads,
        )
        rows = failures = 0
        for summary in score_parts(missing, task, pool):
            rows, failures = rows + summary.rows, failures + summary.failures
            report(earlier + rows, job.pictures)
        return Summary(rows, failures)
