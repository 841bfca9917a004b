"""Stop exports at random moments and look at what each has left.

python -m tests.exporter.killed_exports [--by kill|interrupt] [--kills 25] [--seed 0] [--precision fp32,int8]

Every export is the real command in a process of its own that SIGKILL or Ctrl-C ends; it is forked from this one, which has
imported everything and computed nothing, so that the moments fall on the export and not on the imports. It replaces a bundle
of that name (--overwrite), and writes a .zip as well. Every second one is stopped while files are being written. After a
Ctrl-C, which reaches the gate's child process too, the exit status must be 130, with no traceback, and nothing unfinished
may be left anywhere.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import exporter.export  # noqa: F401 - imported before the forks, so that they start at once
from exporter.cli import cli
from exporter.workspace import PREFIX
from runtime_app import terminal
from runtime_app.bundle import BundleError, is_bundle, open_bundle
from tests.exporter.samples import RUN, digits, make_run

SHIPPED = Path(__file__).resolve().parents[2] / "artifacts" / "bundles" / "cifarnet-cifar10"
NAME = "tiny"
OLD, NEW, NONE = "the old one", "the new one", "none"


@dataclass(frozen=True)
class Kill:
    """after: seconds; writing: whether files were being written; found: which bundle has the name; archive: which the
    .zip holds; leftovers: unfinished folders and files; wrong: one sentence for each broken promise."""

    after: float
    writing: bool
    found: str
    archive: str
    leftovers: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """Digests of the bundle that was there and of the one that an undisturbed export makes; its seconds, from the start
    and, of these, from the first written file on."""

    old: str
    new: str
    seconds: float
    writing: float

    def name_of(self, path: Path) -> str:
        return {self.old: OLD, self.new: NEW}.get(digest(path) or "", NONE)


def in_fork(work: Callable[[], object], said: Path | None = None) -> int:
    """Run `work` in a copy of this process, in a group of its own as a shell would; said: where its stderr goes."""
    child = os.fork()
    if child:
        with suppress(OSError):  # both sides make the group, so that it is there whoever comes first
            os.setpgid(child, child)
        return child
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDWR)
    err = null if said is None else os.open(said, os.O_CREAT | os.O_WRONLY)
    for stream, target in ((0, null), (1, null), (2, err)):
        os.dup2(target, stream)
    try:
        work()
    except SystemExit as leaving:
        os._exit(int(leaving.code or 0))
    except BaseException:  # nothing of the parent's may run in the copy
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def finished(child: int) -> None:
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"an undisturbed process ended with status {os.waitstatus_to_exitcode(status)}")


def start_export(run: Path, bundles: Path, precision: str) -> int:
    arguments = ["--run", run, "--bundles", bundles, "--name", NAME, "--precision", precision, "--overwrite", "--zip"]

    def work() -> None:
        sys.argv = ["exporter", *map(str, arguments)]
        terminal.run(cli, "python -m exporter")

    return in_fork(work, bundles.parent / f"{bundles.name}.stderr")


def unfinished(bundles: Path) -> list[Path]:
    return [path for path in bundles.iterdir() if "unfinished-" in path.name]


def wait_for_writing(child: int, bundles: Path) -> bool:
    """True as soon as the export writes beside its place; False when it ended before that was seen."""
    while not unfinished(bundles):
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False
        time.sleep(0.0005)
    return True


def undisturbed(run: Path, bundles: Path, precision: str) -> Known:
    old = prepare(bundles)
    started = time.monotonic()
    child = start_export(run, bundles, precision)
    wait_for_writing(child, bundles)
    writing = time.monotonic()
    while unfinished(bundles) or not (bundles / f"{NAME}.zip").exists():
        time.sleep(0.0005)
    written = time.monotonic()
    finished(child)
    new = open_bundle(bundles / NAME).manifest.digest
    return Known(old, new, time.monotonic() - started, written - writing)


def prepare(bundles: Path) -> str:
    """Put another bundle in the place; returns its digest."""
    shutil.copytree(SHIPPED, bundles / NAME)
    return open_bundle(bundles / NAME).manifest.digest


def stop(
    run: Path, bundles: Path, precision: str, known: Known, moments: random.Random, by: int, writing: bool
) -> Kill:
    """by: the signal; writing: whether it waits until files are being written."""
    prepare(bundles)
    started = time.monotonic()
    child = start_export(run, bundles, precision)
    if writing:
        wait_for_writing(child, bundles)
    time.sleep(moments.uniform(0, known.writing if writing else known.seconds))
    if by == signal.SIGINT and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        os.killpg(child, by)
    else:
        os.kill(child, by)
    after = time.monotonic() - started
    _, status = os.waitpid(child, 0)
    wrong = wrongly_accepted(bundles, known)
    if by == signal.SIGINT:
        wrong += impolite(bundles, os.waitstatus_to_exitcode(status))
    found, archive = (known.name_of(path) for path in (bundles / NAME, bundles / f"{NAME}.zip"))
    return Kill(after, writing, found, archive, len(unfinished(bundles)), tuple(wrong))


def wrongly_accepted(bundles: Path, known: Known) -> list[str]:
    """Folders that look like a bundle, and archives that the app opens, though they are neither the old one nor the new
    one; half a .zip, which the app refuses, may lie there under a name of its own."""
    looking = [path for path in [bundles, *bundles.rglob("*")] if is_bundle(path) and known.name_of(path) == NONE]
    wrong = [path for path in looking if path.is_dir() or path.stem == NAME or digest(path) is not None]
    gone = ["the bundle of that name is gone"] if known.name_of(bundles / NAME) == NONE else []
    return [f"{path.relative_to(bundles)} is neither bundle, or is not whole" for path in wrong] + gone


def impolite(bundles: Path, status: int) -> list[str]:
    """What a person who pressed Ctrl-C would complain of; a signal after the last line finds nothing to stop (status 0)."""
    said = (bundles.parent / f"{bundles.name}.stderr").read_text()
    wrong = [] if status in (0, 130) else [f"exit status {status}"]
    if "Traceback" in said:
        wrong.append("a traceback: " + said.strip().splitlines()[-1])
    left = [*unfinished(bundles), *(path for path in bundles.parent.iterdir() if path.name.startswith(PREFIX))]
    return wrong + [f"{path.name} was left" for path in left]


def digest(path: Path) -> str | None:
    """Of the bundle that the app would open there; None when it refuses."""
    try:
        return open_bundle(path).manifest.digest
    except BundleError:
        return None


def show(kills: list[Kill]) -> None:
    table = Table(
        "killed after (s)", "while writing", "bundle of the name", ".zip", "left unfinished", "wrong", box=None
    )
    for each in sorted(kills, key=lambda each: each.after):
        writing = "yes" if each.writing else ""
        row = (
            f"{each.after:.2f}",
            writing,
            each.found,
            each.archive,
            str(each.leftovers),
            "; ".join(each.wrong) or "-",
        )
        table.add_row(*row)
    Console().print(table)


@click.command()
@click.option("--by", type=click.Choice(["kill", "interrupt"]), default="kill", show_default=True)
@click.option("--kills", default=25, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the moments.")
@click.option("--precision", default="fp32,int8", show_default=True)
def main(by: str, kills: int, seed: int, precision: str) -> None:
    moments, number_of_signal = random.Random(seed), {"kill": signal.SIGKILL, "interrupt": signal.SIGINT}[by]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        place = Path(name)
        os.environ["TMPDIR"] = os.environ["XDG_STATE_HOME"] = tempfile.tempdir = name
        run = place / "runs" / RUN
        finished(in_fork(lambda: make_run(run, digits())))
        known = undisturbed(run, place / "undisturbed", precision)
        done = [
            stop(run, place / str(number), precision, known, moments, number_of_signal, number % 2 == 1)
            for number in range(kills)
        ]
    show(done)
    bad = sum(bool(each.wrong) for each in done)
    print(f"{kills - bad} of {kills} stopped exports left the old bundle or the new one, whole")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
