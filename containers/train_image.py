"""What train.Dockerfile promises, tried on the built image: on the CPU, with the embedded digits."""

from collections.abc import Iterator
from pathlib import Path

from containers.engine import Engine
from containers.runtime_image import TMP, check_configuration
from runtime_app import __version__

_SHORT = ("-m", "trainer", "--data", "digits", "--recipe", "fast", "--epochs", "1", "--device", "cpu")


def check_train(engine: Engine, tag: str, work: Path) -> Iterator[str]:
    """One sentence for each promise that held; AssertionError for the first that did not. work: an empty folder."""
    work.chmod(0o777)  # the user inside is another one
    mounted = [*TMP, "--shm-size", "1g", "-v", f"{work}:/work"]
    yield from check_configuration(engine, tag)

    for name in ("trainer", "exporter", "runtime_app"):
        done = engine.run(tag, ["-m", name, "--version"], options=TMP, entrypoint="python")
        assert (done.returncode, done.stdout) == (0, f"{__version__}\n"), done
    yield f"trainer, exporter and runtime_app say {__version__}"

    done = engine.run(tag, _SHORT, options=mounted, entrypoint="python")
    runs = list((work / "artifacts" / "runs").glob("*/best.pt"))
    assert done.returncode == 0 and len(runs) == 1, done
    yield "one epoch on the digits, into a run folder"

    done = engine.run(
        tag, ["-m", "exporter", "--run", "latest", "--name", "digits"], options=mounted, entrypoint="python"
    )
    assert done.returncode == 0 and (work / "artifacts" / "bundles" / "digits" / "bundle.json").is_file(), done
    yield "exported through the parity gate"

    done = engine.run(tag, ["--nproc-per-node=2", *_SHORT, "--seed", "1"], options=mounted, entrypoint="torchrun")
    runs = list((work / "artifacts" / "runs").glob("*-s1/best.pt"))
    assert done.returncode == 0 and len(runs) == 1, done
    yield "torchrun: two processes, one run folder"
