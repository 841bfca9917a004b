import re

import numpy as np
import pytest

from runtime_app.errors import UserError
from trainer.config import TrainConfig
from trainer.data import Pictures, channel_statistics, load_splits, split_off_validation
from trainer.data.arrays import check_labels, digest, refuse_too_few, split_stratified


def numbered(count: int = 200, classes: int = 4) -> Pictures:
    """Every picture carries its own number."""
    images = np.zeros((count, 2, 2, 3), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    return Pictures(images, np.arange(count) % classes)


def numbers(pictures: Pictures) -> list[int]:
    return pictures.images[:, 0, 0, 0].tolist()


def test_validation_is_a_tenth_with_the_classes_in_proportion():
    train, validation = split_off_validation(numbered(), seed=0)
    assert np.bincount(validation.labels).tolist() == [5, 5, 5, 5]
    assert np.bincount(train.labels).tolist() == [45, 45, 45, 45]


def test_no_picture_is_lost_or_in_both_parts_and_each_keeps_its_label():
    train, validation = split_off_validation(numbered(), seed=3)
    assert sorted(numbers(train) + numbers(validation)) == list(range(200))
    for part in (train, validation):
        assert (np.array(numbers(part)) % 4 == part.labels).all()


def test_same_seed_gives_the_same_split_and_another_seed_another():
    first, again, other = (numbers(split_off_validation(numbered(), seed)[1]) for seed in (0, 0, 1))
    assert first == again != other


def test_splitting_copies_no_picture():
    whole = numbered()
    for part in split_off_validation(whole, seed=0):
        assert part.store is whole.store


def test_a_class_too_small_to_split_is_said_plainly():
    pictures = Pictures(np.zeros((11, 2, 2, 3), dtype=np.uint8), np.array([0] * 10 + [1]))
    with pytest.raises(UserError, match="Too few pictures show one class"):
        split_off_validation(pictures, seed=0)


def test_channel_statistics_equal_numpy_over_the_chosen_pictures():
    random = np.random.default_rng(0)
    store = random.integers(0, 256, (1500, 4, 4, 3), dtype=np.uint8)
    chosen = Pictures(store, np.zeros(1500, dtype=np.int64)).take(np.arange(0, 1500, 2))
    mean, std = channel_statistics(chosen)
    np.testing.assert_allclose(mean, (store[::2] / 255).mean((0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(std, (store[::2] / 255).std((0, 1, 2)), atol=1e-6)


def test_digest_sees_one_changed_pixel_and_one_changed_label():
    pictures = numbered()
    original = digest(pictures)
    other_pixel = Pictures(pictures.store.copy(), pictures.labels)
    other_pixel.store[7, 1, 1, 2] += 1
    other_label = Pictures(pictures.store, pictures.labels.copy())
    other_label.labels[7] += 1
    assert len({original, digest(other_pixel), digest(other_label)}) == 3
    assert digest(pictures.take(np.arange(200))) == original


@pytest.mark.parametrize("label", [-1, 4])
def test_label_out_of_range_names_the_picture(label):
    pictures = numbered()
    pictures.labels[13] = label
    with pytest.raises(UserError, match=f"Picture 13 has label {label}, but the 4 classes are 0 to 3"):
        check_labels(pictures, 4)


def test_digits_are_the_real_ones_and_their_test_part_does_not_depend_on_the_seed():
    first, other = (load_splits(TrainConfig(data="digits", seed=seed)) for seed in (0, 1))
    assert len(first.train) + len(first.validation) + len(first.test) == 1797
    assert first.train.shape[1:] == (32, 32, 3)
    assert (first.test.images == other.test.images).all()
    assert first.sha256 == other.sha256
    assert not np.array_equal(first.validation.rows, other.validation.rows)


def test_too_few_pictures_are_refused_with_how_many_are_needed() -> None:
    with pytest.raises(UserError, match=r"^10 pictures of 2 classes .* at least 11 are needed here\."):
        split_off_validation(numbered(10, 2), seed=0)
    split_off_validation(numbered(11, 2), seed=0)
    with pytest.raises(UserError, match="at least 291 are needed"):
        split_off_validation(numbered(250, 30), seed=0)


def test_a_class_of_one_picture_is_refused_by_its_name() -> None:
    pictures = numbered(200, 2)
    labels = np.where(np.arange(200) == 7, 2, pictures.labels)
    with pytest.raises(UserError, match=r"^Too few pictures show class okapi: ") as caught:
        split_off_validation(Pictures(pictures.images, labels), seed=0, names=("cat", "dog", "okapi"))
    assert "add pictures of it" in caught.value.advice.lower()


@pytest.mark.parametrize("classes", [2, 4, 10, 37])
def test_the_number_that_is_asked_for_is_enough_for_test_and_validation_and_one_less_is_not(classes) -> None:
    few = numbered(classes, classes)
    with pytest.raises(UserError, match=r"at least (\d+) are needed") as caught:
        refuse_too_few(few, 0.2, 0.1)
    least = int(re.search(r"at least (\d+)", caught.value.title)[1])
    for count in (least, least + 1):
        rest, _ = split_stratified(numbered(count, classes), 0.2, 0)
        split_stratified(rest, 0.1, 0)
    with pytest.raises(UserError):
        rest, _ = split_stratified(numbered(least - 1, classes), 0.2, 0)
        split_stratified(rest, 0.1, 0)


def test_test_part_of_a_folder_does_not_depend_on_the_seed(pictures):
    first, other = (load_splits(TrainConfig(data=str(pictures), image_size=8, seed=seed)) for seed in (0, 1))
    assert np.array_equal(first.test.rows, other.test.rows) and first.sha256 == other.sha256
    assert not np.array_equal(first.validation.rows, other.validation.rows)


def test_a_class_of_copies_of_a_held_out_picture_is_refused_by_its_name() -> None:
    whole = numbered(40, 2)
    _, part = split_off_validation(whole, seed=0)
    copies = whole.images[[part.rows[0]] * 5]
    pictures = Pictures(np.concatenate([whole.images, copies]), np.concatenate([whole.labels, np.full(5, 2)]))
    with pytest.raises(UserError, match="No picture of class okapi is left to learn from"):
        split_off_validation(pictures, seed=0, names=("cat", "dog", "okapi"), copies_together=True)
