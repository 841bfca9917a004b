"""best.pt, which is exported and shared, and last.pt, from which a run goes on as if it had never stopped."""

import io
import pickle
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from runtime_app.errors import UserError
from runtime_app.installation import command_line
from trainer.files import write_bytes_atomically
from trainer.model import CifarNet, build_network

FORMAT = 1
_NAME_BEST = "Name the best.pt of a training run, or train again."


@dataclass(frozen=True)
class Checkpoint:
    """What best.pt holds, as plain types and tensors.

    architecture: see CifarNet.architecture; classes: in logit order; mean, std: per channel, in units of full scale;
    image_size: height and width in pixels; epoch: 1-based; validation_accuracy: a fraction.
    """

    network: CifarNet
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    image_size: int
    epoch: int
    validation_accuracy: float


def save_best(path: Path, checkpoint: Checkpoint) -> None:
    content = {
        "format": FORMAT,
        "model": {name: value.cpu().contiguous() for name, value in checkpoint.network.state_dict().items()},
        "architecture": checkpoint.network.architecture,
        "classes": list(checkpoint.classes),
        "mean": list(checkpoint.mean),
        "std": list(checkpoint.std),
        "image_size": checkpoint.image_size,
        "epoch": checkpoint.epoch,
        "validation_accuracy": checkpoint.validation_accuracy,
    }
    _save(path, content)


def load_best(path: Path) -> Checkpoint:
    """Read best.pt without running any code from it; the network comes back in eval mode.

    Raises UserError when the file is missing, is no checkpoint, carries code, or describes another network.
    """
    content = load_plain(path, _NAME_BEST)
    try:
        if content["format"] != FORMAT:
            raise UserError(
                f"{path} has checkpoint format {content['format']}; this version reads {FORMAT}.",
                "Use the version of the trainer that wrote it.",
            )
        network = build_network(content["architecture"])
        network.load_state_dict(content["model"])
        checkpoint = Checkpoint(
            network.eval(),
            tuple(str(name) for name in content["classes"]),
            *_statistics(content["mean"], content["std"]),
            int(content["image_size"]),
            int(content["epoch"]),
            float(content["validation_accuracy"]),
        )
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise UserError(
            f"{path} is not a checkpoint of this trainer's network ({_briefly(error)}).",
            "Name the best.pt of a training run.",
        ) from error
    if len(checkpoint.classes) != network.head.out_features:
        raise UserError(
            f"{path} names {len(checkpoint.classes)} classes, but its network has {network.head.out_features} outputs.",
            "Name the best.pt of a training run.",
        )
    return checkpoint


def _statistics(mean: Any, std: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Three channels' mean and standard deviation as floats. Raises ValueError for anything that cannot be divided by."""
    found = tuple(float(value) for value in mean), tuple(float(value) for value in std)
    usable = all(len(values) == 3 and np.isfinite(values).all() for values in found) and min(found[1], default=0) > 0
    if not usable:
        raise ValueError(f"its mean and standard deviation are {mean} and {std}")
    return found


def load_plain(path: Path, advice: str) -> dict[str, Any]:
    """torch.load with weights_only: tensors and plain types, never code. Raises UserError, with `advice` where the file is
    of no use."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise UserError(f"There is no checkpoint {path}.", "Check the path.") from error
    except pickle.UnpicklingError as error:
        raise UserError(f"{path} is not a checkpoint, or it carries code, which is never run.", advice) from error
    except (OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        if isinstance(error, OSError) and error.filename is not None:  # it was not even opened
            raise UserError(f"{path} is not a checkpoint that can be read ({error.strerror}).", advice) from error
        # What torch says of a damaged file is for the log.
        raise UserError(f"{path} is not a checkpoint or is damaged.", advice) from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is not a checkpoint of this trainer.", advice)
    return content


def save_last(
    path: Path, network: CifarNet, parts: dict[str, Any], generator: torch.Generator, progress: dict[str, Any]
) -> None:
    """parts: objects with a state_dict (optimizer, scheduler); generator: draws order and augmentation;
    progress: plain types that the loop needs back (epoch, best so far, metrics)."""
    content = {
        "format": FORMAT,
        "architecture": network.architecture,
        "model": network.state_dict(),
        "parts": {name: part.state_dict() for name, part in parts.items()},
        "generator": generator.get_state(),
        "random_states": random_states(),
        "progress": progress,
    }
    _save(path, content)


def load_last(path: Path, network: nn.Module, parts: dict[str, Any], generator: torch.Generator) -> dict[str, Any]:
    """Put everything back as save_last found it; returns the progress. Raises UserError when the file is unusable."""
    content = _load_last(path)
    try:
        network.load_state_dict(content["model"])
        for name, part in parts.items():
            part.load_state_dict(content["parts"][name])
        generator.set_state(content["generator"])
        restore_random_states(content["random_states"])
        return content["progress"]
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"{path} does not belong to this run or is damaged.", _instead_of_last(path)) from error


def saved_network(path: Path) -> CifarNet:
    """The network that a last.pt belongs to, with new weights. Raises UserError when the file is unusable."""
    try:
        return build_network(_load_last(path)["architecture"])
    except (KeyError, ValueError) as error:
        raise UserError(
            f"{path} does not say which network it belongs to.", "Use the version of the trainer that wrote it."
        ) from error


def _instead_of_last(path: Path) -> str:
    best = path.with_name("best.pt")
    start = f" with {command_line(['--init-from', str(best)])}" if best.is_file() else ""
    return f"Restore it from a copy, or start a new run{start}."


def _load_last(path: Path) -> dict[str, Any]:
    content = load_plain(path, _instead_of_last(path))
    if content.get("format") != FORMAT:
        raise UserError(f"{path} has another checkpoint format.", "Use the version of the trainer that wrote it.")
    return content


def _save(path: Path, content: dict[str, Any]) -> None:
    """Through memory: torch's own writer hides why a disk refuses, and puts the file's name into its bytes."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes_atomically(path, buffer.getbuffer())


def random_states() -> dict[str, Any]:
    """The state of every library that draws numbers, as plain types and tensors."""
    version, python_state, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": [version, list(python_state), gauss],
        "numpy": [kind, torch.from_numpy(np.asarray(keys, dtype=np.int64)), position, has_gauss, cached],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: dict[str, Any]) -> None:
    version, python_state, gauss = states["python"]
    random.setstate((version, tuple(python_state), gauss))
    kind, keys, position, has_gauss, cached = states["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])


def _briefly(error: BaseException) -> str:
    """The first thing that is wrong: torch lists every weight that does not fit, each on a line of its own."""
    words = f"it has no {error}" if isinstance(error, KeyError) else str(error)
    return " ".join(" ".join(words.splitlines()[:2]).split())
