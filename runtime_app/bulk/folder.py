"""The output folder of a job: made, gone on with, or started anew; no two programs write into it at a time."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from runtime_app.bulk.job import JOB_FILE, Job, read_job
from runtime_app.bulk.part import Summary, leftovers, read_summary
from runtime_app.bulk.plan import PLAN_FILE
from runtime_app.errors import UserError

_LOCK_FILE = "_lock"
_PART, _UNFINISHED = re.compile(r"part-\d{6,}\.parquet"), re.compile(r"\.part-.*\.tmp")


def refuse_entangled(source: Path, output: Path) -> None:
    """Results inside the input would be scored next time, input inside the output overwritten. Raises UserError."""
    inside, around = source.resolve(), output.resolve()
    if inside.is_relative_to(around) or (source.is_dir() and around.is_relative_to(inside)):
        raise UserError(
            f"INPUT {source} and OUTPUT {output} lie within each other.", "Choose another folder for OUTPUT."
        )


@contextmanager
def claim(output: Path, *, resume: bool, overwrite: bool) -> Iterator[None]:
    """Make the folder and hold its lock. A folder that was made for a job that then could not be set up goes away again.

    Raises UserError when it exists and neither `resume` nor `overwrite` allows that, or another program works in it.
    """
    made = _make(output)
    if not made and not (resume or overwrite):
        advice = "Go on with --resume, start anew with --overwrite" if read_job(output) else "Choose another folder"
        raise UserError(f"{output} exists already.", f"{advice}.")
    if not made and not output.is_dir():
        raise UserError(f"{output} is a file, not a folder.", "Choose another place.")
    lock = FileLock(output / _LOCK_FILE)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise UserError(
            f"Another program is scoring into {output}.", "Wait for it, or choose another folder."
        ) from error
    try:
        yield
    finally:
        unused = made and not (output / JOB_FILE).exists()
        if unused:
            clear(output)
        lock.release()
        if unused:
            (output / _LOCK_FILE).unlink(missing_ok=True)
            output.rmdir()


def _make(output: Path) -> bool:
    """Whether it was not there; of two programs one is told so."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.mkdir()
    except FileExistsError:
        return False
    return True


def clear(output: Path) -> None:
    """Remove a job, and nothing else; the lock, which is held, stays. Raises UserError when anything else is there."""
    refuse_strangers(output)
    files = [path for path in output.iterdir() if path.name != _LOCK_FILE]
    for path in sorted(files, key=lambda path: path.name != JOB_FILE):  # half a job must not look like one
        path.unlink()


def refuse_strangers(output: Path) -> None:
    """Raises UserError when anything lies there that is not of a bulk job. Parts without a job are another program's."""
    names = {path.name for path in output.iterdir()}
    ours = {JOB_FILE, PLAN_FILE, _LOCK_FILE, f"{JOB_FILE}.tmp", f"{PLAN_FILE}.tmp"}
    for name in sorted(names - ours):
        if not (_UNFINISHED.fullmatch(name) or (JOB_FILE in names and _PART.fullmatch(name))):
            raise UserError(f"{output} holds {name}, which is not of a bulk job.", "Choose another folder.")


def finished_parts(output: Path, job: Job) -> dict[int, Summary]:
    """What is there already, by number of the part."""
    found = ((number, read_summary(output, number, job.id)) for number in range(job.parts))
    return {number: summary for number, summary in found if summary is not None}


def remove_leftovers(output: Path) -> None:
    """Of workers that died; only while none are at work."""
    for path in leftovers(output):
        path.unlink(missing_ok=True)
