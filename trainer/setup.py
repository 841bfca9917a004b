"""From settings to a run that is ready to train: data, network, optimiser, folder."""

import hashlib
import os
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from runtime_app.errors import UserError
from trainer.augment import normalise
from trainer.averaging import Averaging, weights_of
from trainer.checkpoint import load_best, saved_network
from trainer.config import FORMAT, Provenance, RunRecord, TrainConfig, encode_record
from trainer.data import Pictures, Splits, channel_statistics
from trainer.distributed import ALONE, Ranks
from trainer.engine import DeviceData, Training, steps_per_epoch
from trainer.files import write_bytes_atomically
from trainer.model import CifarNet, Stem, dirac_init
from trainer.model import build_network as network_of
from trainer.provenance import git_state, library_versions, machine_name, now_utc
from trainer.recipes import Recipe, load_recipe
from trainer.run import Run
from trainer.whitening import whiten

# Their patches say what whitens all others as well. airbench takes as many, of 32x32 pixels; of larger ones fewer do, but
# enough that each class has its say.
_WHITENED_PICTURES = 5000
_WHITENED_PIXELS, _FEWEST_WHITENED = _WHITENED_PICTURES * 32 * 32, 64


def choose_device(asked: str) -> torch.device:
    """auto, cpu or cuda -> the device. Raises UserError when cuda is asked for and does not run."""
    if asked == "cpu":
        return torch.device("cpu")
    reason = _why_cuda_does_not_run()
    if reason is None:
        return torch.device("cuda")
    if asked == "cuda":
        raise UserError(
            f"CUDA does not run on this machine ({reason}).", "Pass --device cpu, or install NVIDIA's driver."
        )
    return torch.device("cpu")


def _why_cuda_does_not_run() -> str | None:
    """None when a small computation succeeds: a driver that is found is not yet one that works."""
    if not torch.cuda.is_available():
        return "no usable NVIDIA GPU was found"
    try:
        (torch.ones(8, device="cuda") * 2).sum().item()
    except RuntimeError as error:
        return str(error).splitlines()[0]
    return None


def choose_precision(device: torch.device) -> Literal["float32", "bfloat16"]:
    """bfloat16 where the device multiplies it in hardware, and only there: elsewhere it is emulated and slower."""
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        instructions: Mapping[str, bool] = getattr(
            torch.cpu, "get_capabilities", dict
        )()  # not in every torch from 2.11 on; float32 without it
        fast = any(instructions.get(name, False) for name in ("avx512_bf16", "amx_bf16"))
    return "bfloat16" if fast else "float32"


def make_reproducible(config: TrainConfig) -> None:
    """Seed every library; on CUDA allow fast 32-bit products unless the same bits are asked for."""
    random.seed(config.seed)
    np.random.seed(config.seed)
    torch.manual_seed(config.seed)
    torch.backends.cudnn.benchmark = not config.deterministic
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = not config.deterministic
    if config.deterministic:
        os.environ.setdefault(
            "CUBLAS_WORKSPACE_CONFIG", ":4096:8"
        )  # cuBLAS repeats its bits only with a fixed workspace
    torch.use_deterministic_algorithms(config.deterministic)


def build_network(config: TrainConfig, recipe: Recipe, classes: tuple[str, ...]) -> CifarNet:
    """The recipe's network, or that of `config.init_from` with its weights, the head replaced when the classes differ.

    Raises UserError when that checkpoint is unusable.
    """
    if config.init_from is not None:
        return _frozen(_start_from(Path(config.init_from), recipe, classes), config)
    network = CifarNet(
        len(classes),
        recipe.widths,
        recipe.dropout,
        recipe.logit_scale,
        whitening=recipe.whitening,
        depths=recipe.depths,
    )
    if recipe.dirac:
        dirac_init(network)
    return _frozen(network, config)


def rebuild_network(config: TrainConfig, last: Path) -> CifarNet:
    """The network whose training `last` (a last.pt) goes on with, before its weights are put back.

    It need not be the recipe's: a run that was started from a checkpoint has that checkpoint's.
    """
    return _frozen(saved_network(last), config)


def _frozen(network: CifarNet, config: TrainConfig) -> CifarNet:
    if config.freeze_features:
        network.stem.requires_grad_(False)
        network.blocks.requires_grad_(False)
    return network


def _start_from(path: Path, recipe: Recipe, classes: tuple[str, ...]) -> CifarNet:
    start = load_best(path)
    source = start.network
    own = {"classes": len(classes), "dropout": recipe.dropout, "logit_scale": recipe.logit_scale}
    network = network_of(source.architecture | own)
    weights = source.state_dict()
    if start.classes != classes:  # as many others are others too
        weights = {name: value for name, value in weights.items() if not name.startswith("head.")}
    elif source.logit_scale != network.logit_scale:
        # Another recipe multiplies the logits differently; the head takes it over, so that the start predicts the same.
        factor = source.logit_scale / network.logit_scale
        weights |= {name: value * factor for name, value in weights.items() if name.startswith("head.")}
    network.load_state_dict(weights, strict=False)
    return network


def describe(config: TrainConfig, splits: Splits, network: CifarNet) -> RunRecord:
    """What config.json will say."""
    commit, dirty = git_state()
    provenance = Provenance(
        started=now_utc().isoformat(),
        git_commit=commit,
        git_dirty=dirty,
        data_sha256=splits.sha256,
        data_name=splits.name,
        classes=splits.classes,
        train_count=len(splits.train),
        validation_count=len(splits.validation),
        test_count=len(splits.test),
        parameters=sum(p.numel() for p in network.parameters()),
        machine=machine_name(torch.device(config.device)),
        versions=library_versions(),
        init_sha256=_sha256_of(config.init_from),
        outlier_count=splits.outliers.pictures if splits.outliers is not None else 0,
        outlier_sha256=splits.outliers.sha256 if splits.outliers is not None else None,
    )
    return RunRecord(FORMAT, config, provenance)


def refuse_other_start(folder: Path, record: RunRecord) -> None:
    """Raises UserError when the checkpoint that a run is to begin with is not the one of its record."""
    known = record.provenance.init_sha256
    if known is not None and _sha256_of(record.config.init_from) != known:
        raise UserError(
            f"{record.config.init_from} is not the checkpoint that {folder} was started with (its SHA-256 differs).",
            "Restore it, or start a new run.",
        )


def _sha256_of(path: str | None) -> str | None:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path is not None else None


def make_folder(folder: Path, record: RunRecord) -> None:
    """Create the run folder with config.json. Raises UserError when it is there already, OSError when it cannot."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise UserError(f"{folder} exists already.", "Wait a second, or pass another --seed or --runs.") from error
    write_bytes_atomically(folder / "config.json", encode_record(record))


def to_device(splits: Splits, device: torch.device) -> tuple[DeviceData, DeviceData, DeviceData, tuple]:
    """(train, validation, test, statistics); an array that several splits share is moved once."""
    statistics = channel_statistics(splits.train)
    mean, std = (torch.tensor(values, device=device) for values in statistics)
    stores: dict[int, torch.Tensor] = {}

    def move(pictures: Pictures) -> DeviceData:
        if id(pictures.store) not in stores:
            stores[id(pictures.store)] = _store_on(device, pictures.store)
        positions, labels = torch.from_numpy(pictures.rows), torch.from_numpy(pictures.labels)
        return DeviceData(stores[id(pictures.store)], positions.to(device), labels.to(device), mean, std)

    return move(splits.train), move(splits.validation), move(splits.test), statistics


def _store_on(device: torch.device, store: np.ndarray) -> torch.Tensor:
    """On the CPU a view, no copy. A store that would fill half of a GPU stays outside; its batches are sent singly."""
    pictures = torch.from_numpy(store)
    if device.type == "cuda" and store.nbytes > torch.cuda.mem_get_info(device)[0] // 2:
        return pictures
    return pictures.to(device)


def prepare_run(
    folder: Path, record: RunRecord, splits: Splits, network: CifarNet, ranks: Ranks = ALONE, *, begins: bool = True
) -> Run:
    """Put data and network on the device and build the recipe's parts around them. begins: not with a last.pt, which has
    its own start."""
    config = record.config
    recipe = load_recipe(config.recipe)
    if not config.flip:
        recipe = replace(recipe, augmentation=replace(recipe.augmentation, flip="none"))
    device = torch.device(config.device)
    train, validation, test, statistics = to_device(splits, device)
    if isinstance(network.stem, Stem) and config.init_from is None:
        whiten(network.stem, normalise(train.images(evenly_spread(train)), train.mean, train.std).cpu())
    network = network.to(device).to(memory_format=torch.channels_last)
    optimizer = recipe.optimizer(network, config.batch_size)
    steps = config.epochs * steps_per_epoch(len(train.labels), config.batch_size, ranks.count)
    if ranks.count > 1:
        torch.manual_seed(config.seed + ranks.rank)  # dropout must not be the same in every process
    training = Training(
        network=network,
        model=ranks.parallel(network),
        optimizer=optimizer,
        scheduler=recipe.scheduler(optimizer, steps),
        generator=torch.Generator(device).manual_seed(config.seed),
        train=train,
        validation=validation,
        recipe=recipe,
        batch_size=config.batch_size,
        seed=config.seed,
        ranks=ranks,
        precision=getattr(torch, config.precision),
        outliers=torch.from_numpy(splits.outliers.images).to(device) if splits.outliers is not None else None,
        averaging=_averaging(config, recipe, network, splits.classes)
        if begins
        else Averaging(share=recipe.share_of_start),
    )
    return Run(folder, record, training, test, statistics)


def evenly_spread(data: DeviceData) -> torch.Tensor:
    """int64 [n], places in `data.positions`: of every class, as pictures in folders come class by class."""
    height, width = data.store.shape[1:3]
    many = max(_FEWEST_WHITENED, _WHITENED_PIXELS // (height * width))
    count = len(data.labels)
    return torch.linspace(0, count - 1, min(count, many), device=data.labels.device).long()


def began_with_the_same_classes(config: TrainConfig, classes: tuple[str, ...]) -> bool:
    """Whether there is a checkpoint to begin with that tells these classes apart. Raises UserError when it is unusable."""
    return config.init_from is not None and load_best(Path(config.init_from)).classes == classes


def _averaging(config: TrainConfig, recipe: Recipe, network: CifarNet, classes: tuple[str, ...]) -> Averaging:
    """Of other classes a checkpoint says nothing to average with."""
    averages = recipe.share_of_start > 0 or config.rounds > 1
    start = weights_of(network) if averages and began_with_the_same_classes(config, classes) else {}
    return Averaging(start, recipe.share_of_start)
