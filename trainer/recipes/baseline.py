"""The plain protocol: AdamW, learning rate halved when the validation loss stalls, gradients clipped, 128 epochs.

Where it is silent, PyTorch's defaults stand. Weight decay acts on every parameter, as AdamW's users expect.
"""

from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from trainer.augment import Augmentation
from trainer.model import CifarNet
from trainer.recipes import Recipe


def optimizer(network: CifarNet, batch_size: int) -> Optimizer:
    return AdamW([p for p in network.parameters() if p.requires_grad], lr=0.001, weight_decay=1e-4)


def scheduler(optimizer: Optimizer, total_steps: int) -> ReduceLROnPlateau:
    return ReduceLROnPlateau(optimizer, factor=0.5, patience=3)


RECIPE = Recipe(
    name="baseline",
    epochs=128,
    batch_size=128,
    augmentation=Augmentation(shift=4, padding="zero", flip="random"),
    dropout=(0.2, 0.3, 0.4, 0.5),
    logit_scale=1.0,
    dirac=False,
    whitening=False,
    label_smoothing=0.0,
    clip_norm=1.0,
    optimizer=optimizer,
    scheduler=scheduler,
    step_scheduler="epoch",
)
