"""A bundle before it may be one: a manifest and model bytes that the app's own code runs in a process without torch."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray

import exporter
from exporter.consumer import Answer, Job
from exporter.publish import entries
from exporter.reference import Outputs
from exporter.workspace import temporary_folder
from runtime_app.classifier import OUTPUTS
from runtime_app.manifest import Manifest
from trainer.files import write_bytes_atomically


@dataclass(frozen=True)
class Draft:
    """models: file name -> bytes, as the manifest's variants list them."""

    manifest: Manifest
    models: dict[str, bytes]

    def classes_in_model(self) -> tuple[str, ...]:
        """The class names that the first model carries for people who open it in a viewer; empty when it has none."""
        model = onnx.load_model_from_string(self.models[self.manifest.variants[0].file])
        found = next((entry.value for entry in model.metadata_props if entry.key == "classes"), "[]")
        return tuple(json.loads(found))


def draft_of(manifest: Manifest, models: dict[str, bytes]) -> Draft:
    """manifest: of any state; its list of files becomes that of the models."""
    return Draft(msgspec.structs.replace(manifest, files=entries(models)), models)


def ask_app(draft: Draft, images: NDArray[np.uint8], jobs: Sequence[Job]) -> tuple[list[Answer], dict[str, Outputs]]:
    """Run the jobs in a child of this interpreter in which torch cannot be imported. Returns its answers and, for the
    jobs that worked, their outputs by name. images: uint8 [n, H, W, 3]. Raises OSError when there is no room for them."""
    with temporary_folder("gate") as folder:
        for file, content in draft.models.items():
            (folder / file).write_bytes(content)
        (folder / "manifest.json").write_bytes(msgspec.json.encode(draft.manifest))
        (folder / "jobs.json").write_bytes(msgspec.json.encode(list(jobs)))
        pixels = io.BytesIO()
        np.save(pixels, images)
        # Not by np.save alone, which does not say that a disk is full.
        write_bytes_atomically(folder / "images.npy", pixels.getvalue())
        _run_consumer(folder)
        answers = msgspec.json.decode((folder / "answers.json").read_bytes(), type=list[Answer])
        return answers, {a.name: _load(folder / f"{a.name}.npz") for a in answers if a.error is None}


def _run_consumer(folder: Path) -> None:
    """Raises RuntimeError when the child dies without answering, which is a fault of the gate and not of the model, and
    OSError when the machine failed it."""
    root = Path(exporter.__file__).parents[1]
    inherited = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(root), inherited]))}
    # -P: what lies in the current folder, perhaps another version of the app, is not what this exporter belongs to.
    command = [sys.executable, "-P", "-m", "exporter.consumer", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0 and done.stdout.strip().isdigit():
        number = int(done.stdout)
        raise OSError(number, os.strerror(number))
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"the gate's child process ended with status {done.returncode}: {last}")


def _load(path: Path) -> Outputs:
    with np.load(path, allow_pickle=False) as arrays:
        return Outputs(*(arrays[name] for name in OUTPUTS))
