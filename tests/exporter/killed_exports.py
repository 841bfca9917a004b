"""Kill exports at random moments and look at what each has left.

python -m tests.exporter.killed_exports [--kills 25] [--seed 0] [--precision fp32,int8]

Every export is the real command in a process of its own that SIGKILL ends; it is forked from this one, which has imported
everything and computed nothing, so that the moments fall on the export and not on the imports. It replaces a bundle of that
name (--overwrite), and writes a .zip as well. Every second kill waits for the moment when files are being written.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import exporter.export  # noqa: F401 - imported before the forks, so that they start at once
from exporter.__main__ import cli
from runtime_app import terminal
from runtime_app.bundle import BundleError, is_bundle, open_bundle
from tests.exporter.samples import RUN, digits, make_run

SHIPPED = Path(__file__).resolve().parents[2] / "artifacts" / "bundles" / "cifarnet-cifar10"
NAME = "tiny"
OLD, NEW, NONE = "the old one", "the new one", "none"


@dataclass(frozen=True)
class Kill:
    """after: seconds; writing: whether files were being written; found: which bundle has the name; archive: which the
    .zip holds; leftovers: unfinished folders and files; wrong: what the app accepts though it is neither."""

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


def in_fork(work: Callable[[], object]) -> int:
    """Run `work` in a silent copy of this process; returns its id."""
    child = os.fork()
    if child:
        return child
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        work()
    except SystemExit as leaving:
        os._exit(int(leaving.code or 0))
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

    return in_fork(work)


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


def kill(run: Path, bundles: Path, precision: str, known: Known, moments: random.Random, *, writing: bool) -> Kill:
    prepare(bundles)
    started = time.monotonic()
    child = start_export(run, bundles, precision)
    if writing:
        wait_for_writing(child, bundles)
    time.sleep(moments.uniform(0, known.writing if writing else known.seconds))
    os.kill(child, signal.SIGKILL)
    after = time.monotonic() - started
    os.waitpid(child, 0)
    names = {known.old: OLD, known.new: NEW}
    wrong = []
    for path in [bundles, *bundles.rglob("*")]:
        if is_bundle(path) and (answer := digest(path)) is not None and answer not in names:
            wrong.append(f"{path.name}: another bundle")
        if path.is_dir() and (path / "bundle.json").exists() and digest(path) is None:
            wrong.append(f"{path.name}: has a bundle.json and is not whole")
    found, archive = (names.get(digest(path) or "", NONE) for path in (bundles / NAME, bundles / f"{NAME}.zip"))
    if found == NONE:
        wrong.append("the bundle of that name is gone or damaged")
    if (bundles / f"{NAME}.zip").exists() and archive != NEW:
        wrong.append("the .zip is not whole")
    return Kill(after, writing, found, archive, len(unfinished(bundles)), tuple(wrong))


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
@click.option("--kills", default=25, show_default=True)
@click.option("--seed", default=0, show_default=True, help="Of the moments.")
@click.option("--precision", default="fp32,int8", show_default=True)
def main(kills: int, seed: int, precision: str) -> None:
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        os.environ["TMPDIR"] = os.environ["XDG_STATE_HOME"] = tempfile.tempdir = name
        run = place / "runs" / RUN
        finished(in_fork(lambda: make_run(run, digits())))
        known = undisturbed(run, place / "undisturbed", precision)
        done = [
            kill(run, place / str(number), precision, known, moments, writing=number % 2 == 1)
            for number in range(kills)
        ]
    show(done)
    bad = sum(bool(each.wrong) for each in done)
    print(f"{kills - bad} of {kills} killed exports left the old bundle or the new one, whole")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
