"""What stays with the run and never enters a bundle: measured times, and pictures of the test set with their evidence."""

import platform
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from exporter.pictures import GatePictures
from exporter.reference import Outputs
from exporter.report import to_json
from trainer.data import Splits
from trainer.files import write_bytes_atomically
from trainer.plots import save_figure


def write_times(folder: Path, bundle: str, digest: str, seconds: dict[str, float]) -> None:
    """export.json: how long each step of the export took, in seconds, and on what machine."""
    content: dict[str, Any] = {
        "bundle": bundle,
        "digest": digest,
        "machine": platform.machine(),
        "seconds": seconds,
        "seconds_in_all": round(sum(seconds.values()), 2),
    }
    write_bytes_atomically(folder / "export.json", to_json(content))


def plot_evidence(path: Path, splits: Splits, pictures: GatePictures, outputs: Outputs) -> None:
    """One test picture of each class that was recognised and one that was not, each with the evidence for the class
    that was answered; all maps on one scale, in logit units."""
    part = pictures.positions("test")
    images, found, labels = pictures.images[part], outputs.take(part), splits.test.labels
    answers = found.logits.argmax(1)
    count = len(splits.classes)
    figure, axes = plt.subplots(count, 4, figsize=(6.4, 1.55 * count), squeeze=False, layout="constrained")
    limit = float(np.quantile(np.abs(found.evidence), 0.999))
    image = None
    for row in range(count):
        right = np.flatnonzero((labels == row) & (answers == row))
        wrong = np.flatnonzero((labels == row) & (answers != row))
        for column, chosen in ((0, right), (2, wrong)):
            pair = (axes[row][column], axes[row][column + 1])
            for each in pair:
                each.set_axis_off()
            if not len(chosen):
                pair[0].set_title(f"{splits.classes[row]}: none", fontsize=7)
                continue
            position = int(chosen[0])
            answer = int(answers[position])
            title = f"{splits.classes[row]} → {splits.classes[answer]}"
            image = _draw_pair(pair, images[position], found.evidence[position, answer], limit, title)
    if image is not None:
        figure.colorbar(image, ax=axes, shrink=0.4, label="evidence for the answer (logit units)")
    save_figure(path, figure)


def _draw_pair(axes: tuple[Axes, Axes], picture: np.ndarray, evidence: np.ndarray, limit: float, title: str) -> Any:
    axes[0].imshow(picture)
    axes[0].set_title(title, fontsize=7)
    return axes[1].imshow(evidence, cmap="RdBu_r", vmin=-limit, vmax=limit)
