"""Several processes that train one network (torchrun): who takes which pictures, who writes, how sums are made."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from trainer.model import CifarNet

# What the others wait for while the first downloads and decodes; torch's own limit is 10 minutes for nccl. A process that
# fails is noticed by torchrun, not by this.
_LONGEST_PREPARATION = timedelta(hours=12)


@dataclass(frozen=True)
class Ranks:
    """rank: this process's number; count: how many there are. The first one writes files and talks to people."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    @property
    def share(self) -> slice:
        """This process's part of a list that all processes hold: disjoint, and together everything."""
        return slice(self.rank, None, self.count)

    def total(self, values: Tensor) -> Tensor:
        """Element by element, the sum over all processes."""
        if self.count > 1:
            values = values.clone()
            dist.all_reduce(values)
        return values

    def gather(self, item: Any) -> list[Any]:
        """One item of each process, in the order of ranks."""
        items: list[Any] = [None] * self.count
        if self.count > 1:
            dist.all_gather_object(items, item)
            return items
        return [item]

    def wait(self) -> None:
        """Go on when every process has come here."""
        if self.count > 1:
            dist.barrier()

    def parallel(self, network: CifarNet) -> nn.Module:
        """The network itself, or wrapped so that backward averages the gradients over all processes."""
        return DistributedDataParallel(network) if self.count > 1 else network

    def copy_statistics(self, network: CifarNet) -> None:
        """Give every process the first one's BatchNorm statistics, as each has seen other pictures."""
        if self.count > 1:
            for buffer in network.buffers():
                dist.broadcast(buffer, src=0)


ALONE = Ranks()


def planned_count() -> int:
    """How many processes torchrun has started for this run; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined(device: torch.device) -> Iterator[Ranks]:
    """Meet the other processes that torchrun has started: nccl between GPUs (one each), gloo between CPUs."""
    count = planned_count()
    if count == 1:
        yield ALONE
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_LONGEST_PREPARATION)
    yield Ranks(dist.get_rank(), count)
    # Only after success: a process that fails must leave at once, so that torchrun stops the others.
    dist.destroy_process_group()


@contextmanager
def first_process_first(ranks: Ranks) -> Iterator[None]:
    """The first process runs the block before the others do: it downloads and decodes, they find it done."""
    if not ranks.first:
        ranks.wait()
    yield
    if ranks.first:
        ranks.wait()
