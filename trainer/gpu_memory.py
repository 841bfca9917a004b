"""What to try when the GPU's memory is too small."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from runtime_app.errors import UserError

_LEAST = 2


@contextmanager
def enough_gpu_memory(batch_size: int) -> Iterator[None]:
    """Raises UserError, with the batch size to try, when anything in the block runs out of the GPU's memory."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        smaller = f"Try --batch-size {batch_size // 2}, or close" if batch_size // 2 >= _LEAST else "Close"
        raise UserError(
            f"The GPU's memory is too small for batches of {batch_size}.",
            f"{smaller} other programs that use the GPU.",
            exit_status=1,
        ) from error
