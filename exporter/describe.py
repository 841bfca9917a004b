"""The manifest, put together from what was measured."""

from exporter.evaluation import Evaluation
from exporter.publish import sha256_of
from exporter.source import Source
from runtime_app.manifest import (
    SCHEMA_VERSION,
    Calibration,
    InputSpec,
    Manifest,
    ParitySummary,
    Precision,
    Provenance,
    Variant,
)
from trainer.config import Provenance as RunProvenance
from trainer.config import TrainConfig
from trainer.data import Splits, is_folder
from trainer.provenance import git_state, library_versions

_LIBRARIES: tuple[str, ...] = (
    "torch",
    "torchvision",
    "onnx",
    "onnxscript",
    "onnxruntime",
    "onnxruntime-gpu",
    "numpy",
    "pillow",
    "scipy",
)
_LIBRARIES += ("scikit-learn", "matplotlib")
FILES: dict[Precision, str] = {"fp32": "model.onnx", "int8": "model.int8.onnx", "fp16": "model.fp16.onnx"}
_UNMEASURED = ParitySummary(0, 0, 0, (), {}, 0, ())


def variant(precision: Precision, model: bytes, tolerance: dict[str, float], test_accuracy: float) -> Variant:
    return Variant(FILES[precision], precision, sha256_of(model), len(model), tolerance, test_accuracy)


def describe(
    name: str,
    source: Source,
    splits: Splits,
    evaluation: Evaluation,
    variants: tuple[Variant, ...],
    parity: ParitySummary = _UNMEASURED,
) -> Manifest:
    """Everything but the list of files, which comes last. Without `parity` it describes a draft for the gate."""
    size = source.checkpoint.image_size
    return Manifest(
        schema_version=SCHEMA_VERSION,
        name=name,
        classes=source.checkpoint.classes,
        input=InputSpec(size, size),
        variants=variants,
        calibration=Calibration(evaluation.temperature, evaluation.before.test.ece, evaluation.metrics.test.ece),
        verdict=evaluation.rule,
        metrics=evaluation.metrics,
        parity=parity,
        provenance=_provenance(source),
        licence=_licence(source, splits),
        files=(),
    )


def about_model(name: str, source: Source) -> dict[str, object]:
    """What the model file says about itself to people who open it in a viewer."""
    provenance = source.record.provenance
    return {
        "classes": list(source.checkpoint.classes),
        "source": {
            "name": name,
            "run": source.run,
            "checkpoint_sha256": source.checkpoint_sha256,
            "data": provenance.data_name,
        },
    }


def _licence(source: Source, splits: Splits) -> str:
    """Nobody is taken to have decided anything: neither whoever trained the model nor whose the pictures of a folder are."""
    model = "None has been stated for this model" if source.licence is None else source.licence.removesuffix(".")
    have = "may have" if is_folder(source.record.config.data) else "has"
    return f"{model}. The data it was trained on {have} terms of its own: {splits.about}."


def _beginnings(config: TrainConfig, trained: RunProvenance, best_epoch: int) -> dict[str, str]:
    """What only some runs have."""
    known: dict[str, str] = {}
    if config.rounds > 1:
        averaged = -(-best_epoch // config.epochs)
        known["rounds"] = f"{averaged} of {config.rounds} from one start are in the average"
    if trained.init_sha256 is not None:
        known["began_with_checkpoint"] = f"SHA-256 {trained.init_sha256}"
    if trained.outlier_count:
        known["outliers"] = f"{trained.outlier_count:,} (SHA-256 {trained.outlier_sha256})"
    return known


def _provenance(source: Source) -> Provenance:
    config, trained = source.record.config, source.record.provenance
    commit, dirty = git_state()
    training = {
        "recipe": config.recipe,
        "epochs": str(len(source.rows) or config.total_epochs),
        "planned_epochs": str(config.total_epochs),
        "best_epoch": str(source.checkpoint.epoch),
        "batch_size": str(config.batch_size),
        "seed": str(config.seed),
        "training_pictures": f"{trained.train_count:,}",
        "parameters": f"{trained.parameters:,}",
        "machine": trained.machine,
        "trained_at_commit": f"{trained.git_commit or 'unknown'}{' (with local changes)' if trained.git_dirty else ''}",
        **_beginnings(config, trained, source.checkpoint.epoch),
        "trained_with": ", ".join(f"{name} {version}" for name, version in sorted(trained.versions.items())),
    }
    return Provenance(
        run_started=trained.started,
        run=source.run,
        git_commit=commit,
        git_dirty=dirty,
        checkpoint_sha256=source.checkpoint_sha256,
        data_name=trained.data_name,
        data_sha256=trained.data_sha256,
        training=training,
        versions=library_versions(_LIBRARIES),
    )
