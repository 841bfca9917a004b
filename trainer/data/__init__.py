"""A data set as arrays, its splits, and batches on the device."""

from trainer.data.arrays import Pictures, Splits, channel_statistics, count_copies, split_off_validation
from trainer.data.sources import is_folder, load_splits

__all__ = [
    "Pictures",
    "Splits",
    "channel_statistics",
    "count_copies",
    "is_folder",
    "load_splits",
    "split_off_validation",
]
