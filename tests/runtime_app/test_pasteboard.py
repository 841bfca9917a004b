"""Pictures that were pasted stay for a month, not for ever."""

import os
import time
from pathlib import Path

from runtime_app.pasteboard import remove_old


def test_only_old_pasted_pictures_are_removed(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in ("pasted-1.png", "pasted-2.png", "mine.png"))
    for path in (old, young, other):
        path.write_bytes(b"")
    for path in (old, other):
        os.utime(path, (0, time.time() - 40 * 24 * 3600))
    remove_old(tmp_path)
    assert sorted(tmp_path.iterdir()) == [other, young]
