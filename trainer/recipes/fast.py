"""Few epochs, high learning rate: Nesterov SGD on a triangular schedule, after David Page's "How to train your ResNet".

Reached on CIFAR-10, one seed: 90.3% of the test pictures in a single view, 91.4% averaged over flips and shifts, 90.1% of
the validation pictures; 15 epochs, 0.42 PFLOP (103 M multiply-adds a picture, times three for the backward pass), 90
minutes on two CPU cores that had other work at the same time. Training accuracy ended at 95%: the network overfits.

Logits are scaled by 1/8, without which training does not start at this learning rate; there is no dropout.
"""

from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from trainer.augment import Augmentation
from trainer.model import CifarNet
from trainer.recipes import Recipe

_PEAK_LEARNING_RATE = 0.4
_WEIGHT_DECAY = 5e-4


def optimizer(network: CifarNet) -> Optimizer:
    """Norms and biases are not decayed: pulling them to zero costs accuracy and regularises nothing."""
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": _WEIGHT_DECAY},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return SGD(groups, lr=_PEAK_LEARNING_RATE, momentum=0.9, nesterov=True)


def scheduler(optimizer: Optimizer, total_steps: int) -> OneCycleLR:
    return OneCycleLR(
        optimizer,
        max_lr=_PEAK_LEARNING_RATE,
        total_steps=total_steps,
        pct_start=0.2,
        anneal_strategy="linear",
        cycle_momentum=False,
        div_factor=5,
        final_div_factor=100,
    )


RECIPE = Recipe(
    name="fast",
    epochs=15,
    batch_size=512,
    augmentation=Augmentation(shift=3, padding="reflect", flip="alternating"),
    dropout=(0.0, 0.0, 0.0, 0.0),
    logit_scale=0.125,
    dirac=True,
    label_smoothing=0.1,
    clip_norm=None,
    optimizer=optimizer,
    scheduler=scheduler,
    step_scheduler="batch",
)
