"""From settings to a run that is ready to train: data, network, optimiser, folder."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from runtime_app.errors import UserError
from trainer.checkpoint import load_best
from trainer.config import FORMAT, Provenance, RunRecord, TrainConfig, encode_record
from trainer.data import Splits
from trainer.engine import Training
from trainer.files import write_bytes_atomically
from trainer.model import CifarNet, dirac_init
from trainer.provenance import git_state, library_versions, machine_name, now_utc
from trainer.recipes import Recipe, load_recipe
from trainer.run import Run, to_device


def choose_device(asked: str) -> torch.device:
    """auto, cpu or cuda -> the device. Raises UserError when cuda is asked for and does not run."""
    if asked == "cuda" and not torch.cuda.is_available():
        raise UserError("CUDA does not run on this machine.", "Pass --device cpu, or install NVIDIA's driver.")
    if asked == "auto":
        asked = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(asked)


def make_reproducible(config: TrainConfig) -> None:
    """Seed every library; on CUDA allow fast 32-bit products unless the same bits are asked for."""
    random.seed(config.seed)
    np.random.seed(config.seed)
    torch.manual_seed(config.seed)
    torch.backends.cudnn.benchmark = not config.deterministic
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = not config.deterministic
    if config.deterministic:
        torch.use_deterministic_algorithms(True)


def build_network(config: TrainConfig, recipe: Recipe, classes: int) -> CifarNet:
    """The recipe's network, or the weights of `config.init_from` with the head replaced when the classes differ."""
    network = CifarNet(classes, dropout=recipe.dropout, logit_scale=recipe.logit_scale)
    if recipe.dirac:
        dirac_init(network)
    if config.init_from is not None:
        weights = load_best(Path(config.init_from)).network.state_dict()
        if weights["head.weight"].shape != network.head.weight.shape:
            weights = {name: value for name, value in weights.items() if not name.startswith("head.")}
        network.load_state_dict(weights, strict=False)
    if config.freeze_features:
        network.blocks.requires_grad_(False)
    return network


def describe(config: TrainConfig, splits: Splits, network: CifarNet) -> RunRecord:
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
    )
    return RunRecord(FORMAT, config, provenance)


def make_folder(runs: Path, record: RunRecord) -> Path:
    """Create YYYYMMDD-HHMMSS-cifarnet-DATA-sSEED with config.json. Raises UserError when the place cannot be written."""
    stamp = record.provenance.started.replace("-", "").replace(":", "").replace("T", "-")[:15]
    folder = runs / f"{stamp}-cifarnet-{record.provenance.data_name}-s{record.config.seed}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise UserError(f"{folder} exists already.", "Wait a second, or pass another --seed or --runs.") from error
    write_bytes_atomically(folder / "config.json", encode_record(record))
    return folder


def prepare_run(folder: Path, record: RunRecord, splits: Splits, network: CifarNet) -> Run:
    """Put data and network on the device and build the recipe's parts around them."""
    config = record.config
    recipe = load_recipe(config.recipe)
    if not config.flip:
        recipe = _without_flip(recipe)
    device = torch.device(config.device)
    train, validation, test, statistics = to_device(splits, device)
    network = network.to(device, memory_format=torch.channels_last)
    optimizer = recipe.optimizer(network)
    steps = config.epochs * -(-len(train.labels) // config.batch_size)
    training = Training(
        network=network,
        optimizer=optimizer,
        scheduler=recipe.scheduler(optimizer, steps),
        generator=torch.Generator(device).manual_seed(config.seed),
        train=train,
        validation=validation,
        recipe=recipe,
        batch_size=config.batch_size,
        seed=config.seed,
    )
    return Run(folder, record, training, test, statistics)


def _without_flip(recipe: Recipe) -> Recipe:
    return replace(recipe, augmentation=replace(recipe.augmentation, flip="none"))
