"""A recipe is what turns the network and the data into weights. Each lies in a file of its own, readable on its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from trainer.augment import Augmentation
from trainer.model import DEPTHS, WIDTHS, CifarNet


@dataclass(frozen=True)
class Recipe:
    """epochs, rounds and batch_size are defaults that the command line may change; everything else is the recipe.

    label_smoothing: share of the target spread over all classes; clip_norm: largest gradient norm, None for no limit;
    dropout, widths, depths: of each of the network's blocks the probability, the channels and the convolutions; dirac: start
    convolutions as the identity; whitening: begin with a stem of fixed filters; rounds, share_of_start: where training
    began with a checkpoint of the same classes, how often it begins there, and how much of the checkpoint is in the average
    of weights that is evaluated and saved; optimizer(network, batch_size) and scheduler(optimizer, total_steps) build the
    parts of a round; step_scheduler: after every batch, or after every epoch with the validation loss.
    """

    name: str
    epochs: int
    batch_size: int
    augmentation: Augmentation
    dropout: tuple[float, float, float, float]
    logit_scale: float
    dirac: bool
    whitening: bool
    label_smoothing: float
    clip_norm: float | None
    optimizer: Callable[[CifarNet, int], Optimizer]
    scheduler: Callable[[Optimizer, int], LRScheduler]
    step_scheduler: Literal["batch", "epoch"]
    rounds: int = 1
    share_of_start: float = 0.0
    widths: tuple[int, int, int, int] = WIDTHS
    depths: tuple[int, int, int, int] = DEPTHS


def load_recipe(name: str) -> Recipe:
    """The recipe of that name; raises KeyError for an unknown one."""
    from trainer.recipes import baseline, deep, fast, finetune

    recipes = (baseline.RECIPE, fast.RECIPE, deep.RECIPE, finetune.RECIPE)
    return {recipe.name: recipe for recipe in recipes}[name]
