"""The parts of a job through a pool of Ray Data's actors, each with a session of its own."""

from collections.abc import Iterator
from dataclasses import dataclass

import ray
import ray.data
from ray.exceptions import RayError

from runtime_app.bulk.cluster import Cluster
from runtime_app.bulk.part import Summary
from runtime_app.bulk.worker import PartScorer, Task, decode_failure
from runtime_app.errors import UserError
from runtime_app.providers import Device
from runtime_app.terminal import log

# Ray Data keeps a little for each block of its input; with more parts than this, a block has several.
_MAX_BLOCKS = 2000


@dataclass(frozen=True)
class Pool:
    """workers: processes; threads: of each session on the CPU; gpus: of each worker, a fraction where they share."""

    workers: int
    threads: int
    gpus: float


def choose_pool(cluster: Cluster, workers: int | None, device: Device) -> Pool:
    """On GPUs one worker for each, on CPUs one for each core, unless `workers` says otherwise. Raises UserError."""
    on_gpu = device != "cpu" and cluster.gpus > 0
    if device == "cuda" and not on_gpu:
        raise UserError("No machine of the Ray cluster has a GPU.", "Use --device cpu.")
    if workers is not None and workers > cluster.cpus:
        raise UserError(f"{workers} workers need {workers} cores, the cluster has {cluster.cpus}.", "Ask for fewer.")
    if cluster.cpus < 1:
        raise UserError("The Ray cluster has no CPU for a worker.", "Add a machine to it.")
    count = workers or (min(cluster.gpus, cluster.cpus) if on_gpu else cluster.cpus)
    threads = max(1, min(cluster.cpus // count, cluster.least_cpus))
    return Pool(count, threads, min(1.0, cluster.gpus / count) if on_gpu else 0.0)


def score_parts(parts: list[int], task: Task, pool: Pool) -> Iterator[Summary]:
    """Yield what came of each part, in whatever order they finish. Raises UserError when a part cannot be written.

    Ray Data starts a worker that died again and gives it its part again, as often as it takes; `PartScorer` sets the limit.
    """
    context = ray.data.DataContext.get_current()
    context.execution_no_progress_timeout_s = -1  # a part of large pictures may take its time
    blocks = min(len(parts), _MAX_BLOCKS)
    dataset = ray.data.from_items([{"part": part} for part in parts], override_num_blocks=blocks).map_batches(
        PartScorer,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(pool.workers, blocks)),
        fn_constructor_args=[task],
        num_cpus=pool.threads,
        num_gpus=pool.gpus or None,
    )
    try:
        for batch in dataset.iter_batches(batch_size=None, batch_format="pandas", prefetch_batches=0):
            for row in batch.to_dict("records"):
                failure = decode_failure(row)
                if failure is not None:
                    log.error("%s", failure.details)
                    raise UserError(failure.title, failure.advice, exit_status=failure.exit_status)
                yield Summary(int(row["rows"]), int(row["failures"]))
    except RayError as error:
        raise UserError(
            f"Ray could not go on ({str(error).splitlines()[0][:200]}).",
            "Look at the cluster and its machines, then go on with --resume.",
            exit_status=1,
        ) from error
