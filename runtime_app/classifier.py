"""An onnxruntime session on a verified bundle: uint8 pictures in; probabilities, logits and evidence out."""

import os
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime_app import providers
from runtime_app.bundle import Bundle, BundleError
from runtime_app.errors import UserError
from runtime_app.manifest import OUTPUTS, Precision, Variant
from runtime_app.model_file import find_objection
from runtime_app.providers import CPU, CUDA, Device

# The full precision stays unless another is faster by this factor: a choice that changes with the machine's mood would
# give other percentages on another day.
_CLEARLY_FASTER = 1.2
BESIDE = 2
"""Batches at a time: while the threads of one wait for each other, or its results are put together, the other computes.
Measured on 2 cores, int8, batches of 64: one thread for each of two 1,430 pictures a second, two threads for one 1,340."""
# How long the session's threads stay awake for the next layer. Without it a picture takes a tenth longer; with the library's
# own, which is without an end, a window that does nothing keeps all cores busy.
_SPIN_MICROSECONDS = "100"
_ROUNDING = 0.01  # of probabilities in half precision, far beyond
_TRIALS = 16
_TRIAL_SECONDS = 0.02


@dataclass(frozen=True)
class Prediction:
    """Network outputs for n pictures, all float32.

    probabilities: [n, K], rows sum to 1; logits: [n, K], before the temperature; evidence: [n, K, h, w], in logit
    units: the mean over h and w plus the head's bias is the logit.
    """

    probabilities: NDArray[np.float32]
    logits: NDArray[np.float32]
    evidence: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.probabilities)


@dataclass(frozen=True)
class Engine:
    """What really runs: asked of the session after it was made. fallback: why it is not the device that was asked for."""

    provider: str
    precision: Precision
    threads: int
    fallback: providers.Obstacle | None = None

    @property
    def provider_name(self) -> str:
        return providers.PROVIDER_NAMES.get(self.provider, self.provider)


class Classifier:
    """device "cuda" raises CudaDoesNotRun where it does not; "auto" goes to the CPU and says why in `engine.fallback`.

    threads: for one picture on the CPU; 0 means every core.
    """

    def __init__(self, bundle: Bundle, device: Device = "auto", precision: str = "auto", threads: int = 0) -> None:
        providers.refuse_two_runtimes()
        self.bundle = bundle
        self.variant = choose_variant(bundle, precision)
        self._session, self.engine = self._open(self.variant, device, threads)
        self._batch_session: Any = None
        self._check_signature()
        if precision == "auto":
            self._take_faster_variant(device, threads)

    def predict(self, images: NDArray[np.uint8]) -> Prediction:
        """images: uint8 [n, H, W, 3], RGB, any n >= 1. Raises ValueError for another dtype or shape, BundleError when the
        model answers with what are no probabilities, logits and evidence of n pictures."""
        return self._run(self._session, images)

    def predict_beside(self, images: NDArray[np.uint8]) -> Prediction:
        """The same for a batch that runs while another one does: BESIDE of them share the threads."""
        self.open_for_batches()
        return self._run(self._batch_session, images)

    def open_for_batches(self) -> None:
        """What `predict_beside` needs, now and not when the first batch comes: the bundle's file may be gone by then."""
        if self._batch_session is not None:
            return
        if self.engine.provider == CPU and self.engine.threads > 1:
            self._batch_session, _ = self._open(self.variant, "cpu", self.engine.threads // BESIDE)
        else:
            self._batch_session = self._session

    def _run(self, session: Any, images: NDArray[np.uint8]) -> Prediction:
        size = self.bundle.manifest.input
        if images.dtype != np.uint8 or images.shape[1:] != (size.height, size.width, 3):
            raise ValueError(f"expected uint8 [n, {size.height}, {size.width}, 3], got {images.dtype} {images.shape}")
        prediction = Prediction(*session.run(list(OUTPUTS), {"image": np.ascontiguousarray(images)}))
        self._refuse_nonsense(prediction, len(images))
        return prediction

    def _refuse_nonsense(self, prediction: Prediction, n: int) -> None:
        """A model may answer some pictures as it should and others, or several at a time, as it should not."""
        manifest = self.bundle.manifest
        wanted, cells = (n, len(manifest.classes)), prediction.evidence.shape[2:]
        shapes = prediction.probabilities.shape, prediction.logits.shape, prediction.evidence.shape[:2]
        if any(shape != wanted for shape in shapes):
            raise BundleError(self.bundle.path, f"{self.variant.file} does not give one number per class")
        if len(cells) != 2 or not (0 < cells[0] <= manifest.input.height and 0 < cells[1] <= manifest.input.width):
            raise BundleError(
                self.bundle.path, f"{self.variant.file} has evidence of more cells than pixels, or of none"
            )
        sums = prediction.probabilities.sum(axis=1)
        are_shares = (np.abs(sums - 1) < _ROUNDING).all() and (prediction.probabilities > -_ROUNDING).all()
        if not are_shares or not np.isfinite(prediction.logits).all() or not np.isfinite(prediction.evidence).all():
            raise BundleError(
                self.bundle.path, f"{self.variant.file} gives a picture numbers that are no probabilities"
            )

    def _open(self, variant: Variant, device: Device, threads: int) -> tuple[Any, Engine]:
        model = self.bundle.read(variant.file)
        objection = find_objection(model)
        if objection:
            raise BundleError(self.bundle.path, f"{variant.file} {objection}")
        try:
            return _open_session(model, device, variant, threads or os.cpu_count() or 1)
        except _ModelRefused as error:
            raise BundleError(self.bundle.path, f"ONNX Runtime cannot open {variant.file} ({error})") from error

    def _take_faster_variant(self, device: Device, threads: int) -> None:
        """Change to the small variant made for this provider when it is clearly faster here, measured now."""
        wanted = {CPU: "int8", CUDA: "fp16"}[self.engine.provider]
        for variant in self.bundle.manifest.variants:
            if variant.precision != wanted:
                continue
            full, full_variant, full_engine = self._session, self.variant, self.engine
            self.variant = variant
            self._session, self.engine = self._open(variant, device, threads)
            self._check_signature()
            seconds, small_seconds = self._seconds_per_run(full, self._session)
            if small_seconds * _CLEARLY_FASTER > seconds:
                self._session, self.variant, self.engine = full, full_variant, full_engine

    def _seconds_per_run(self, *sessions: Any) -> list[float]:
        """Of each session the shortest of a few runs on one black picture, of more where they are short: what else the
        machine does can only lengthen a run. They take turns, so that it disturbs all of them."""
        size = self.bundle.manifest.input
        picture = np.zeros((1, size.height, size.width, 3), dtype=np.uint8)
        times: list[list[float]] = [[] for _ in sessions]
        while len(times[0]) < _TRIALS or sum(map(sum, times)) < _TRIAL_SECONDS * len(sessions):
            for session, taken in zip(sessions, times, strict=True):
                started = time.perf_counter()
                self._run(session, picture)
                taken.append(time.perf_counter() - started)
        return [min(taken) for taken in times]

    def _check_signature(self) -> None:
        """Refuse a model whose inputs and outputs are not those of the manifest."""
        manifest = self.bundle.manifest
        wanted = ["batch", manifest.input.height, manifest.input.width, 3]
        inputs, outputs = self._session.get_inputs(), {o.name: o for o in self._session.get_outputs()}
        if (
            [i.name for i in inputs] != ["image"]
            or inputs[0].type != "tensor(uint8)"
            or inputs[0].shape[1:] != wanted[1:]
        ):
            raise BundleError(
                self.bundle.path, f"{self.variant.file} does not take uint8 pictures of {wanted[1]}x{wanted[2]}"
            )
        for name in OUTPUTS:
            if name not in outputs:
                raise BundleError(self.bundle.path, f"{self.variant.file} has no output {name}")
            found = outputs[name].shape
            if outputs[name].type != "tensor(float)" or len(found) != (4 if name == "evidence" else 2):
                raise BundleError(self.bundle.path, f"{self.variant.file} has an output {name} of another kind")
            if found[1] != len(manifest.classes):
                raise BundleError(
                    self.bundle.path,
                    f"{self.variant.file} knows {found[1]} classes, its manifest names {len(manifest.classes)}",
                )
        self._try_once(manifest.input.height, manifest.input.width)

    def _try_once(self, height: int, width: int) -> None:
        """One black picture: a model that opens may still fail when it runs, or give other numbers than it declares."""
        try:
            self.predict(np.zeros((1, height, width, 3), dtype=np.uint8))
        except BundleError:
            raise
        except Exception as error:  # onnxruntime's own exception types are private
            raise BundleError(self.bundle.path, f"{self.variant.file} does not run ({_first_line(error)})") from error


def choose_variant(bundle: Bundle, precision: str) -> Variant:
    """The variant of that precision; "auto" starts from fp32. Raises UserError when the bundle has none of that precision."""
    wanted = "fp32" if precision == "auto" else precision
    variants = {variant.precision: variant for variant in bundle.manifest.variants}
    if wanted in variants:
        return variants[wanted]
    if precision == "auto":
        return bundle.manifest.variants[0]
    raise UserError(f"{bundle.path} has no {precision} model.", f"Choose one of: auto, {', '.join(sorted(variants))}.")


def _open_session(model: bytes, device: Device, variant: Variant, threads: int) -> tuple[Any, Engine]:
    engine = Engine(CPU, variant.precision, threads)
    if device == "cpu":
        return _session(model, [CPU], threads), engine
    obstacle = providers.cuda_obstacle()
    if obstacle is None:
        session = _session(model, [CUDA, CPU], threads)
        if session.get_providers()[0] == CUDA:
            return session, replace(engine, provider=CUDA)
        obstacle = providers.Obstacle(
            "the GPU did not accept the model", "Run `python -m runtime_app info` for details, or use the CPU."
        )
    if device == "cuda":
        raise providers.CudaDoesNotRun(obstacle)
    return _session(model, [CPU], threads), replace(engine, fallback=obstacle)


def _session(model: bytes, names: list[str], threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.spin_duration_us", _SPIN_MICROSECONDS)
    options.log_severity_level = 4  # failures come back as exceptions or as another provider, both handled
    try:
        # TensorFloat-32 would round inputs to 10 bits: faster, but not what the gate compared.
        settings = [{"use_tf32": "0"} if name == CUDA else {} for name in names]
        return onnxruntime.InferenceSession(
            model, options, providers=names, provider_options=settings, enable_fallback=0
        )
    except Exception as error:  # onnxruntime's own exception types are private
        raise _ModelRefused(_first_line(error)) from error


class _ModelRefused(Exception):
    """ONNX Runtime did not take the model; the message says why."""


def _first_line(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0]
    return line if len(line) <= 300 else f"{line[:300]}\u2026"
