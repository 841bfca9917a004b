"""python -m trainer.demo FOLDER: what `make demo` trains, about a minute on two cores, and a few held-out pictures."""

from pathlib import Path

import click
import numpy as np
from PIL import Image

from runtime_app.terminal import run
from trainer.cli import train
from trainer.config import TrainConfig
from trainer.data import load_splits

SETTINGS = {"--data": "digits", "--recipe": "fast", "--epochs": "8", "--batch-size": "64"}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def demo(folder: Path) -> None:
    """Train on scikit-learn's digits under FOLDER/runs, unless that is done; put test pictures into FOLDER/pictures."""
    runs = folder / "runs"
    if not any(runs.glob("*/summary.json")):
        arguments = [word for option in SETTINGS.items() for word in option]
        train.main([*arguments, "--runs", str(runs)], prog_name="python -m trainer", standalone_mode=False)
    write_held_out(folder / "pictures")


def write_held_out(folder: Path) -> None:
    """One picture of each digit from the test split, which no run has trained on, named after what it shows."""
    folder.mkdir(parents=True, exist_ok=True)
    splits = load_splits(TrainConfig(data="digits"))
    for label, name in enumerate(splits.classes):
        first = int(np.flatnonzero(splits.test.labels == label)[0])
        Image.fromarray(splits.test.images[first]).save(folder / f"digit-{name}.png")


if __name__ == "__main__":
    run(demo, "python -m trainer.demo")
