"""The window measured as a person meets it, under a virtual screen with software GL; prints a table and writes JSON.

.venv-runtime/bin/python benchmarks/app.py --bundle BUNDLE [--json OUT.json]
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.runtime_app.window_driver import Window, window  # noqa: E402

_MANY = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, default=ROOT / "artifacts" / "bundles" / "cifarnet-cifar10")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options.bundle.resolve(), Path(folder))
    width = max(map(len, figures))
    for name, (value, unit, target) in figures.items():
        print(f"{name:<{width}}  {value:>9.1f} {unit:<11} target {target}")
    if options.json:
        options.json.write_text(json.dumps({name: value for name, (value, _, _) in figures.items()}, indent=2) + "\n")


def measure(bundle: Path, folder: Path) -> dict[str, tuple[float, str, str]]:
    """name -> (value, unit, target)"""
    large = _photograph(folder / "large.jpg")
    many = _noise(folder / "many", _MANY)
    figures: dict[str, tuple[float, str, str]] = {}
    start = time.monotonic()
    with window(folder / "home", ["--bundle", bundle]) as shown:
        shown.state()
        figures["process start to first frame"] = (time.monotonic() - start, "s", "<= 1.0")
        shown.wait(lambda state: not state["waiting"]["look"])
        figures["process start to ready"] = (time.monotonic() - start, "s", "<= 1.8")
        time.sleep(3)
        figures["idle, one core"] = (100 * _cpu_share(shown, 5), "%", "<= 15")
    with window(folder / "home2", ["--bundle", bundle, large]) as shown:
        state = shown.wait(lambda state: any("decode" in text for text in state["texts"]))
        times = next(text for text in state["texts"] if text.startswith("decode"))
        spent = sum(float(word) for word in times.split() if word.replace(".", "").isdigit())
        figures["12 megapixels, decode + prepare + run"] = (spent, "ms", "<= 250")
    with window(folder / "home3", ["--bundle", bundle, many]) as shown:
        shown.wait(lambda state: state["classified"] > 0, 120)
        began, before = time.monotonic(), shown.state()["classified"]
        shown.wait(lambda state: state["classified"] == _MANY, 300)
        figures["2,000 pictures of 32x32"] = ((_MANY - before) / (time.monotonic() - began), "pictures/s", "-")
        figures["memory after them"] = (_memory(shown), "MB", "<= 450")
    return figures


def _cpu_share(shown: Window, seconds: float) -> float:
    def spent() -> float:
        fields = Path(f"/proc/{shown.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = spent()
    time.sleep(seconds)
    return (spent() - before) / seconds


def _memory(shown: Window) -> float:
    lines = Path(f"/proc/{shown.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _photograph(path: Path) -> Path:
    """12 megapixels with the detail of a photograph: smooth noise at several sizes."""
    random = np.random.default_rng(0)
    total = np.zeros((3024, 4032, 3), dtype=np.float32)
    for cells in (8, 32, 128, 512):
        noise = random.integers(0, 256, (cells * 3 // 4, cells, 3), dtype=np.uint8)
        total += np.asarray(Image.fromarray(noise).resize((4032, 3024), Image.Resampling.BICUBIC), dtype=np.float32) / 4
    Image.fromarray(total.astype(np.uint8)).save(path, quality=88)
    return path


def _noise(folder: Path, count: int) -> Path:
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)
    for index, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{index:05}.png")
    return folder


if __name__ == "__main__":
    main()
