import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime_app import imaging
from runtime_app.errors import UserError
from runtime_app.imaging import open_picture, prepare
from tests.trainer.samples import make_pictures
from trainer.config import TrainConfig
from trainer.data import cache, count_copies, folder, load_splits
from trainer.data.folder import load_folder


@pytest.fixture
def own_pictures(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_pictures(tmp_path / "colours", per_class=5)


@pytest.fixture
def decodings(monkeypatch) -> list[Path]:
    """Every file that is decoded from now on."""
    seen: list[Path] = []

    def watched(path):
        seen.append(path)
        return open_picture(path)

    monkeypatch.setattr(folder, "open_picture", watched)
    return seen


def entries() -> list[Path]:
    return [path.parent for path in cache.cache_folder().glob("*/*/description.json")]


def load(root: Path):
    return load_folder(root, 8, skip_unreadable=True)


def test_pictures_are_decoded_as_the_app_decodes_them(own_pictures):
    found = load(own_pictures)
    assert found.classes == ("blue", "green", "red")
    assert np.bincount(found.train.labels).tolist() == [5, 5, 5]
    paths = sorted(own_pictures.rglob("*.png"))
    for image, path in zip(found.train.images, paths, strict=True):
        np.testing.assert_array_equal(image, prepare(open_picture(path), (8, 8)).image)


def test_decoded_pictures_are_mapped_from_a_file_not_held_in_memory(own_pictures):
    assert isinstance(load(own_pictures).train.store, np.memmap)


def test_second_start_decodes_nothing(own_pictures, decodings):
    first = load(own_pictures)
    assert len(decodings) == 15
    again = load(own_pictures)
    assert len(decodings) == 15
    np.testing.assert_array_equal(first.train.images, again.train.images)


def test_changed_added_and_removed_pictures_rebuild_the_cache(own_pictures, decodings):
    load(own_pictures)
    Image.new("RGB", (10, 10), "white").save(own_pictures / "red" / "000.png")
    changed = load(own_pictures)
    assert (changed.train.images[10] == 255).all()
    (own_pictures / "red" / "001.png").unlink()
    assert len(load(own_pictures).train) == 14
    shutil.copy(own_pictures / "red" / "000.png", own_pictures / "red" / "new.png")
    assert len(load(own_pictures).train) == 15
    assert len(decodings) == 15 + 15 + 14 + 15
    assert len(entries()) == 1, "earlier states are removed"


def test_a_change_that_keeps_size_and_time_is_seen_too(own_pictures):
    path = own_pictures / "red" / "000.png"
    first = load(own_pictures)
    before = path.stat()
    content = bytearray(path.read_bytes())
    Image.fromarray(np.zeros((10, 10, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes().ljust(len(content), b"\0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert not np.array_equal(load(own_pictures).train.images, first.train.images)


def test_pictures_are_decoded_again_when_any_part_of_the_code_that_decodes_them_changed(
    own_pictures, decodings, tmp_path, monkeypatch
):
    load(own_pictures)
    code = Path(shutil.copytree(Path(imaging.__file__).parent, tmp_path / "imaging"))
    monkeypatch.setattr(imaging, "__file__", str(code / "__init__.py"))
    load(own_pictures)
    assert len(decodings) == 15
    with open(code / "rgb.py", "a") as file:
        file.write("# another rounding\n")
    load(own_pictures)
    assert len(decodings) == 2 * 15


def test_another_image_size_has_its_own_entry(own_pictures):
    load(own_pictures)
    assert load_folder(own_pictures, 12, skip_unreadable=False).train.shape == (15, 12, 12, 3)
    assert len(entries()) == 2


def test_decoding_that_stops_half_way_leaves_no_entry(own_pictures, monkeypatch):
    def stop(path):
        if path.name == "003.png":
            raise KeyboardInterrupt
        return open_picture(path)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "open_picture", stop)
        with pytest.raises(KeyboardInterrupt):
            load(own_pictures)
    assert entries() == []
    assert not list(cache.cache_folder().glob("*/.unfinished-*"))
    assert len(load(own_pictures).train) == 15


def test_place_that_cannot_be_written_is_named_with_what_to_do(own_pictures, monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="cannot be kept in") as refused:
        load_splits(TrainConfig(data=str(own_pictures)))
    assert "XDG_CACHE_HOME" in refused.value.advice and refused.value.exit_status == 1


def test_truncated_cache_file_is_made_again(own_pictures, decodings):
    expected = load(own_pictures).train.images.copy()
    (entry,) = entries()
    with open(entry / "images.u8", "r+b") as file:
        file.truncate(100)
    np.testing.assert_array_equal(load(own_pictures).train.images, expected)
    assert len(decodings) == 30


def test_unreadable_pictures_are_remembered_with_the_cache(own_pictures, decodings):
    (own_pictures / "red" / "zzz.png").write_bytes(b"no picture")
    for _ in range(2):
        with pytest.raises(Exception, match=r"zzz\.png is not a picture"):
            load_folder(own_pictures, 8, skip_unreadable=False)
    assert len(decodings) == 16
    assert len(load(own_pictures).train) == 15


def test_training_does_not_change_the_cache(own_pictures):
    load(own_pictures).train.store[:] = 0  # private to the process
    assert load(own_pictures).train.images.any()


def test_own_train_and_test_folders_are_kept_apart(own_pictures, tmp_path):
    root = tmp_path / "divided"
    shutil.copytree(own_pictures, root / "train")
    shutil.copytree(own_pictures, root / "test")
    (root / "test" / "red" / "004.png").unlink()
    found = load(root)
    assert len(found.train) == 15
    assert found.test is not None
    assert len(found.test) == 14


def test_what_a_killed_process_left_is_removed_after_a_day(own_pictures):
    load(own_pictures)
    (place,) = cache.cache_folder().iterdir()
    young, old = place / ".unfinished-young", place / ".unfinished-old"
    for unfinished in (young, old):
        unfinished.mkdir()
        (unfinished / "images.u8").write_bytes(bytes(100))
    os.utime(old, (0, 0))
    load(make_pictures(own_pictures.parent / "others", per_class=5))
    assert young.exists() and not old.exists()


def test_copies_of_a_picture_come_into_one_part(own_pictures):
    pictures = make_pictures(own_pictures.parent / "copied", per_class=12)
    for root in (own_pictures, pictures):
        for path in sorted(root.rglob("*.png")):
            for number in range(3):
                shutil.copy(path, path.with_name(f"{path.stem} copy {number}.png"))
    with pytest.raises(UserError, match=r"too few to hold out.*count once"):
        load_splits(TrainConfig(data=str(own_pictures), image_size=8))
    splits = load_splits(TrainConfig(data=str(pictures), image_size=8))
    parts = (splits.train, splits.validation, splits.test)
    assert len(splits.train) % 4 == 0, "all copies of what is learned from"
    assert [len(np.unique(part.images.reshape(len(part), -1), axis=0)) for part in parts[1:]] == list(
        map(len, parts[1:])
    )
    assert count_copies(splits.test, splits.train, splits.validation) == 0
    assert count_copies(splits.validation, splits.train) == 0
    assert all(len(np.unique(part.labels)) == 3 for part in (splits.train, splits.test))


def test_what_was_decoded_of_a_folder_that_is_gone_goes_when_room_is_needed(own_pictures):
    load(own_pictures)
    load_folder(own_pictures, 12, skip_unreadable=False)
    others = make_pictures(own_pictures.parent / "others", per_class=5)
    load(others)
    assert len(entries()) == 3
    shutil.rmtree(own_pictures)
    load_folder(others, 12, skip_unreadable=False)
    assert len(entries()) == 2


def test_names_that_are_no_utf_8_are_decoded_like_all_others(own_pictures):
    (own_pictures / "red" / "000.png").rename(os.fsdecode(os.fsencode(own_pictures / "red") + b"/caf\xe9.png"))
    assert len(load(own_pictures).train) == 15
