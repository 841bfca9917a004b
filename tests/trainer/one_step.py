"""One step of training on one global batch, by one process or by those that torchrun started.

torchrun --nproc-per-node=2 -m tests.trainer.one_step OUT.pt
"""

import sys
from pathlib import Path
from typing import Any

import torch

from trainer.augment import Augmentation
from trainer.distributed import Ranks, joined
from trainer.engine import DeviceData, Training, train_one_epoch, training_batches
from trainer.model import CifarNet
from trainer.recipes import Recipe
from trainer.recipes.baseline import optimizer, scheduler

PICTURES = 33  # odd, so that two processes have shares of different size


class StillNet(CifarNet):
    """BatchNorm stays in eval mode: its batch statistics are the one thing that rightly differs between processes."""

    def train(self, mode: bool = True) -> "StillNet":
        return super().train(False)


RECIPE = Recipe(
    name="one step",
    epochs=1,
    batch_size=PICTURES,
    augmentation=Augmentation(shift=0, flip="none"),
    dropout=(0.0, 0.0, 0.0, 0.0),
    logit_scale=1.0,
    dirac=False,
    whitening=False,
    label_smoothing=0.0,
    clip_norm=1.0,
    optimizer=optimizer,
    scheduler=scheduler,
    step_scheduler="epoch",
)


def step(ranks: Ranks) -> dict[str, Any]:
    """Gradients and weights after a step, the loss, and which pictures this process had."""
    torch.manual_seed(0)
    network = StillNet(3, (8, 16, 16, 16), RECIPE.dropout)
    images = torch.randint(0, 256, (PICTURES, 8, 8, 3), dtype=torch.uint8)
    labels = torch.randint(0, 3, (PICTURES,))
    data = DeviceData(images, torch.arange(PICTURES), labels, torch.full((3,), 0.5), torch.full((3,), 0.25))
    trained = RECIPE.optimizer(network, PICTURES)
    generator = torch.Generator().manual_seed(0)
    training = Training(
        network,
        ranks.parallel(network),
        trained,
        RECIPE.scheduler(trained, 1),
        generator,
        data,
        data,
        RECIPE,
        PICTURES,
        0,
        ranks,
    )
    batches = list(training_batches(training, 1))
    loss, accuracy = train_one_epoch(training, batches, 1, lambda count: None)
    return {
        "gradients": {name: p.grad.clone() for name, p in network.named_parameters()},
        "weights": {name: p.detach().clone() for name, p in network.named_parameters()},
        "totals": [loss, accuracy],
        "pictures": [batch.images.clone() for batch in batches],
    }


def main(out: Path) -> None:
    with joined(torch.device("cpu")) as ranks:
        torch.save(step(ranks), out.with_suffix(f".{ranks.rank}.pt"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
