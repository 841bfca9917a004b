"""The files of a bundle that people read: card, figures and plots, as bytes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from exporter.card import model_card
from exporter.evaluation import Evaluation
from exporter.plots import plot_reliability
from exporter.source import Source
from exporter.workspace import temporary_folder
from runtime_app.manifest import Manifest
from trainer.data import Splits, count_copies
from trainer.plots import plot_confusion, plot_curves


def report_files(
    manifest: Manifest, evaluation: Evaluation, parity: dict[str, Any], source: Source, splits: Splits
) -> dict[str, bytes]:
    """Path inside the bundle -> bytes. parity: of each precision, what its gate saw."""
    golden = dict(parity["fp32"].parts)["golden"]
    card = model_card(
        manifest,
        evaluation,
        splits.about,
        golden_vectors=golden,
        has_curves=bool(source.rows),
        known_test_pictures=count_copies(splits.test, splits.train, splits.validation),
    )
    files = {
        "MODEL_CARD.md": card.encode(),
        "report/parity.json": to_json(parity),
        "report/metrics.json": to_json(evaluation),
        "report/confusion.png": _drawn(
            lambda path: plot_confusion(path, np.array(evaluation.confusion), splits.classes)
        ),
        "report/reliability.png": _drawn(lambda path: plot_reliability(path, evaluation)),
    }
    rows = list(source.rows)
    if rows:
        # Not the best of the rows: a run that is still training may have found a better epoch since this one was read.
        files["report/curves.png"] = _drawn(lambda path: plot_curves(path, rows, source.checkpoint.epoch))
    return files


def to_json(content: Any) -> bytes:
    """Indented and with sorted keys, so that the same content gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=2) + b"\n"


def _drawn(draw: Callable[[Path], None]) -> bytes:
    with temporary_folder("plot") as folder:
        path = folder / "plot.png"
        draw(path)
        return path.read_bytes()
