"""The window measured as a person meets it, under a virtual screen with software GL; prints a table and writes JSON.

.venv-runtime/bin/python benchmarks/app.py [--bundle BUNDLE] [--only WORD] [--json OUT.json]

Times are of the clock, so they hold on a quiet machine only; processor times and ratios, taken in one run, hold anywhere.
"""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.app_scenes import SCENES, Figure  # noqa: E402


@click.command()
@click.option(
    "--bundle", type=click.Path(path_type=Path), default=ROOT / "artifacts" / "bundles" / "cifarnet-cifar10",
    help="What the window opens.  [the shipped one]",
)  # fmt: skip
@click.option("--only", type=click.Choice([scene.__name__ for scene in SCENES]), multiple=True, help="Some of it.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures here.")
def main(bundle: Path, only: tuple[str, ...], json_file: Path | None) -> None:
    """Measure the window against its goals."""
    figures: list[Figure] = []
    console = Console(stderr=True)
    for scene in SCENES:
        if only and scene.__name__ not in only:
            continue
        console.print(f"{scene.__name__.replace('_', ' ')} …", highlight=False)
        with tempfile.TemporaryDirectory() as folder:
            figures += scene(bundle.resolve(), Path(folder))
    table = Table("measured", "value", "unit", "goal", "")
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:,.2f}", figure.unit, figure.goal, figure.mark)
    Console().print(table)
    if json_file:
        json_file.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")


if __name__ == "__main__":
    main()
