"""python -m tests.make_tiny_bundle: the small real bundle that the app's tests use (tests/runtime_app/bundles/tiny).

A narrow CifarNet on scikit-learn's digits, trained by this trainer and exported by this exporter. Run it again, in
.venv-train, and commit the result, when the schema of bundles changes.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from trainer import setup
from trainer.command import configuration
from trainer.data import load_splits
from trainer.model import CifarNet
from trainer.progress import EpochProgress
from trainer.run import fit

WIDTHS = (8, 16, 24, 32)
BUNDLES = Path(__file__).parent / "runtime_app" / "bundles"


def make(name: str, seed: int) -> None:
    config = configuration({"data": "digits", "recipe": "fast", "epochs": 20, "batch_size": 64, "seed": seed})
    setup.make_reproducible(config)
    splits = load_splits(config)
    network = CifarNet(len(splits.classes), WIDTHS, dropout=(0.0, 0.0, 0.0, 0.0), logit_scale=0.125)
    record = setup.describe(config, splits, network)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / name
        setup.make_folder(run, record)
        fit(setup.prepare_run(run, record, splits, network), EpochProgress(config.epochs))
        export = [sys.executable, "-m", "exporter", "--run", str(run), "--bundles", str(BUNDLES), "--name", name]
        subprocess.run([*export, "--overwrite"], check=True)


if __name__ == "__main__":
    make("tiny", seed=0)
