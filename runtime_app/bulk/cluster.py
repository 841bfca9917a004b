"""A Ray cluster to work on: one of this machine's own for the time being, or an existing one."""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import runtime_app
from runtime_app.bulk.quiet import forbid_reports, silence_loggers, streams_closed
from runtime_app.errors import UserError

_CONNECT_SECONDS = 5
_ANSWER_SECONDS = 30
_SIGNAL_SECONDS = 0.05
# Pictures go from disk to worker without Ray's object store; this is about the least that it accepts.
_OBJECT_STORE_BYTES = 100 << 20
# Ray's sockets lie in its folder, and the whole path of a socket may have 103 characters on some systems.
_LONGEST_FOLDER = 24


@dataclass(frozen=True)
class Cluster:
    """cpus, gpus: of all machines together; least_cpus: of the smallest machine."""

    cpus: int
    gpus: int
    least_cpus: int


@contextmanager
def connect(address: str | None, workers: int | None) -> Iterator[Cluster]:
    """Raises UserError when no cluster answers at `address`; without one, starts Ray here and stops it at the end."""
    # The thread that starts Ray lives as long as Ray does: on Linux its processes end with the thread that started them.
    with streams_closed(), ThreadPoolExecutor(1) as thread:
        ray = _import_ray()
        with _existing(ray, thread, address) if address is not None else _own(ray, thread, workers):
            try:
                yield _describe(ray)
            finally:
                ray.shutdown()


def _start(ray: ModuleType, thread: ThreadPoolExecutor, **options: object) -> None:
    """`ray.init`, in a thread: a signal does not end it half-way, with processes that nobody stops.

    SIGTERM means the same as Ctrl-C; Ray's core takes it for itself at some moment, and would leave with a dump of its stack.
    """
    start = thread.submit(ray.init, log_to_driver=False, logging_level=logging.ERROR, **options)
    try:
        started = False
        while not started:
            started = bool(wait([start], timeout=_SIGNAL_SECONDS).done)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        start.result()
    except KeyboardInterrupt:
        wait([start])
        ray.shutdown()
        raise


@contextmanager
def _existing(ray: ModuleType, thread: ThreadPoolExecutor, address: str) -> Iterator[None]:
    refuse_unreachable(address)
    # Machines of the cluster have the libraries, but not this project.
    package = str(Path(runtime_app.__file__).parent)
    _start(ray, thread, address=address, runtime_env={"py_modules": [package]})
    yield


@contextmanager
def _own(ray: ModuleType, thread: ThreadPoolExecutor, workers: int | None) -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="ray-", dir=_short_folder(), ignore_cleanup_errors=True) as folder:
        _start(
            ray,
            thread,
            address="local",  # never the cluster that happens to run here
            num_cpus=workers if workers and workers > (os.cpu_count() or 1) else None,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _temp_dir=folder,
        )
        yield


def _import_ray() -> ModuleType:
    forbid_reports()
    import ray
    import ray.data

    ray.data.DataContext.get_current().enable_progress_bars = False
    silence_loggers()
    return ray


def refuse_unreachable(address: str) -> None:
    """Raises UserError. Ray tries for minutes and then ends the process: so another process tries first, and is not waited for that long."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        try:  # nobody there at all is found out at once
            socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
        except OSError as error:
            raise _no_answer(address) from error
    code = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False); print('connected')"
    try:
        child = subprocess.run(
            [sys.executable, "-c", code, address], capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False
        )
        connected, detail = "connected" in child.stdout, child.stderr.strip()
    except subprocess.TimeoutExpired:
        connected, detail = False, f"no answer within {_ANSWER_SECONDS} s"
    if connected:
        return
    if "Version mismatch" in detail:
        title = f"The Ray cluster at {address} has another version of Ray or Python than this machine."
        raise UserError(title, "Install the same versions everywhere.") from RuntimeError(detail)
    raise _no_answer(address) from RuntimeError(detail)


def _no_answer(address: str) -> UserError:
    return UserError(
        f"No Ray cluster answers at {address}.",
        "Check the address (HOST:PORT, as `ray start --head` prints it), and that this machine is part of the cluster.",
    )


def _short_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(folder) <= _LONGEST_FOLDER else "/tmp"


def _describe(ray: ModuleType) -> Cluster:
    total = ray.cluster_resources()
    machines = [int(node["Resources"].get("CPU", 0)) for node in ray.nodes() if node["Alive"]]
    usable = [cpus for cpus in machines if cpus > 0]
    return Cluster(int(total.get("CPU", 0)), int(total.get("GPU", 0)), min(usable, default=0))
