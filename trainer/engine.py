"""One epoch, evaluation, and the loop over epochs. Nothing here waits for the device inside an epoch."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from runtime_app.errors import UserError
from trainer.augment import augment, normalise
from trainer.metrics import EpochMetrics, loss_and_accuracy
from trainer.model import CifarNet
from trainer.recipes import Recipe

EVALUATION_BATCH = 500


@dataclass(frozen=True)
class DeviceData:
    """images: uint8 [N, H, W, 3]; labels: int64 [N], both on the device; mean, std: float32 [3], units of full scale."""

    images: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor


def precision_for(device: torch.device) -> contextlib.AbstractContextManager:
    """bfloat16 where a GPU has it (no loss scaling needed); float32 on CPUs, where the half formats are slower."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.autocast("cuda", torch.bfloat16)
    return contextlib.nullcontext()


def training_batches(
    data: DeviceData, recipe: Recipe, batch_size: int, epoch: int, seed: int, generator: Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield (float32 [B, 3, H, W], int64 [B]) in a new random order, augmented; all on the device.

    The last batch may be smaller. `epoch` and `seed` decide the sides of the alternating flip alone; everything else
    is drawn from `generator`.
    """
    count, device = len(data.labels), data.labels.device
    first_side = torch.randint(0, 2, (count,), generator=Generator().manual_seed(seed)).to(device)
    mirrored = ((first_side + epoch) % 2).bool()
    order = torch.randperm(count, generator=generator, device=device)
    for chosen in order.split(batch_size):
        varied = augment(data.images[chosen], recipe.augmentation, generator, mirrored[chosen])
        yield normalise(varied, data.mean, data.std), data.labels[chosen]


def train_one_epoch(
    network: CifarNet,
    batches: Iterator[tuple[Tensor, Tensor]],
    recipe: Recipe,
    optimizer: torch.optim.Optimizer,
    step_scheduler: Callable[[], None],
    on_batch: Callable[[int], None],
) -> tuple[float, float]:
    """Returns (mean loss over pictures, accuracy on the augmented pictures). Raises UserError when a loss is not finite.

    Losses and hits stay on the device and are read once, when the epoch ends.
    """
    network.train()
    if not any(p.requires_grad for p in network.blocks.parameters()):
        network.blocks.eval()  # frozen features keep their normalisation statistics too
    losses, hits, counts = [], [], []
    parameters = [p for p in network.parameters() if p.requires_grad]
    for images, labels in batches:
        with precision_for(images.device):
            logits = network(images)
            loss = nn.functional.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(parameters, recipe.clip_norm)
        optimizer.step()
        step_scheduler()
        losses.append(loss.detach())
        hits.append((logits.detach().argmax(1) == labels).sum())
        counts.append(len(labels))
        on_batch(len(labels))
    all_losses = torch.stack(losses).double().cpu()
    _refuse_nonfinite(all_losses)
    sizes = torch.tensor(counts, dtype=torch.float64)
    total = sizes.sum()
    return (all_losses @ sizes / total).item(), (torch.stack(hits).sum().item() / total).item()


def _refuse_nonfinite(losses: Tensor) -> None:
    wrong = (~losses.isfinite()).nonzero()
    if len(wrong):
        batch = int(wrong[0]) + 1
        raise UserError(
            f"The loss became {losses[batch - 1].item()} in batch {batch} of this epoch.",
            "Lower the learning rate or raise the batch size; the last good checkpoint is kept.",
            exit_status=1,
        )


@torch.no_grad()
def predict(network: nn.Module, images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] on the network's device -> logits float32 [N, K] there, in eval mode, full precision."""
    network.eval()
    chunks = [network(normalise(chunk, mean, std)).float() for chunk in images.split(EVALUATION_BATCH)]
    return torch.cat(chunks)


@torch.no_grad()
def predict_averaged(network: nn.Module, images: Tensor, mean: Tensor, std: Tensor, *, flip: bool) -> Tensor:
    """Like predict, with the logits averaged over the picture as it is and shifted by one pixel up-left and down-right,
    and, with `flip`, over all three mirrored (airbench, arXiv 2404.00498, section 3.5; the unshifted views have half
    the weight)."""

    def every_side(pictures: Tensor) -> Tensor:
        logits = predict(network, pictures, mean, std)
        return (logits + predict(network, pictures.flip(2), mean, std)) / 2 if flip else logits

    padded = nn.functional.pad(images.permute(0, 3, 1, 2).float(), (1, 1, 1, 1), mode="reflect")
    padded = padded.to(torch.uint8).permute(0, 2, 3, 1)
    height, width = images.shape[1:3]
    up_left, down_right = padded[:, 2 : 2 + height, 2 : 2 + width], padded[:, :height, :width]
    return every_side(images) / 2 + every_side(up_left) / 4 + every_side(down_right) / 4


@dataclass(frozen=True)
class Training:
    """Everything that an epoch changes or reads. `generator` draws order and augmentation, on the data's device."""

    network: CifarNet
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    generator: Generator
    train: DeviceData
    validation: DeviceData
    recipe: Recipe
    batch_size: int
    seed: int


def run_epoch(training: Training, epoch: int, on_batch: Callable[[int], None]) -> EpochMetrics:
    """Train on all training pictures, evaluate on the validation split, let the scheduler decide; epoch is 1-based."""
    recipe, scheduler = training.recipe, training.scheduler
    learning_rate = training.optimizer.param_groups[0]["lr"]
    started = time.perf_counter()
    batches = training_batches(
        training.train, recipe, training.batch_size, epoch, training.seed, training.generator
    )
    train_loss, train_accuracy = train_one_epoch(
        training.network,
        batches,
        recipe,
        training.optimizer,
        scheduler.step if recipe.step_scheduler == "batch" else lambda: None,
        on_batch,
    )
    seconds = time.perf_counter() - started
    validation = training.validation
    logits = predict(training.network, validation.images, validation.mean, validation.std)
    loss, accuracy = loss_and_accuracy(logits, validation.labels)
    if recipe.step_scheduler == "epoch":
        scheduler.step(loss)
    speed = len(training.train.labels) / seconds
    return EpochMetrics(epoch, train_loss, train_accuracy, loss, accuracy, learning_rate, seconds, speed)
