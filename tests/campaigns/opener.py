"""A process that opens bundles as the window does: one path a line on stdin, one JSON line on stdout for each.

It reports every file that Python opens for writing, creates, renames or links: only its log may be among them.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

_WRITES = {"os.rename", "os.mkdir", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}


def watch(written: list[str]) -> None:
    home = str(Path.home())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event != "open" and event not in _WRITES:
            return
        harmless = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not harmless and isinstance(arguments[0], str) and not arguments[0].startswith(home):
            written.append(f"{event} {arguments[0]}")

    sys.addaudithook(hook)


def attempt(path: Path) -> dict[str, Any]:
    """Look at it in a list of bundles, then open it and start its session."""
    from runtime_app.catalog import find_bundles
    from runtime_app.errors import UserError, explain
    from runtime_app.presenter import tasks

    start = time.process_time()
    try:
        find_bundles([path.parent])
        loaded = tasks.load(path, "cpu", "auto", 1)
        answer: dict[str, Any] = {"accepted": loaded.bundle.manifest.name}
    except UserError as error:
        answer = {"title": error.title, "advice": error.advice}
    except BaseException as error:
        answer = {"crash": explain(error).details}
    return {**answer, "seconds": time.process_time() - start}


def main() -> None:
    written: list[str] = []
    watch(written)
    for line in sys.stdin:
        answer = attempt(Path(json.loads(line)))
        print(json.dumps({**answer, "written": written}), flush=True)
        written.clear()


if __name__ == "__main__":
    main()
