"""python -m containers.check: build the images from their Dockerfiles, run them, and say what held.

Where docker or a registry is missing, --engine podman --base debian-root builds the same files, unchanged, on a fresh
Debian root that stands in for the base image.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from containers.base import make_stand_in
from containers.engine import ROOT, Engine, find_engine
from containers.runtime_image import OTHER_BUNDLE, check_bulk, check_runtime, draw_pictures
from containers.train_image import check_train
from runtime_app import __version__
from runtime_app.bundle import read_manifest
from runtime_app.errors import UserError
from runtime_app.terminal import common_options, run

IMAGES = ("runtime", "bulk", "train")


@click.command()
@click.argument("images", nargs=-1, type=click.Choice(IMAGES))
@click.option("--engine", "engine_name", type=click.Choice(("docker", "podman")), default="docker", show_default=True)
@click.option("--base", type=click.Choice(("registry", "debian-root")), default="registry", show_default=True)
@click.option("--debian-root", type=click.Path(path_type=Path, exists=True), help="A packed root made before.")
@click.option("--store", type=click.Path(path_type=Path), help="Where podman keeps its images.  [its own place]")
@click.option("--build-volume", multiple=True, metavar="HOST:INSIDE:ro", help="Mounted while podman builds.")
@common_options
def check(
    images: tuple[str, ...],
    engine_name: str,
    base: str,
    debian_root: Path | None,
    store: Path | None,
    build_volume: tuple[str, ...],
) -> None:
    """Build IMAGES (runtime and train when none is named) and try what their Dockerfiles promise."""
    engine = find_engine(engine_name, store, build_volume)
    if base == "debian-root":
        make_stand_in(engine.command, debian_root)
    for name in images or ("runtime", "train"):
        for sentence in _check_image(engine, name):
            click.echo(f"{name:<8}ok    {sentence}")
    click.echo("all promises held")


def _check_image(engine: Engine, name: str) -> Iterator[str]:
    """Raises UserError (exit status 1) for the first promise that does not hold."""
    tag = f"evidence-{name}:check"
    dockerfile = ROOT / "containers" / ("train.Dockerfile" if name == "train" else "runtime.Dockerfile")
    engine.build(dockerfile, tag, {"VERSION": __version__} | ({"LIBRARIES": "bulk"} if name == "bulk" else {}))
    with tempfile.TemporaryDirectory(prefix="containers-check-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        try:
            if name == "train":
                (folder / "work").mkdir()
                yield from check_train(engine, tag, folder / "work")
            else:
                draw_pictures(folder / "pictures")
                shipped = read_manifest(ROOT / "artifacts" / "bundles" / "cifarnet-cifar10")
                yield from check_runtime(engine, tag, folder / "pictures", shipped, read_manifest(OTHER_BUNDLE))
                if name == "bulk":
                    (folder / "results").mkdir()
                    yield from check_bulk(engine, tag, folder / "pictures", folder / "results")
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise UserError(f"The image {tag} broke a promise: {error}", exit_status=1) from error


if __name__ == "__main__":
    run(check, "python -m containers.check")
