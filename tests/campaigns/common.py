"""What all campaigns share."""

import os
import re
import sys
from pathlib import Path

from tests.runtime_app.samples import ROOT, TINY

__all__ = ["ROOT", "TINY", "environment", "is_clear_sentence", "memory", "say"]


def environment(home: Path) -> dict[str, str]:
    """Of a user without a display whose settings, data and log lie in `home`."""
    return {
        "PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
    }  # fmt: skip


def memory(pid: int, field: str = "VmRSS") -> float:
    """MB; VmHWM: the peak. 0 when the process has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(rf"{field}:\s+(\d+)", text)
    return int(found[1]) / 1024 if found else 0.0


def is_clear_sentence(title: str, advice: str) -> bool:
    """One line that ends as a sentence, with advice, and does not name what only a programmer understands."""
    whole = f"{title} {advice}"
    unclear = "Traceback" in whole or "unexpected went wrong" in whole or re.search(r"\bat 0x[0-9a-f]+", whole)
    return bool(
        title.endswith(".") and advice.endswith(".") and "\n" not in whole and len(whole) < 1000 and not unclear
    )


def say(name: str, words: str, problems: list[str]) -> None:
    """The closing line; the exit status is 1 when there were problems."""
    for problem in problems[:20]:
        print(f"PROBLEM  {problem}")
    print(f"{name}: {words}; {len(problems)} problems")
    sys.exit(1 if problems else 0)
