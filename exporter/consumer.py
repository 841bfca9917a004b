"""The gate's child process: the app's own classifier on the saved bytes, where torch cannot be imported.

python -m exporter.consumer FOLDER reads FOLDER/jobs.json, manifest.json and images.npy and writes one .npz for each job
and answers.json. It sees what a user's machine would see: a manifest, a model file and pictures. Where the machine fails it,
as a full disk does, it says the error's number on stdout and ends with status 1.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCKED = ("torch", "torchvision", "onnx", "onnxscript", "trainer")


class _Blocker:
    """An import hook that refuses what a user's machine does not have."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.split(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked here: the app must run without it")


@dataclass(frozen=True)
class Job:
    """Run the pictures at `positions` (all when None) in batches of `batch`; outputs go to `name`.npz."""

    name: str
    precision: str
    device: str
    batch: int
    positions: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Answer:
    """error: why the app refused or failed, None when outputs were written; provider: what really ran."""

    name: str
    provider: str | None = None
    error: str | None = None


def main(folder: Path) -> None:
    import msgspec
    import numpy as np

    from runtime_app.bundle import Bundle
    from runtime_app.manifest import Manifest

    # The draft has no bundle.json on purpose: were this process killed, no app would take the folder for a bundle.
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    bundle = Bundle(folder, manifest)
    images = np.load(folder / "images.npy", allow_pickle=False, mmap_mode="r")
    jobs = msgspec.json.decode((folder / "jobs.json").read_bytes(), type=list[Job])
    answers = [_answer(job, bundle, images, folder) for job in jobs]
    (folder / "answers.json").write_bytes(msgspec.json.encode(answers))


def _answer(job: Job, bundle: Any, images: Any, folder: Path) -> Answer:
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    from runtime_app.classifier import BESIDE, OUTPUTS, Classifier
    from runtime_app.errors import UserError

    try:
        classifier = Classifier(bundle, device=job.device, precision=job.precision)  # type: ignore[arg-type]
        classifier.open_for_batches()
        chosen = images if job.positions is None else images[list(job.positions)]
        parts = [chosen[start : start + job.batch] for start in range(0, len(chosen), job.batch)]
        at_once = 1 if job.batch == 1 else BESIDE  # as the app runs them: one picture alone, batches side by side
        with ThreadPoolExecutor(at_once) as pool:
            runs = list(pool.map(classifier.predict if job.batch == 1 else classifier.predict_beside, parts))
    except UserError as error:
        return Answer(job.name, error=error.title)
    except Exception as error:  # whatever the app would die of is an answer for the gate
        return Answer(job.name, error=f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
    outputs: dict[str, Any] = {name: np.concatenate([getattr(run, name) for run in runs]) for name in OUTPUTS}
    np.savez(folder / f"{job.name}.npz", **outputs)
    return Answer(job.name, provider=classifier.engine.provider)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Blocker())
    try:
        main(Path(sys.argv[1]))
    except OSError as error:
        print(error.errno)
        raise
