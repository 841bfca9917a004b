"""A background worker: one thread, one queue, numbered requests. What nobody waits for any more is dropped.

Work never touches the GUI library. It returns a value, or yields values as they come, and the window's loop collects
them with `reports`.
"""

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from runtime_app.errors import Explanation, explain
from runtime_app.terminal import log


@dataclass(frozen=True)
class Report:
    """One value of a request, or its failure. last: nothing more comes for this request."""

    kind: str
    number: int
    value: Any = None
    error: Explanation | None = None
    last: bool = False


class UnwantedError(Exception):
    """Raised by work that nobody waits for any more, after it has tidied up."""


@dataclass(frozen=True)
class Ticket:
    """What running work holds of its own request: long work asks now and then whether it is still `wanted`."""

    kind: str
    number: int
    _worker: "Worker"

    @property
    def wanted(self) -> bool:
        return self._worker.is_wanted(self.kind, self.number)

    def require_wanted(self) -> None:
        """Raises UnwantedError when it is not."""
        if not self.wanted:
            raise UnwantedError(f"{self.kind} {self.number}")


Work = Callable[[Ticket], Any]
_BACKGROUND = 10  # steps of niceness


class Worker:
    """Runs requests in order. A newer request of a kind replaces the older ones of that kind, waiting or running.

    background: where its work and the window both want the processor, the window comes first.
    """

    def __init__(self, name: str, *, background: bool = False) -> None:
        self._background = background
        self._condition = threading.Condition()
        self._waiting: deque[tuple[Ticket, Work]] = deque()
        self._reports: deque[Report] = deque()
        self._newest: dict[str, int] = {}
        self._open: dict[str, int] = {}
        self._count = 0
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    def submit(self, kind: str, work: Work) -> int:
        """Queue `work`; returns its request number."""
        with self._condition:
            self._count += 1
            ticket = Ticket(kind, self._count, self)
            self._newest[kind] = self._open[kind] = self._count
            self._waiting = deque(item for item in self._waiting if item[0].kind != kind)
            self._waiting.append((ticket, work))
            self._condition.notify_all()
            return self._count

    def cancel(self, kind: str) -> None:
        """Stop waiting for requests of this kind: running work is told at its next look at the ticket."""
        with self._condition:
            self._count += 1
            self._newest[kind] = self._count
            self._open.pop(kind, None)
            self._waiting = deque(item for item in self._waiting if item[0].kind != kind)

    def reports(self) -> Iterator[Report]:
        """Take what has come, in order, without what was replaced or cancelled meanwhile; what is not taken stays."""
        while True:
            with self._condition:
                while self._reports and not self._is_newest(self._reports[0]):
                    self._reports.popleft()
                if not self._reports:
                    return
                report = self._reports.popleft()
            yield report

    @property
    def has_reports(self) -> bool:
        """Whether `reports` may have something to take."""
        return bool(self._reports)

    def _is_newest(self, report: Report) -> bool:
        return self._newest.get(report.kind) == report.number

    def wait(self, seconds: float) -> None:
        """Until there is a report to take, at most `seconds`."""
        with self._condition:
            self._condition.wait_for(lambda: self._reports, seconds)

    def is_wanted(self, kind: str, number: int) -> bool:
        return not self._closed and self._newest.get(kind) == number

    def pending(self, kind: str) -> bool:
        """Whether a wanted request of this kind waits or runs."""
        return kind in self._open

    @property
    def queue_length(self) -> int:
        return len(self._open)

    def close(self, timeout: float) -> bool:
        """Tell all work to stop and wait `timeout` seconds; True when the thread has ended."""
        with self._condition:
            self._closed = True
            self._waiting.clear()
            self._condition.notify_all()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        if self._background:
            give_way()
        while True:
            with self._condition:
                while not self._waiting and not self._closed:
                    self._condition.wait()
                if self._closed:
                    return
                ticket, work = self._waiting.popleft()
            self._run(ticket, work)
            del work  # what it holds, such as the session of another bundle, does not wait for the next request to go

    def _run(self, ticket: Ticket, work: Work) -> None:
        try:
            outcome = work(ticket)
            if isinstance(outcome, Iterator):
                self._collect(ticket, outcome)
                outcome = None
            self._post(Report(ticket.kind, ticket.number, outcome, last=True))
        except UnwantedError as error:
            log.info("Given up: %s", error)
        except Exception as error:  # the one place where a worker's failure becomes words for the window
            explanation = explain(error)
            log.error("%s", explanation.details)
            self._post(Report(ticket.kind, ticket.number, error=explanation, last=True))

    def _collect(self, ticket: Ticket, values: Iterator[Any]) -> None:
        for value in values:
            if not ticket.wanted:
                close = getattr(values, "close", None)
                if close is not None:
                    close()
                return
            self._post(Report(ticket.kind, ticket.number, value))

    def _post(self, report: Report) -> None:
        with self._condition:
            if self._open.get(report.kind) == report.number and report.last:
                del self._open[report.kind]
            self._reports.append(report)
            self._condition.notify_all()


def give_way() -> None:
    """Lower the priority of this thread and of those that it starts, where threads have one of their own (Linux)."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):  # a sandbox may forbid it; then both get the same
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _BACKGROUND)
