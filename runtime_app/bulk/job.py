"""What a bulk job is: written into its output folder once, so that going on with another input or bundle is refused."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from runtime_app.errors import UserError
from runtime_app.manifest import Precision

# Readers of Parquet folders skip names that begin with an underscore.
JOB_FILE = "_job.json"
SCHEMA_VERSION = 1

Kind = Literal["folder", "list", "table"]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How pictures are scored and found; decided once, when the job is started.

    column, key: of Parquet files; bundle_digest: SHA-256 of the bundle's manifest; part_size: pictures in a part.
    """

    bundle: str
    bundle_digest: str
    precision: Precision
    resize: Literal["crop", "letterbox", "stretch"]
    part_size: int
    column: str | None
    key: str | None


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """_job.json. input: as it was named; fingerprint: SHA-256 over the names, sizes and times of all its files."""

    schema_version: int
    input: str
    kind: Kind
    fingerprint: str
    pictures: int
    parts: int
    options: Options

    @property
    def id(self) -> str:
        """Every part carries it, so that none of another job is taken for finished."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def write_job(output: Path, job: Job) -> None:
    """Written last when a job is set up: a folder without it holds no job. Raises OSError."""
    temporary = output / f"{JOB_FILE}.tmp"
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(job, order="sorted"), indent=2) + b"\n")
    os.replace(temporary, output / JOB_FILE)


def read_job(output: Path) -> Job | None:
    """None where there is no job. Raises UserError when its file is not readable as one."""
    try:
        raw = (output / JOB_FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(raw, type=Job)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"{output / JOB_FILE} does not describe a job of this version ({error}).",
            "Start the job anew with --overwrite.",
        ) from error


def refuse_other_input(output: Path, job: Job, fingerprint: str) -> None:
    """Raises UserError when files were added, removed or changed since the job was started."""
    if fingerprint != job.fingerprint:
        raise UserError(
            f"The job in {output} was started on other input: files were added, removed or changed since, or INPUT is another.",
            "Name the same INPUT, or start anew with --overwrite.",
        )


def refuse_other_options(output: Path, job: Job, asked: Mapping[str, object]) -> None:
    """asked: what the person named this time, by the names of Options; None stands for "as before". Raises UserError."""
    for name, value in asked.items():
        before = getattr(job.options, name)
        if value is None or value == before:
            continue
        if name == "bundle_digest":
            raise UserError(
                f"The job in {output} was started with the bundle {job.options.bundle} (digest {before[:12]}…), not with "
                f"this one (digest {str(value)[:12]}…).",
                "Name that bundle with --bundle, or start anew with --overwrite.",
            )
        option = "--" + name.replace("_", "-")
        raise UserError(
            f"The job in {output} was started with {option} {before}, not {value}.",
            f"Leave {option} out, or start anew with --overwrite.",
        )
