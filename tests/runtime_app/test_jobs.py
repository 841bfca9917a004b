"""The worker: order, newest request wins, failures become words, closing does not wait for long work."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime_app.errors import UserError
from runtime_app.jobs import Report, Ticket, Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test")
    yield worker
    worker.close(1)


def collect(worker: Worker, enough: Callable[[list[Report]], bool], seconds: float = 5) -> list[Report]:
    reports: list[Report] = []
    end = time.monotonic() + seconds
    while not enough(reports) and time.monotonic() < end:
        reports += worker.reports()
        time.sleep(0.002)
    return reports


def finished(reports: list[Report]) -> bool:
    return any(report.last for report in reports)


def test_work_runs_in_another_thread_and_its_value_comes_back(worker: Worker) -> None:
    worker.submit("who", lambda ticket: threading.current_thread().name)
    assert collect(worker, finished)[0].value == "test"


def test_reports_that_are_not_taken_stay(worker: Worker) -> None:
    worker.submit("count", lambda ticket: iter([1, 2, 3]))
    while worker.pending("count"):
        time.sleep(0.002)
    assert next(worker.reports()).value == 1
    assert [report.value for report in worker.reports()] == [2, 3, None]
    assert list(worker.reports()) == []


def test_waiting_ends_with_the_first_report_or_in_time(worker: Worker) -> None:
    began = time.monotonic()
    worker.wait(0.2)
    assert 0.2 <= time.monotonic() - began < 2
    worker.submit("who", lambda ticket: time.sleep(0.05) or "done")
    worker.wait(20)
    assert [report.value for report in worker.reports()] == ["done"] and time.monotonic() - began < 10


@pytest.mark.skipif(sys.platform != "linux", reason="only there do threads have a priority of their own")
def test_background_work_gives_way_with_the_threads_that_it_starts(worker: Worker) -> None:
    def priorities() -> list[int]:
        with ThreadPoolExecutor(1) as pool:
            there = pool.submit(os.getpriority, os.PRIO_PROCESS, 0).result()
        return [os.getpriority(os.PRIO_PROCESS, 0), there]

    background, here = Worker("background", background=True), os.getpriority(os.PRIO_PROCESS, 0)
    for each in (worker, background):
        each.submit("priorities", lambda ticket: priorities())
    assert collect(worker, finished)[0].value == [here, here]
    lower = collect(background, finished)[0].value
    background.close(1)
    assert lower[0] == lower[1] > here


def test_newer_request_of_a_kind_replaces_waiting_and_running_ones(worker: Worker) -> None:
    started, release = threading.Event(), threading.Event()

    def slow(ticket: Ticket) -> str:
        started.set()
        release.wait(5)
        return "running"

    worker.submit("look", slow)
    assert started.wait(5)
    worker.submit("look", lambda ticket: "waiting")
    worker.submit("look", lambda ticket: "newest")
    release.set()
    assert [report.value for report in collect(worker, finished)] == ["newest"]
    time.sleep(0.05)
    assert list(worker.reports()) == []


def test_result_that_was_cancelled_after_it_was_made_is_dropped(worker: Worker) -> None:
    worker.submit("look", lambda ticket: "made")
    while worker.pending("look"):
        time.sleep(0.002)
    worker.cancel("look")
    assert list(worker.reports()) == []


def test_values_arrive_while_work_goes_on_and_cancel_stops_it(worker: Worker) -> None:
    made = []

    def endless(ticket: Ticket) -> Iterator[int]:
        while True:
            made.append(len(made))
            yield made[-1]
            time.sleep(0.002)

    worker.submit("batch", endless)
    assert [report.value for report in collect(worker, lambda reports: len(reports) >= 3)][:3] == [0, 1, 2]
    worker.cancel("batch")
    time.sleep(0.05)
    count = len(made)
    time.sleep(0.05)
    assert len(made) == count
    assert not worker.pending("batch")


def test_exception_becomes_an_explanation_and_the_worker_goes_on(worker: Worker) -> None:
    def fail(ticket: Ticket) -> None:
        raise UserError("No.", "Do something else.")

    worker.submit("one", fail)
    error = collect(worker, finished)[0].error
    assert error is not None and error.title == "No." and "Traceback" in error.details
    worker.submit("two", lambda ticket: 2)
    assert collect(worker, finished)[0].value == 2


def test_close_ends_long_work_that_asks_its_ticket() -> None:
    worker = Worker("test")

    def long(ticket: Ticket) -> None:
        while ticket.wanted:
            time.sleep(0.002)

    worker.submit("long", long)
    assert worker.close(2)
