"""Places and pictures that several tests share."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from runtime_app.manifest import digest_of
from runtime_app.presenter.presenter import Presenter

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TINY = HERE / "bundles" / "tiny"
"""Ten digits, 32x32, a narrow CifarNet; made by `.venv-train/bin/python -m tests.make_tiny_bundle`."""

Run = Callable[..., subprocess.CompletedProcess[str]]


def lines(text: str) -> list[dict]:
    """What JSON Lines say."""
    return [json.loads(line) for line in text.splitlines()]


def rename_bundle(folder: Path, name: str, started: str | None = None) -> None:
    """Make another valid bundle of it: other name, other digest. started: when its run began, as in the manifest."""
    manifest = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    manifest["name"] = name
    if started is not None:
        manifest["provenance"]["run_started"] = started
    manifest["digest"] = digest_of(json.dumps(manifest).encode())
    (folder / "bundle.json").write_text(json.dumps(manifest), encoding="utf-8")


def draw_digit(name: str, side: int) -> Image.Image:
    """White strokes on black, as in the training data; side: height and width in pixels."""
    grid = np.zeros((8, 8), dtype=np.uint8)
    if name == "zero":
        grid[1:7, 2], grid[1:7, 5], grid[0, 3:5], grid[7, 3:5] = 255, 255, 255, 255
    elif name == "one":
        grid[0:8, 3:5] = 255
        grid[2, 2] = 255
    else:
        grid[0, 2:7] = 255
        for row, column in enumerate((6, 5, 5, 4, 4, 3, 3), start=1):
            grid[row, column] = 255
    return Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC).convert("RGB")


def until(presenter: Presenter, reached: Callable[[], object], seconds: float = 20) -> None:
    """Take what the workers report until it holds."""
    end = time.monotonic() + seconds
    while True:
        presenter.poll()
        if reached():
            return
        assert time.monotonic() < end, "not reached in time"
        time.sleep(0.005)


def many_pictures(folder: Path, count: int) -> Path:
    """PNG files of noise, 32x32."""
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    for index, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{index:05}.png", compress_level=0)
    return folder


def bars(state: dict) -> list[str]:
    """The class bars that the window shows."""
    return [name for name in state["hits"] if name.startswith("bar.")]
