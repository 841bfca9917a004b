"""Few epochs, high learning rate: Nesterov SGD on a triangular schedule, after David Page's "How to train your ResNet".

The network has no time to overfit in a dozen epochs, so there is no dropout; label smoothing and the decay do what
regularisation is needed. Logits are scaled by 1/8, without which training does not start at this learning rate.
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
