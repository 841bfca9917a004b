"""Smaller variants of a model that has held the gate: int8 for CPUs, fp16 for CUDA.

int8 is static quantisation with QDQ nodes, weights per channel; normalisation, the evidence head and softmax stay in
fp32, where they cost nothing and keep maps and percentages exact.
"""

import errno
import io
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import onnx
import onnx_ir
from numpy.typing import NDArray

from exporter.graph import serialise
from exporter.workspace import temporary_folder
from trainer.data import Pictures

CALIBRATION_PICTURES = 512
_BATCH = 64
# Ranges leave out the rarest activations. Validation accuracy of a CifarNet of 90.14%: 89.82% with the extremes inside,
# 90.02% at 99.99, 90.04% at 99.999.
_PERCENTILE = 99.999
# Files of the model's size that are there at once during quantisation, beside those that a failure leaves.
_ROOM = 3
_QUANTISED = ["Conv", "MaxPool", "Add", "LeakyRelu"]


class _Batches:
    """Feeds calibration pictures in batches, in the way that onnxruntime's quantiser asks for them."""

    def __init__(self, images: NDArray[np.uint8]) -> None:
        self._images = images
        self.rewind()

    def rewind(self) -> None:
        starts = range(0, len(self._images), _BATCH)
        self._waiting: Iterator[NDArray[np.uint8]] = (self._images[start : start + _BATCH] for start in starts)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        batch = next(self._waiting, None)
        return None if batch is None else {"image": batch}


def calibration_pictures(train: Pictures) -> NDArray[np.uint8]:
    """uint8 [512 at most, H, W, 3]: evenly spread over the training split; one batch, or full ones, because onnxruntime's
    histograms take no batch of another length."""
    count = min(CALIBRATION_PICTURES, len(train))
    count -= count % _BATCH if count > _BATCH else 0
    chosen = np.linspace(0, len(train) - 1, count).round().astype(np.int64)
    return train.take(chosen).images


def to_int8(model: bytes, images: NDArray[np.uint8]) -> bytes:
    """model: fp32 ONNX; images: uint8 [n, H, W, 3] of the training split, from which ranges of activations are taken.

    Weights use 7 of 8 bits (reduce_range): CPUs without VNNI would otherwise overflow in their 16-bit sums. Raises OSError
    when the disk is full, and nearly anything for a model that cannot be converted.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    CalibrationDataReader.register(_Batches)
    about = _metadata(model)
    with temporary_folder("int8") as folder, _full_disk_named(folder, _ROOM * len(model)), _without_advice():
        source, prepared, target = (folder / file for file in ("fp32.onnx", "prepared.onnx", "int8.onnx"))
        source.write_bytes(model)
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            _Batches(images),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_QUANTISED,
            nodes_to_exclude=_float_nodes(onnx.load(prepared)),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": _PERCENTILE},
        )
        return serialise(onnx.load(target), about)


def with_other_steps(model: bytes, share: float) -> bytes:
    """An int8 model whose activations are quantised in steps longer by this share."""
    changed = onnx.load_model_from_string(model)
    steps = {node.input[1] for node in changed.graph.node if node.op_type == "QuantizeLinear"}
    for entry in changed.graph.initializer:
        if entry.name in steps:
            step = onnx.numpy_helper.to_array(entry)
            entry.CopyFrom(onnx.numpy_helper.from_array((step * (1 + share)).astype(step.dtype), entry.name))
    return changed.SerializeToString()


def to_fp16(model: bytes) -> bytes:
    """Weights and activations in half precision; logits, probabilities and evidence come out in fp32."""
    from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

    blocked = [*DEFAULT_OP_BLOCK_LIST, "ReduceMean", "Softmax"]
    content = convert_float_to_float16(onnx.load_model_from_string(model), keep_io_types=True, op_block_list=blocked)
    # The converter appends casts at the end; a valid graph has every node after those that it reads from.
    sorted_model = onnx_ir.from_proto(content)
    sorted_model.graph.sort()
    return serialise(onnx_ir.to_proto(sorted_model), _metadata(model))


def _float_nodes(model: onnx.ModelProto) -> list[str]:
    """Everything after the last block: the head's convolution, the mean, the bias and the softmax."""
    names = [node.name for node in model.graph.node]
    head = next(i for i, node in enumerate(model.graph.node) if "evidence" in node.output)
    return names[head:]


def _metadata(model: bytes) -> dict[str, object]:
    return {entry.key: json.loads(entry.value) for entry in onnx.load_model_from_string(model).metadata_props}


@contextmanager
def _full_disk_named(folder: Path, room: int) -> Iterator[None]:
    """Raises OSError instead of whatever the block raises where less than `room` bytes are left: onnxruntime writes without
    looking, and then finds its own files damaged."""
    try:
        yield
    except Exception as error:
        if shutil.disk_usage(folder).free < room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise


@contextmanager
def _without_advice() -> Iterator[None]:
    """onnxruntime's quantiser logs advice about its own options, which nobody here can follow, and the tracebacks of what it
    raises later, and prints its progress to stdout, where only results belong."""
    logging.disable(logging.ERROR)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)
