"""Everything that a run was told. Written to config.json, read back by --resume and by the exporter."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from runtime_app.errors import UserError

FORMAT = 1
RECIPES = ("baseline", "fast", "deep", "finetune")


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one run, each with its default."""

    data: str = "cifar10"
    """cifar10, digits, or a folder with one subfolder of pictures per class."""
    data_root: str = "data/cifar10"
    """Where CIFAR-10 lies, or is downloaded to."""
    recipe: str = "baseline"
    """baseline, fast, deep or finetune, see trainer/recipes."""
    epochs: int = 128
    """Passes over the training pictures, in each round."""
    rounds: int = 1
    """So many trainings begin with the same checkpoint; their weights are averaged."""
    batch_size: int = 128
    """Pictures per optimiser step, over all processes together."""
    seed: int = 0
    """Decides the split, the initial weights, the order, the augmentation and dropout."""
    device: str = "cpu"
    """cpu or cuda, as it was chosen ("auto" is settled before)."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """What convolutions and products are computed in, as the device decided."""
    image_size: int = 32
    """Height and width of the network's input in pixels; pictures in folders are brought to it."""
    flip: bool = True
    """Mirror training pictures; wrong where left and right differ, as in writing."""
    init_from: str | None = None
    """A checkpoint whose weights are the start."""
    outliers: str | None = None
    """A folder of pictures that show none of the classes, which the network learns not to know."""
    freeze_features: bool = False
    """Train the linear head alone."""
    skip_unreadable: bool = False
    """Go on without pictures that cannot be decoded."""
    deterministic: bool = False
    """Use only algorithms that give the same bits every time; matters on CUDA, where it costs speed."""
    tensorboard: bool = False
    """Also write the metrics as TensorBoard events."""
    processes: int = 1
    """How many share each batch (torchrun); a run is resumed with as many."""

    @property
    def total_epochs(self) -> int:
        return self.epochs * self.rounds


@dataclass(frozen=True)
class Provenance:
    """Where a run came from: enough to repeat it, nothing that names a person or a folder.

    init_sha256: of the checkpoint that it began with; outlier_count: pictures of none of the classes; outlier_sha256: of
    what was cut from them.
    """

    started: str
    """UTC, ISO 8601; the only date that a bundle made from the run will carry."""
    git_commit: str | None
    git_dirty: bool
    data_sha256: str
    data_name: str
    classes: tuple[str, ...]
    train_count: int
    validation_count: int
    test_count: int
    parameters: int
    machine: str
    versions: dict[str, str] = field(default_factory=dict)
    init_sha256: str | None = None
    outlier_count: int = 0
    outlier_sha256: str | None = None


@dataclass(frozen=True)
class RunRecord:
    """The content of config.json."""

    format: int
    config: TrainConfig
    provenance: Provenance

    @property
    def name(self) -> str:
        """YYYYMMDD-HHMMSS-cifarnet-DATA-sSEED, what the run's folder is called when it is made."""
        stamp = self.provenance.started.replace("-", "").replace(":", "").replace("T", "-")[:15]
        return f"{stamp}-cifarnet-{self.provenance.data_name}-s{self.config.seed}"


def encode_record(record: RunRecord) -> bytes:
    """The record as indented JSON, ready to be written."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def read_record(path: Path) -> RunRecord:
    """Read config.json. Raises UserError when it is missing, damaged or from another version of this program."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}).", "Name a folder that a training run wrote."
        ) from error
    try:
        found = msgspec.json.decode(raw, type=dict).get("format")
        if found != FORMAT:
            raise UserError(
                f"{path} has format {found}; this version reads {FORMAT}.",
                "Use the version of the trainer that wrote it.",
            )
        return msgspec.json.decode(raw, type=RunRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is damaged ({error}).", "Restore it from a copy, or train again.") from error
