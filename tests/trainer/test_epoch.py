"""What one epoch does with the pictures, the network and the gradients."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.trainer.samples import same_run, same_tensors, small, trainer
from trainer.augment import Augmentation, normalise
from trainer.command import configuration
from trainer.config import TrainConfig
from trainer.data import channel_statistics, load_splits
from trainer.engine import (
    DeviceData,
    Training,
    evaluate,
    evaluation_batch,
    steps_per_epoch,
    train_step,
    training_batches,
)
from trainer.recipes import load_recipe
from trainer.run import Run
from trainer.setup import build_network, describe, evenly_spread, make_reproducible, prepare_run


def prepared(pictures: Path, **given: object) -> Run:
    """A run that is ready to train, with nothing on the disk."""
    settings = {"data": str(pictures), "image_size": 8, "batch_size": 32, "device": "cpu", **given}
    config = configuration(settings)
    make_reproducible(config)
    splits = load_splits(config)
    network = build_network(config, load_recipe(config.recipe), splits.classes)
    return prepare_run(Path("unused"), describe(config, splits, network), splits, network)


def varied_by(training: Training, **augmentation: object) -> Training:
    kept = replace(training.recipe.augmentation, **augmentation)
    return replace(training, recipe=replace(training.recipe, augmentation=kept))


def unvaried(training: Training) -> Training:
    return replace(training, recipe=replace(training.recipe, augmentation=Augmentation(shift=0, flip="none")))


def epoch_of(training: Training, epoch: int) -> list[bytes]:
    """The pictures of an epoch as they reach the network, in order."""
    return [image.numpy().tobytes() for batch in training_batches(training, epoch) for image in batch.images]


def stored(training: Training) -> torch.Tensor:
    """All training pictures, normalised and otherwise as they are."""
    data = training.train
    return normalise(data.images(torch.arange(len(data.labels))), data.mean, data.std)


def test_every_epoch_shows_every_training_picture_once_in_an_order_of_its_own(pictures):
    training = unvaried(prepared(pictures).training)
    assert len(training.train.labels) % training.batch_size, "the last batch is to be a smaller one"
    first, second = epoch_of(training, 1), epoch_of(training, 2)
    assert sorted(first) == sorted(second) == sorted(image.numpy().tobytes() for image in stored(training))
    assert first != second
    assert first == epoch_of(unvaried(prepared(pictures).training), 1)
    assert first != epoch_of(unvaried(prepared(pictures, seed=1).training), 1)


def test_every_picture_keeps_its_label_in_every_batch(pictures):
    training = unvaried(prepared(pictures).training)
    known = {
        image.numpy().tobytes(): int(label)
        for image, label in zip(stored(training), training.train.labels, strict=True)
    }
    for batch in training_batches(training, 1):
        for image, label in zip(batch.images, batch.labels, strict=True):
            assert known[image.numpy().tobytes()] == int(label)


def sides(training: Training, epoch: int) -> dict[bytes, bool]:
    """Each picture, known by itself or its mirror image -> whether it was shown mirrored."""
    own = {image.numpy().tobytes() for image in stored(training)}
    found = {}
    for batch in training_batches(varied_by(training, shift=0, cutout=0), epoch):
        for image in batch.images:
            mirrored = image.numpy().tobytes() not in own
            original = image.flip(2) if mirrored else image
            found[original.contiguous().numpy().tobytes()] = mirrored
    return found


def test_no_flip_mirrors_nothing_and_otherwise_half_of_the_pictures_are_mirrored(pictures):
    assert not any(sides(prepared(pictures, flip=False).training, 1).values())
    mirrored = list(sides(prepared(pictures).training, 1).values())
    assert 0.25 < sum(mirrored) / len(mirrored) < 0.75


def test_digits_are_never_mirrored():
    assert configuration({"data": "digits"}).flip is False


def test_alternating_flip_shows_the_other_side_in_the_next_epoch(pictures):
    training = prepared(pictures, recipe="fast").training
    training = varied_by(training, flip="alternating")
    first, second, third = (sides(training, epoch) for epoch in (1, 2, 3))
    assert first.keys() == second.keys() == third.keys()
    assert all(first[picture] != second[picture] for picture in first)
    assert first == third
    assert 0.25 < sum(first.values()) / len(first) < 0.75


def test_training_pictures_are_normalised_by_their_own_statistics(pictures):
    run = prepared(pictures)
    images = torch.cat([batch.images for batch in training_batches(unvaried(run.training), 1)])
    torch.testing.assert_close(images.mean((0, 2, 3)), torch.zeros(3), rtol=0, atol=1e-3)
    torch.testing.assert_close(images.std((0, 2, 3)), torch.ones(3), rtol=0, atol=1e-3)
    assert run.statistics == channel_statistics(load_splits(run.record.config).train)


def test_validation_is_judged_in_eval_mode_and_changes_nothing(pictures):
    training = prepared(pictures).training
    for batch in training_batches(training, 1):
        train_step(training, batch)
    before = {name: value.clone() for name, value in training.network.state_dict().items()}
    training.network.train()
    loss, accuracy = evaluate(training)
    assert same_tensors(before, dict(training.network.state_dict()))
    data, network = training.validation, training.network.eval()
    with torch.no_grad():
        logits = network(normalise(data.images(torch.arange(len(data.labels))), data.mean, data.std))
    assert loss == pytest.approx(nn.functional.cross_entropy(logits, data.labels).item(), rel=1e-4)
    assert accuracy == pytest.approx((logits.argmax(1) == data.labels).float().mean().item())


def gradient_norm(pictures: Path, clip_norm: float | None) -> float:
    training = prepared(pictures).training
    training = replace(training, recipe=replace(training.recipe, clip_norm=clip_norm))
    training.network.train()
    train_step(training, next(training_batches(training, 1)))
    gradients = [p.grad.flatten() for p in training.network.parameters() if p.grad is not None]
    return float(torch.cat(gradients).norm())


def test_gradients_are_clipped_to_the_recipes_norm(pictures):
    free = gradient_norm(pictures, None)
    assert gradient_norm(pictures, free / 10) == pytest.approx(free / 10, rel=1e-3)
    assert gradient_norm(pictures, free * 10) == pytest.approx(free, rel=1e-3)


@pytest.mark.parametrize("data", ["digits", "own folder"])
def test_training_validation_and_test_pictures_are_different_ones(pictures, data):
    splits = load_splits(TrainConfig(data="digits" if data == "digits" else str(pictures), image_size=8))
    parts = [set(map(int, part.rows)) for part in (splits.train, splits.validation, splits.test)]
    assert all(part.store is splits.train.store for part in (splits.validation, splits.test))
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(splits.train.store)


def test_run_stopped_between_the_files_of_its_best_epoch_ends_like_an_uninterrupted_one(
    pictures, finished, tmp_path, monkeypatch
):
    import trainer.run as run

    save, saved = run.save_best, []

    def counting(path, checkpoint):
        saved.append(path)
        if len(saved) == stop_at:
            raise KeyboardInterrupt
        save(path, checkpoint)

    monkeypatch.setattr(run, "save_best", counting)
    stop_at = 0
    assert trainer(*small(pictures, tmp_path / "counted", "--epochs", 3)).status == 0
    stop_at = len(saved)
    saved.clear()
    assert trainer(*small(pictures, tmp_path / "stopped", "--epochs", 3)).status == 130
    (folder,) = (tmp_path / "stopped").iterdir()
    assert trainer("--resume", folder).status == 0
    assert same_run(folder, finished.folder)


def test_a_last_batch_of_one_picture_waits_for_the_next_epoch(pictures):
    """Normalisation over a single 1x1 feature map has no variance; torch refuses it."""
    training = prepared(pictures).training
    count = len(training.train.labels)
    size = next(size for size in range(2, count) if count % size == 1)
    batches = list(training_batches(replace(training, batch_size=size), 1))
    assert [len(batch.labels) for batch in batches] == [size] * (count // size)


@pytest.mark.parametrize("size", [7, 32, 71, 72, 73, 500])
def test_the_schedule_is_planned_for_the_steps_that_are_taken(pictures, size):
    training = prepared(pictures).training
    taken = len(list(training_batches(replace(training, batch_size=size), 1)))
    assert steps_per_epoch(len(training.train.labels), size) == taken


def test_filters_are_whitened_with_pictures_of_every_class():
    """Pictures in folders come class by class."""
    labels = torch.arange(4).repeat_interleave(3000)
    store = torch.zeros(1, 8, 8, 3, dtype=torch.uint8).expand(len(labels), -1, -1, -1)
    data = DeviceData(store, torch.arange(len(labels)), labels, torch.zeros(3), torch.ones(3))
    assert torch.bincount(labels[evenly_spread(data)]).tolist() == [3000] * 4, "all, where there are few"
    many = replace(data, store=store[:, :1, :1].expand(-1, 64, 64, -1))
    assert torch.bincount(labels[evenly_spread(many)]).tolist() == [313, 312, 312, 313]


@pytest.mark.parametrize(("side", "together"), [(8, 8000), (32, 500), (224, 10), (1024, 1)])
def test_large_pictures_are_evaluated_fewer_at_a_time(side, together):
    assert evaluation_batch(torch.empty(1, side, side, 3, device="meta")) == together


def test_averaged_views_are_the_picture_both_shifts_and_all_their_mirror_images():
    from trainer.engine import predict_averaged

    images = torch.randint(0, 256, (2, 6, 8, 3), dtype=torch.uint8)  # "logits" are the pixels themselves
    padded = nn.functional.pad(images.permute(0, 3, 1, 2) / 255, (1, 1, 1, 1), mode="reflect")
    views = padded[..., 1:-1, 1:-1] / 2 + padded[..., 2:, 2:] / 4 + padded[..., :-2, :-2] / 4
    for flip, expected in ((False, views), (True, (views + views.flip(3)) / 2)):
        found = predict_averaged(nn.Flatten(), images, torch.zeros(3), torch.ones(3), flip=flip)
        torch.testing.assert_close(found, expected.flatten(1))


def test_the_last_step_of_a_planned_run_still_learns_and_then_nothing_is_left(pictures):
    training, rates = prepared(pictures, recipe="fast", epochs=2).training, []
    assert len(training.train.labels) % training.batch_size, "the last batch is a smaller one"
    for epoch in (1, 2):
        for batch in training_batches(training, epoch):
            rates.append(training.optimizer.param_groups[0]["lr"])
            train_step(training, batch)
    assert min(rates) > 0 and training.optimizer.param_groups[0]["lr"] == 0
