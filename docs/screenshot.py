"""Take the README's screenshots again: every view of the window, on a virtual screen (Debian: xvfb, xdotool, Mesa).

    .venv-runtime/bin/python docs/screenshot.py [--bundle BUNDLE] [PICTURE_OR_FOLDER ...]

Without pictures it shows those of tests/pictures (free licences, named there) and a few drawn on the spot.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.runtime_app.window_driver import Window, window  # noqa: E402

Step = Callable[[Window], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--bundle", type=Path, default=ROOT / "artifacts" / "bundles" / "cifarnet-cifar10")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        pictures = [path.resolve() for path in options.pictures] or [make_pictures(home / "pictures")]
        arguments = ["--bundle", options.bundle.resolve(), *pictures]
        shots: dict[str, tuple[str, tuple[int, int], Step]] = {
            "window": ("dark", (1280, 800), lambda shown: None),
            "window-light": ("light", (960, 600), lambda shown: None),
            "heatmap": ("dark", (1280, 800), lambda shown: shown.key("ctrl+2")),
            "gallery": ("light", (1280, 800), lambda shown: shown.key("ctrl+3")),
            "square": ("dark", (1280, 800), _draw_square),
            "compare": ("light", (1280, 800), _compare),
            "accuracy": ("dark", (1280, 800), lambda shown: shown.key("ctrl+5")),
        }
        known = make_labelled(home / "labelled", pictures[0]) if not options.pictures else pictures[0]
        for name, (theme, size, step) in shots.items():
            if name == "accuracy":
                arguments = ["--bundle", options.bundle.resolve(), known]
            take(options.out / f"{name}.png", home / name, arguments, theme, size, step)


def take(path: Path, home: Path, arguments: list, theme: str, size: tuple[int, int], step: Step) -> None:
    """Open the window, wait until everything is classified, do `step`, save the screen."""
    settings = home / ".config" / "evidence" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"theme": theme, "width": size[0], "height": size[1], "device": "cpu"}))
    with window(home, arguments, size) as shown:
        shown.wait(lambda state: state["pictures"] and state["classified"] == state["pictures"], 120)
        shown.xdotool("mousemove", size[0] - 2, size[1] // 2)
        step(shown)
        shown.wait(lambda state: not any(state["waiting"].values()))
        shown.settle()
        shown.grab().save(path, optimize=True)
    print(path)


def _draw_square(shown: Window) -> None:
    shown.key("g")
    shown.drag(shown.point("picture", 0.3, 0.12), shown.point("picture", 0.62, 0.55))


def _compare(shown: Window) -> None:
    """With the bundle's own other variant, where it has one."""
    shown.key("ctrl+4")
    shown.wait(lambda state: "compare.0" in state["hits"])
    shown.click("compare.0")
    shown.wait(lambda state: not any(state["waiting"].values()))
    shown.key("Home")


def make_labelled(folder: Path, pictures: Path) -> Path:
    """The same pictures, turned and softened, in one subfolder per class."""
    names = {"cat": ("cat", "close-up", "mirrored", "out-of-focus"), "ship": ("drawn-ship",), "truck": ("drawn-truck",)}
    for label, sources in names.items():
        (folder / label).mkdir(parents=True)
        for source in sources:
            image = Image.open(next(pictures.glob(f"{source}.*"))).convert("RGB")
            image.save(folder / label / f"{source}.png")
            for angle in (90, 180):
                image.rotate(angle, expand=True).save(folder / label / f"{source}-turned-{angle}.png")
            image.filter(ImageFilter.GaussianBlur(9)).save(folder / label / f"{source}-soft.png")
    return folder


def make_pictures(folder: Path) -> Path:
    """The cat, parts of it, and drawings that are none of the classes."""
    folder.mkdir(parents=True)
    cat = Image.open(ROOT / "tests" / "pictures" / "cat.jpg").convert("RGB")
    cat.save(folder / "cat.jpg", quality=92)
    cat.crop((110, 40, 330, 260)).save(folder / "close-up.jpg", quality=92)
    cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "mirrored.jpg", quality=92)
    cat.filter(ImageFilter.GaussianBlur(6)).save(folder / "out-of-focus.jpg", quality=92)
    for name, draw in (("drawn-ship", _ship), ("drawn-circles", _circles), ("drawn-truck", _truck)):
        image = Image.new("RGB", (480, 360))
        draw(ImageDraw.Draw(image))
        image.filter(ImageFilter.GaussianBlur(1)).save(folder / f"{name}.png")
    for name in ("coffee", "rocket"):
        shutil.copyfile(ROOT / "tests" / "pictures" / f"{name}.jpg", folder / f"{name}.jpg")
    noise = np.random.default_rng(0).integers(0, 256, (240, 240, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    return folder


def _ship(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 480, 220), fill=(168, 204, 235))
    draw.rectangle((0, 220, 480, 360), fill=(38, 84, 132))
    draw.polygon(((70, 200), (420, 200), (380, 262), (120, 262)), fill=(150, 40, 36))
    for x in range(130, 330, 44):
        draw.rectangle((x, 160, x + 38, 200), fill=(210, 150 + x % 60, 70))
    draw.rectangle((340, 120, 390, 200), fill=(238, 238, 240))


def _circles(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 480, 360), fill=(236, 226, 208))
    for ring in range(9):
        side = 340 - 36 * ring
        colour = ((70 + 20 * ring) % 255, 96, (220 - 18 * ring) % 255)
        draw.ellipse((240 - side / 2, 180 - side / 2, 240 + side / 2, 180 + side / 2), fill=colour)


def _truck(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((0, 0, 480, 240), fill=(196, 214, 226))
    draw.rectangle((0, 240, 480, 360), fill=(110, 112, 116))
    draw.rectangle((60, 90, 310, 250), fill=(226, 180, 60))
    draw.polygon(((314, 130), (390, 130), (424, 186), (424, 250), (314, 250)), fill=(46, 110, 160))
    draw.polygon(((330, 142), (384, 142), (406, 184), (330, 184)), fill=(206, 232, 244))
    for x in (120, 250, 370):
        draw.ellipse((x - 30, 226, x + 30, 286), fill=(30, 30, 32))
        draw.ellipse((x - 13, 243, x + 13, 269), fill=(170, 170, 174))


if __name__ == "__main__":
    main()
