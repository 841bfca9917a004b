"""What a run would do, and how long it would take."""

import time

import torch
from rich.console import Console
from rich.table import Table

from trainer.data import Splits
from trainer.engine import train_one_epoch, training_batches
from trainer.run import Run

_TRIAL_BATCHES = 4


def show_plan(run: Run, splits: Splits) -> None:
    """Print data, network and an estimate from a few real steps; writes no file."""
    config, provenance = run.record.config, run.record.provenance
    table = Table(show_header=False, box=None)
    shape = "x".join(str(side) for side in splits.train.images.shape[1:])
    rows = {
        "data": f"{splits.name}: {len(splits.train):,} training, {len(splits.validation):,} validation, "
        f"{len(splits.test):,} test pictures of {shape}",
        "classes": ", ".join(splits.classes),
        "network": f"cifarnet, {provenance.parameters:,} parameters",
        "recipe": f"{config.recipe}, {config.epochs} epochs, batches of {config.batch_size}",
        "device": provenance.machine,
        "estimated time": _readable(_seconds_per_epoch(run) * config.epochs),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)


def _seconds_per_epoch(run: Run) -> float:
    training = run.training
    batches = training_batches(training.train, training.recipe, training.batch_size, 1, training.seed, training.generator)
    trial = [batch for _, batch in zip(range(_TRIAL_BATCHES + 1), batches, strict=False)]
    step = (training.network, training.recipe, training.optimizer)
    _steps(step, trial[:1])
    started = time.perf_counter()
    _steps(step, trial[1:] or trial)
    seconds = time.perf_counter() - started
    pictures = sum(len(labels) for _, labels in (trial[1:] or trial))
    return seconds / pictures * len(training.train.labels)


def _steps(parts: tuple, trial: list[tuple[torch.Tensor, torch.Tensor]]) -> None:
    network, recipe, optimizer = parts
    train_one_epoch(network, iter(trial), recipe, optimizer, lambda: None, lambda count: None)


def _readable(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{max(minutes, 1)} min"
