"""What stays with the run and never enters a bundle: measured times, and pictures of the test set with their evidence."""

import platform
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from exporter.pictures import GatePictures
from exporter.reference import Outputs
from exporter.report import to_json
from trainer.data import Splits
from trainer.files import write_bytes_atomically
from trainer.plots import names_in_plot, save_figure

_CLASSES_SHOWN = 20
_LONGEST_NAME = 16


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
    that was answered; all maps on one scale, in logit units. Of many classes, those that were most often missed."""
    part = pictures.positions("test")
    images, found, labels = pictures.images[part], outputs.take(part), splits.test.labels
    answers = found.logits.argmax(1)
    answered = found.evidence[np.arange(len(answers)), answers]
    shown = most_missed(labels, answers, len(splits.classes))
    figure, axes = plt.subplots(len(shown), 4, figsize=(6.4, 1.55 * len(shown)), squeeze=False, layout="constrained")
    if len(shown) < len(splits.classes):
        figure.suptitle(f"the {len(shown)} of {len(splits.classes):,} classes that were missed most often", fontsize=8)
    limit = float(np.quantile(np.abs(answered), 0.999))
    image = None
    names = names_in_plot(splits.classes, _LONGEST_NAME)
    for row, label in enumerate(shown):
        name = names[label]
        right = np.flatnonzero((labels == label) & (answers == label))
        wrong = np.flatnonzero((labels == label) & (answers != label))
        for column, chosen, otherwise in ((0, right, "never found"), (2, wrong, "never missed")):
            pair = (axes[row][column], axes[row][column + 1])
            for each in pair:
                each.set_axis_off()
            if not len(chosen):
                pair[0].set_title(f"{name}: {otherwise}", fontsize=7, parse_math=False)
                continue
            position = int(chosen[0])
            title = f"{name} → {names[answers[position]]}"
            image = _draw_pair(pair, images[position], answered[position], limit, title)
    if image is not None:
        figure.colorbar(image, ax=axes, shrink=0.4, label="evidence for the answer (logit units)")
    save_figure(path, figure)


def most_missed(labels: NDArray[np.int64], answers: NDArray[np.int64], classes: int) -> list[int]:
    """The classes in their own order, at most 20: those of which most pictures got another answer. labels, answers: [n]."""
    missed = np.bincount(labels[labels != answers], minlength=classes)
    return sorted(np.argsort(-missed, kind="stable")[:_CLASSES_SHOWN].tolist())


def _draw_pair(axes: tuple[Axes, Axes], picture: np.ndarray, evidence: np.ndarray, limit: float, title: str) -> Any:
    axes[0].imshow(picture)
    axes[0].set_title(title, fontsize=7, parse_math=False)
    return axes[1].imshow(evidence, cmap="RdBu_r", vmin=-limit, vmax=limit)
