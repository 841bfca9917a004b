"""How long a whole export takes, step by step: python benchmarks/export.py [--run RUN] [--data-root DIR] [--json FILE]

The bundle goes to a temporary folder and is thrown away. The goal for CifarNet on CIFAR-10 is at most 5 minutes on 2 cores
of a machine that does nothing else.
"""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click
import torch
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from exporter.export import export
from exporter.progress import Steps
from exporter.report import to_json
from exporter.source import find_checkpoint, load_data, load_source
from runtime_app.manifest import Precision


@click.command()
@click.option("--run", "asked", default="latest", show_default=True, metavar="best|latest|RUN_DIR|FILE.pt")
@click.option("--runs", type=click.Path(path_type=Path), default=Path("artifacts/runs"), show_default=True)
@click.option("--data-root", type=click.Path(path_type=Path))
@click.option("--json", "target", type=click.Path(path_type=Path), help="Also write the figures to this file.")
def main(asked: str, runs: Path, data_root: Path | None, target: Path | None) -> None:
    """Time one export with every variant."""
    steps = Steps()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        with steps.step("reading the checkpoint and its data"):
            # Treated as a copied checkpoint: a benchmark leaves no notes in a run's folder.
            source = replace(load_source(find_checkpoint(asked, runs)), is_run=False)
            splits = load_data(source, data_root)
        done = export(source, splits, Path(folder) / "bundle", steps, get_args(Precision))
    pictures = done.manifest.parity.held_out_pictures
    table = Table("step", "seconds", box=None)
    for name, seconds in steps.seconds.items():
        table.add_row(name, f"{seconds:.1f}")
    total = sum(steps.seconds.values())
    table.add_row("in all", f"{total:.1f}", style="bold")
    Console().print(table)
    Console().print(
        f"{pictures:,} held-out pictures, {os.cpu_count()} cores, torch with {torch.get_num_threads()} threads"
    )
    if target is not None:
        content = {
            "seconds": steps.seconds,
            "seconds_in_all": total,
            "held_out_pictures": pictures,
            "cores": os.cpu_count(),
        }
        target.write_bytes(to_json(content))


if __name__ == "__main__":
    main()
