"""Which execution provider really runs. onnxruntime lists CUDA even where its libraries are missing, so it is asked twice."""

import ctypes
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from runtime_app.errors import UserError

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
PROVIDER_NAMES = {CUDA: "CUDA", CPU: "CPU"}


@dataclass(frozen=True)
class Obstacle:
    """Why CUDA does not run (part of a sentence), and what to do about it (a sentence). expected: nothing is broken, as on a
    machine without any sign of NVIDIA, which runs on its CPU."""

    reason: str
    advice: str
    expected: bool = False


class CudaDoesNotRun(UserError):
    """CUDA was asked for by name, and there is an obstacle."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(f"CUDA does not run here: {obstacle.reason}.", obstacle.advice)


def refuse_two_runtimes() -> None:
    """Raises UserError when onnxruntime and onnxruntime-gpu are both installed: they overwrite each other's files."""
    installed = []
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if len(installed) == 2:
        raise UserError(
            f"{' and '.join(installed)} are both installed and overwrite each other's files.",
            "Run `pip uninstall -y onnxruntime onnxruntime-gpu`, then install the requirements file again.",
        )


@cache
def cuda_obstacle() -> Obstacle | None:
    """Look for the driver and CUDA's libraries before a session is made, so that nothing fails noisily. None: none found."""
    import onnxruntime

    if CUDA not in onnxruntime.get_available_providers():
        advice = "Install requirements-runtime.txt instead."
        return Obstacle("this build of ONNX Runtime has no CUDA", advice, expected=True)
    driver = "nvcuda.dll" if platform.system() == "Windows" else "libcuda.so.1"
    try:
        ctypes.CDLL(driver)
    except OSError:
        return Obstacle("no NVIDIA driver was found", "Install NVIDIA's driver, or use the CPU.", expected=True)
    onnxruntime.preload_dlls(directory="")
    return _missing_library(Path(onnxruntime.__file__).parent / "capi")


def _missing_library(folder: Path) -> Obstacle | None:
    names = ("onnxruntime_providers_cuda.dll", "libonnxruntime_providers_cuda.so")
    library = folder / names[platform.system() != "Windows"]
    try:
        ctypes.CDLL(str(library))
    except OSError as error:
        missing = str(error).split(":")[0]
        if missing == str(library) or "undefined symbol" in str(error):
            return None  # the library itself is found; only a session can tell the rest
        return Obstacle(f"{missing} is missing", "Install requirements-runtime-cuda.txt, which brings CUDA and cuDNN.")
    return None
