"""What runtime.Dockerfile promises, tried on the built image."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from containers.engine import ROOT, Engine
from runtime_app import __version__
from runtime_app.manifest import Manifest

TMP = ("--tmpfs", "/tmp")
OTHER_BUNDLE = ROOT / "tests" / "runtime_app" / "bundles" / "tiny"
_CLASSES, _EACH, _SEED = ("cat", "dog"), 3, 0


def draw_pictures(folder: Path) -> None:
    """Seeded noise, 64x48 pixels, in one subfolder per class; anyone may read them."""
    noise = np.random.default_rng(_SEED)
    for name in _CLASSES:
        (folder / name).mkdir(parents=True)
        for number in range(_EACH):
            pixels = noise.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


def check_runtime(engine: Engine, tag: str, folder: Path, shipped: Manifest, other: Manifest) -> Iterator[str]:
    """One sentence for each promise that held; AssertionError, with what was seen, for the first that did not."""
    pictures = ("-v", f"{folder}:/pictures:ro")
    yield from check_configuration(engine, tag)

    done = engine.run(tag, ["--version"], options=TMP)
    assert (done.returncode, done.stdout) == (0, f"{__version__}\n"), done
    yield f"--version says {__version__}"

    done = engine.run(tag, ["selftest"])  # without /tmp: nothing at all may be written
    assert done.returncode == 0 and shipped.digest in done.stdout, done
    yield "selftest of the shipped bundle passes, with no place to write at all"

    done = engine.run(tag, ["selftest"], options=[*TMP, "-v", f"{OTHER_BUNDLE}:/bundle:ro"])
    assert done.returncode == 0 and other.digest in done.stdout, done
    yield "a bundle mounted over /bundle is the one that is used"

    done = engine.run(tag, ["classify", "/pictures", "--format", "jsonl"], options=[*TMP, *pictures])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(rows) == len(_CLASSES) * _EACH, done
    assert all(row["error"] is None and row["label"] in shipped.classes for row in rows), rows
    yield f"classify: {len(rows)} pictures, one line each"

    evaluate = ["evaluate", "/pictures", "--format", "jsonl", "--confusion", "/tmp/confusion.png"]
    done = engine.run(tag, evaluate, options=[*TMP, *pictures])
    assert done.returncode == 0 and done.stdout, done
    yield "evaluate: a folder with one subfolder per class"

    code = "import importlib.util as u, sys; sys.exit(any(u.find_spec(n) for n in ('dearpygui', 'torch', 'pip')))"
    done = engine.run(tag, ["-c", code], options=TMP, entrypoint="python")
    assert done.returncode == 0, done
    yield "neither the window's library nor torch nor pip is inside"


def check_bulk(engine: Engine, tag: str, folder: Path, place: Path) -> Iterator[str]:
    """What the image with Ray promises besides. place: an empty folder for results."""
    place.chmod(0o777)  # the user inside is another one
    mounted = [*TMP, "--shm-size", "2g", "-v", f"{folder}:/pictures:ro", "-v", f"{place}:/out"]
    done = engine.run(tag, ["bulk", "/pictures", "/out/job"], options=mounted)
    count = len(_CLASSES) * _EACH
    assert (done.returncode, done.stdout) == (0, f"{count} pictures, 0 of them not readable: /out/job\n"), done
    assert [path.name for path in (place / "job").glob("*.parquet")] == ["part-000000.parquet"], done
    yield f"bulk: {count} pictures on Ray, into Parquet"


def check_configuration(engine: Engine, tag: str) -> Iterator[str]:
    """Not root, nothing writable but what is mounted, labelled, and its own health check passes."""
    image = engine.configuration(tag)
    labels = image["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "MIT", labels
    assert labels["org.opencontainers.image.version"] == __version__, labels
    yield "the labels say licence and version"

    done = engine.run(tag, ["-c", "import os; print(os.getuid())"], options=TMP, entrypoint="python")
    assert done.returncode == 0 and int(done.stdout) == int(image["User"].split(":")[0]) > 0, done
    yield f"it runs as user {done.stdout.strip()}"

    code = "import pathlib; pathlib.Path('/tmp/x').touch(); pathlib.Path('/opt/evidence/x').touch()"
    done = engine.run(tag, ["-c", code], options=[*TMP, "--user", "0:0"], entrypoint="python")
    assert done.returncode == 1 and "Read-only file system: '/opt/evidence/x'" in done.stderr, done
    yield "the root file system is read-only even for root; /tmp is not"

    kind, program, *arguments = image["Healthcheck"]["Test"]
    done = engine.run(tag, arguments, options=TMP, entrypoint=program)
    assert kind == "CMD" and done.returncode == 0 and "selftest passed" in done.stdout, done
    yield "its health check passes"
