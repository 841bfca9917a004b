"""A reader sees a file's old content or its new one, never half."""

from pathlib import Path

import pytest

from trainer.files import write_atomically, write_bytes_atomically


def test_old_content_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "last.pt"
    write_bytes_atomically(path, b"old")

    def write(temporary: Path) -> None:
        for part in (b"n", b"ew"):
            with open(temporary, "ab") as file:
                file.write(part)
            assert path.read_bytes() == b"old"

    write_atomically(path, write)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_write_that_stops_half_way_leaves_the_old_content_and_nothing_else(tmp_path, failure):
    path = tmp_path / "last.pt"
    write_bytes_atomically(path, b"old")

    def write(temporary: Path) -> None:
        temporary.write_bytes(b"ne")
        raise failure

    with pytest.raises(type(failure)):
        write_atomically(path, write)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_what_was_written(tmp_path):
    write_bytes_atomically(tmp_path / "best.pt", b"weights")
    assert (tmp_path / "best.pt").stat().st_mode & 0o777 == 0o644
