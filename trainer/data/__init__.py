"""A data set as arrays, its splits, and batches on the device."""

from trainer.data.arrays import Pictures, Splits, channel_statistics, split_off_validation
from trainer.data.sources import load_splits

__all__ = ["Pictures", "Splits", "channel_statistics", "load_splits", "split_off_validation"]
