import os
import tempfile
from pathlib import Path

# Before torch starts its threads: tests share the machine, and small networks gain nothing from more.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch

from tests.trainer.samples import Answer, make_pictures, small, trainer

torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def own_cache_and_log():
    """Nothing that a test decodes or logs reaches the user's own folders."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            os.environ[name] = folder
        yield


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    return make_pictures(tmp_path_factory.mktemp("data") / "colours")


@pytest.fixture(scope="session")
def finished(pictures, tmp_path_factory) -> Answer:
    """A baseline run of three epochs that nothing disturbed."""
    answer = trainer(*small(pictures, tmp_path_factory.mktemp("runs"), "--epochs", 3))
    assert answer.status == 0, answer.err
    return answer
