"""One step, one epoch, evaluation. Nothing here waits for the device inside an epoch."""

import copy
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor, nn

from runtime_app.errors import UserError
from trainer.augment import apply_variation, cut_out, draw_corners, draw_variation, normalise
from trainer.averaging import Averaging, weights_of
from trainer.distributed import ALONE, Ranks
from trainer.metrics import EpochMetrics
from trainer.model import CifarNet
from trainer.recipes import Recipe

_EVALUATION_PIXELS = 500 * 32 * 32
OUTLIERS_PER_PICTURES = 4
"""One outlier for so many pictures of the classes."""
OUTLIER_WEIGHT = 1.0
"""Of the outliers' loss against that of the classes (0.5 in arXiv 1812.04606, where there are twice as many outliers as
pictures of the classes)."""
Predict = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]
"""(network, uint8 images [N, H, W, 3], mean, std) -> logits float32 [N, K]"""


@dataclass(frozen=True)
class DeviceData:
    """store: uint8 [M, H, W, 3]; positions: int64 [N], which of them these pictures are; labels: int64 [N];
    mean, std: float32 [3], units of full scale. All on the device, but for a store that is too large for it."""

    store: Tensor
    positions: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor

    def images(self, chosen: Tensor) -> Tensor:
        """uint8 [n, H, W, 3] on the device; chosen: int64 [n], places in `positions`."""
        rows = self.positions[chosen]
        return self.store.index_select(0, rows.to(self.store.device)).to(rows.device, non_blocking=True)


@dataclass(frozen=True)
class Training:
    """Everything that an epoch changes or reads.

    model: the network, or what averages its gradients over processes; generator: draws order and augmentation, in every
    process the same, on the data's device; batch_size: pictures per step over all processes; precision: what convolutions
    and products are computed in (weights, statistics and the loss stay float32; bfloat16 needs no loss scaling);
    outliers: uint8 [M, H, W, 3] on the device, pictures of none of the classes; averaging: what is averaged with the
    network's weights; fresh: what optimizer and scheduler were before the first step, for rounds after the first.
    """

    network: CifarNet
    model: nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: torch.optim.lr_scheduler.LRScheduler
    generator: Generator
    train: DeviceData
    validation: DeviceData
    recipe: Recipe
    batch_size: int
    seed: int
    ranks: Ranks = ALONE
    precision: torch.dtype = torch.float32
    outliers: Tensor | None = None
    averaging: Averaging = field(default_factory=Averaging)
    fresh: tuple[dict[str, Any], dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        states = copy.deepcopy((self.optimizer.state_dict(), self.scheduler.state_dict()))
        object.__setattr__(self, "fresh", states)

    @property
    def averaged(self) -> CifarNet:
        """What is evaluated and saved."""
        return self.averaging.of(self.network)

    def begin_round(self) -> None:
        """Keep where the network is, and put it, the optimizer and the scheduler back to where training began."""
        self.averaging.ended.append(weights_of(self.network))
        self.network.load_state_dict(self.averaging.start)
        optimizer, scheduler = copy.deepcopy(self.fresh)
        self.scheduler.load_state_dict(scheduler)
        self.optimizer.load_state_dict(optimizer)


@dataclass(frozen=True)
class Batch:
    """A process's part of a step. images: float32 [B + O, 3, H, W], the outliers last; labels: int64 [B]; pictures: B over
    all processes."""

    images: Tensor
    labels: Tensor
    pictures: int


def steps_per_epoch(pictures: int, batch_size: int, processes: int = 1) -> int:
    """The last batch may be smaller, but is left out where it has less than two pictures for each process: of one, a
    normalisation over 1x1 features has no variance."""
    whole, rest = divmod(pictures, batch_size)
    return max(1, whole + (rest >= 2 * processes))


def training_batches(training: Training, epoch: int) -> Iterator[Batch]:
    """The training pictures in a new random order, augmented; all on the device. epoch is 1-based.

    Each comes once, but for those that `steps_per_epoch` leaves to the next epoch. `epoch` and the seed decide the sides of
    the alternating flip alone; everything else is drawn from the generator, for the whole batch in every process, so that
    the pictures do not depend on how many processes share them.
    """
    data, ranks = training.train, training.ranks
    count, device = len(data.labels), data.labels.device
    first_side = torch.randint(0, 2, (count,), generator=Generator().manual_seed(training.seed)).to(device)
    mirrored = ((first_side + epoch) % 2).bool()
    order = torch.randperm(count, generator=training.generator, device=device)
    steps = steps_per_epoch(count, training.batch_size, ranks.count)
    for chosen in order.split(training.batch_size)[:steps]:
        mine = chosen[ranks.share]
        images = _augmented(training, data.images(mine), len(chosen), mirrored[chosen])
        if training.outliers is not None:
            images = torch.cat(
                [images, _some_outliers(training, training.outliers, len(chosen) // OUTLIERS_PER_PICTURES)]
            )
        yield Batch(images, data.labels[mine], len(chosen))


def _some_outliers(training: Training, outliers: Tensor, count: int) -> Tensor:
    """float32 [this process's share of `count`, 3, H, W]: drawn anew for every step and augmented like all others, so that
    no trace of the augmentation tells them apart."""
    generator, device = training.generator, outliers.device
    chosen = torch.randint(0, len(outliers), (count,), generator=generator, device=device)
    flipped = torch.randint(0, 2, (count,), generator=generator, device=device).bool()
    return _augmented(training, outliers[chosen[training.ranks.share]], count, flipped)


def _augmented(training: Training, mine: Tensor, count: int, mirrored: Tensor) -> Tensor:
    """float32, normalised. mine: uint8, this process's share of `count` pictures; what is done to each is drawn for all."""
    augmentation, ranks = training.recipe.augmentation, training.ranks
    height, width = mine.shape[1:3]
    variation = draw_variation(count, augmentation, training.generator, mirrored)
    varied = apply_variation(mine, variation.take(ranks.share), augmentation.padding)
    images = normalise(varied, training.train.mean, training.train.std)
    cutout = min(augmentation.cutout, height // 2, width // 2)  # never most of a small picture
    if not cutout:
        return images
    corners = draw_corners(count, cutout, height, width, training.generator)
    return cut_out(images, corners[ranks.share], cutout)


def train_step(training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
    """Forward, backward, clip, step. Returns (summed loss, number of hits) of this process's pictures."""
    recipe, ranks = training.recipe, training.ranks
    mixed = training.precision != torch.float32
    with torch.autocast(batch.images.device.type, training.precision, enabled=mixed):
        logits = training.model(batch.images)
    logits, outside = logits.float().split([len(batch.labels), len(batch.images) - len(batch.labels)])
    loss = nn.functional.cross_entropy(logits, batch.labels, label_smoothing=recipe.label_smoothing)
    training.optimizer.zero_grad(set_to_none=True)
    # Gradients are averaged over processes; where their shares differ by a picture, the larger one must weigh more.
    weight = len(batch.labels) * ranks.count / batch.pictures
    objective = loss + OUTLIER_WEIGHT * distance_from_ignorance(outside) if len(outside) else loss
    (objective * weight if ranks.count > 1 else objective).backward()
    if recipe.clip_norm is not None:
        nn.utils.clip_grad_norm_([p for p in training.network.parameters() if p.requires_grad], recipe.clip_norm)
    training.optimizer.step()
    if recipe.step_scheduler == "batch":
        training.scheduler.step()
    return loss.detach().double() * len(batch.labels), (logits.detach().argmax(1) == batch.labels).sum()


def distance_from_ignorance(logits: Tensor) -> Tensor:
    """Mean cross-entropy between "every class alike" and what the network says of outliers (Hendrycks et al.,
    arXiv 1812.04606, section 4). logits: float32 [O, K]."""
    return -nn.functional.log_softmax(logits, 1).mean()


def train_one_epoch(
    training: Training, batches: Iterable[Batch], epoch: int, on_batch: Callable[[int], None]
) -> tuple[float, float]:
    """Returns (mean loss over pictures, accuracy on the augmented pictures), over all processes.

    Losses and hits stay on the device and are read once, when the epoch ends. Raises UserError, with the number of
    epoch and batch, when a loss is not finite.
    """
    training.model.train()
    if not any(p.requires_grad for p in training.network.blocks.parameters()):
        training.network.blocks.eval()  # frozen features keep their normalisation statistics too
    sums, pictures = [], 0
    for batch in batches:
        sums.append(torch.stack(train_step(training, batch)))
        pictures += batch.pictures
        on_batch(batch.pictures)
    totals = training.ranks.total(torch.stack(sums)).cpu()
    _refuse_nonfinite(totals[:, 0], epoch)
    loss, hits = (totals.sum(0) / pictures).tolist()
    return loss, hits


def _refuse_nonfinite(losses: Tensor, epoch: int) -> None:
    wrong = (~losses.isfinite()).nonzero()
    if len(wrong):
        batch = int(wrong[0]) + 1
        raise _not_finite(f"The loss became {losses[batch - 1].item()} in epoch {epoch}, batch {batch}.")


def _not_finite(title: str) -> UserError:
    return UserError(
        title, "Lower the learning rate or raise the batch size; the last good checkpoint is kept.", exit_status=1
    )


def run_epoch(training: Training, epoch: int, on_batch: Callable[[int], None]) -> EpochMetrics:
    """Train on all training pictures, evaluate on the validation split, let the scheduler decide; epoch is 1-based."""
    learning_rate = training.optimizer.param_groups[0]["lr"]
    started = time.perf_counter()
    train_loss, train_accuracy = train_one_epoch(training, training_batches(training, epoch), epoch, on_batch)
    seconds = time.perf_counter() - started
    loss, accuracy = evaluate(training)
    if loss != loss or loss == float("inf"):
        raise _not_finite(f"The validation loss became {loss} after epoch {epoch}.")
    if training.recipe.step_scheduler == "epoch":
        training.scheduler.step(loss)  # type: ignore[arg-type]  # ReduceLROnPlateau takes the loss
    speed = len(training.train.labels) / seconds
    return EpochMetrics(epoch, train_loss, train_accuracy, loss, accuracy, learning_rate, seconds, speed)


def evaluate(training: Training) -> tuple[float, float]:
    """(mean cross-entropy in nats, accuracy) on the validation split, every process on its share."""
    ranks, data = training.ranks, training.validation
    ranks.copy_statistics(training.network)
    mine = torch.arange(len(data.labels), device=data.labels.device)[ranks.share]
    totals = torch.zeros(2, dtype=torch.float64, device=data.labels.device)
    if len(mine):  # fewer pictures than processes leave some without any
        logits, labels = predict_data(training.averaged, data, mine).double(), data.labels[mine]
        loss = nn.functional.cross_entropy(logits, labels, reduction="sum")
        totals = torch.stack([loss, (logits.argmax(1) == labels).sum()])
    mean_loss, accuracy = (ranks.total(totals) / len(data.labels)).tolist()
    return mean_loss, accuracy


def evaluation_batch(images: Tensor) -> int:
    """How many of these pictures, uint8 [N, H, W, 3], are looked at together: as many as fill the memory of 500 of 32x32."""
    return max(1, _EVALUATION_PIXELS // (images.shape[1] * images.shape[2]))


def predict_data(network: nn.Module, data: DeviceData, chosen: Tensor, how: Predict | None = None) -> Tensor:
    """Logits float32 [n, K] of the chosen pictures, fetched batch by batch; how: `predict`, or what averages views."""
    how = how or predict
    parts = [
        how(network, data.images(part), data.mean, data.std) for part in chosen.split(evaluation_batch(data.store))
    ]
    return torch.cat(parts)


@torch.no_grad()
def predict(network: nn.Module, images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] on the network's device -> logits float32 [N, K] there, in eval mode, full precision."""
    network.eval()
    chunks = [network(normalise(chunk, mean, std)).float() for chunk in images.split(evaluation_batch(images))]
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
