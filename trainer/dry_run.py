"""What a run would do, and how long it would take."""

import time
from dataclasses import asdict
from itertools import islice

import torch
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from trainer.data import Splits
from trainer.engine import train_one_epoch, training_batches
from trainer.model import CifarNet
from trainer.run import Run

_TRIAL_BATCHES = 4


def show_plan(run: Run, splits: Splits) -> None:
    """Print the whole configuration, data, network and an estimate from a few real steps; writes no file."""
    config, provenance = run.record.config, run.record.provenance
    shape = "x".join(str(side) for side in splits.train.shape[1:])
    macs = multiply_adds(run.training.network, config.image_size)
    rows = asdict(config) | {
        "pictures": f"{splits.name}: {len(splits.train):,} training, {len(splits.validation):,} validation, "
        f"{len(splits.test):,} test pictures of {shape}",
        "classes": ", ".join(splits.classes),
        "network": f"cifarnet, {provenance.parameters:,} parameters, {macs / 1e6:.1f} M multiply-adds a picture",
        "machine": provenance.machine,
        "estimated time": readable_time(_seconds_per_epoch(run) * config.total_epochs),
    }
    table = Table(show_header=False, box=None)
    for name, value in rows.items():
        table.add_row(name.replace("_", " "), escape(str(value)))
    Console().print(table)


def multiply_adds(network: CifarNet, image_size: int) -> int:
    """Multiply-adds of one forward pass of one picture (convolutions and the linear head)."""
    counter = FlopCounterMode(display=False)
    before = network.training
    picture = torch.zeros(1, 3, image_size, image_size, device=network.head.weight.device)
    with counter, torch.no_grad():
        network.eval()(picture)
    network.train(before)
    return counter.get_total_flops() // 2  # a multiply-add counts as two operations there


def _seconds_per_epoch(run: Run) -> float:
    """From a few steps after one that warms up; the network is thrown away afterwards."""
    batches = list(islice(training_batches(run.training, 1), _TRIAL_BATCHES + 1))
    train_one_epoch(run.training, batches[:1], 1, lambda count: None)
    timed = batches[1:] or batches
    started = time.perf_counter()
    train_one_epoch(run.training, timed, 1, lambda count: None)
    seconds = time.perf_counter() - started
    return seconds / sum(batch.pictures for batch in timed) * len(run.training.train.labels)


def readable_time(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{max(minutes, 1)} min"
