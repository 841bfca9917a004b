"""The app with stopwatches in it: `python -c "from benchmarks.recorder import main; main()" [arguments of the app]`.

Every event becomes a line of JSON in the file that EVIDENCE_RECORD_FILE names, with "t" in seconds of the system's
monotonic clock and "process" in processor seconds: frame (wall and processor seconds of its work), opened (a folder is
to be listed), listed (pictures were found), asked (a picture is to be shown), looked (its verdict is there), region (the
verdict on a part of it is there), classified (so many of the batch), bundle (another one runs), end (the loop was left).
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any


class Recorder:
    def __init__(self) -> None:
        self._file = open(os.environ["EVIDENCE_RECORD_FILE"], "a", buffering=1)  # noqa: SIM115 - until the process ends

    def note(self, what: str, **facts: Any) -> None:
        self._file.write(
            json.dumps({"t": time.monotonic(), "process": time.process_time(), "what": what, **facts}) + "\n"
        )

    def after(self, what: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        """`inner`, noted when it returns."""

        def noted(*arguments: Any, **named: Any) -> Any:
            answer = inner(*arguments, **named)
            self.note(what, **({"count": len(arguments[1])} if what in ("classified", "listed") else {}))
            return answer

        return noted

    def timed_turn(self, inner: Callable[[Any], None]) -> Callable[[Any], None]:
        def turn(loop: Any) -> None:
            wall, cpu = time.perf_counter(), time.thread_time()
            inner(loop)
            spent = time.perf_counter() - wall, time.thread_time() - cpu
            self.note("frame", wall=spent[0], cpu=spent[1], busy=loop.presenter.busy)

        return turn


def main() -> None:
    from runtime_app.presenter.presenter import Presenter
    from runtime_app.view.loop import Loop

    recorder = Recorder()
    Loop.turn = recorder.timed_turn(Loop.turn)  # type: ignore[method-assign]
    Presenter._request_look = recorder.after("asked", Presenter._request_look)  # type: ignore[method-assign]
    Presenter._list_folders = recorder.after("opened", Presenter._list_folders)  # type: ignore[method-assign]
    Presenter.close = recorder.after("end", Presenter.close)  # type: ignore[method-assign]
    names = {"look": "looked", "region": "region", "bundle": "bundle", "folder": "listed", "classify": "classified"}
    for kind, what in names.items():
        Presenter._receivers[kind] = recorder.after(what, Presenter._receivers[kind])

    from runtime_app.__main__ import main as app

    app()
