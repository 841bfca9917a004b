"""Exception -> title, advice, technical details: the one place that decides what a person reads when something fails."""

import errno
import re
import sys
import traceback
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

_OWN = ("runtime_app", "exporter", "trainer", "tests")
# Characters that turn the direction of what follows them: "gpj.exe" may look like "exe.jpg".
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


class UserError(Exception):
    """Something the person at the keyboard can act on.

    title: one sentence that says what failed and where; advice: one sentence that says what to do.
    exit_status: 2 for unusable input, machine or usage (the default), 1 for work that was tried and failed.
    """

    def __init__(self, title: str, advice: str = "", *, exit_status: int = 2) -> None:
        title = one_line(title)
        super().__init__(f"{title} {advice}".strip())
        self.title = title
        self.advice = advice
        self.exit_status = exit_status


@dataclass(frozen=True)
class Explanation:
    """What the error window, a jsonl line and the terminal show of one failure.

    details: the whole traceback, for the log, the error window and --debug; cause: one line, what a library said underneath
    and nothing of where in the code; empty where nothing lies under `title`.
    """

    title: str
    advice: str
    details: str
    exit_status: int = 1
    cause: str = ""


@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """`text` as it may stand in a sentence, a list or a terminal: whatever would break the line, reverse it or be taken for
    a command (a file's name may hold newlines, escape codes, bytes that are no text) becomes a replacement sign."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _breaks_line(character) else character for character in text)


def _breaks_line(character: str) -> bool:
    kinds = ("Cc", "Cs", "Zl", "Zp")
    return unicodedata.category(character) in kinds or unicodedata.bidirectional(character) in _TURNS


def some_of(names: Iterable[object], most: int = 10) -> str:
    """Names as they stand in a sentence: all, or the first ones and how many more there are."""
    found = [str(name) for name in names]
    return ", ".join(found[:most]) + (f" and {len(found) - most:,} more" if len(found) > most else "")


def explain(error: BaseException) -> Explanation:
    """Say in plain words what `error` means; `details` keeps the whole traceback for the log and for "copy details"."""
    title, advice, exit_status = _in_plain_words(error)
    details = "".join(traceback.format_exception(error)).strip()
    details = details.encode(errors="surrogateescape").decode(errors="replace")
    return Explanation(title, advice, details, exit_status, _cause(error))


def _in_plain_words(error: BaseException) -> tuple[str, str, int]:
    """title, advice, exit status"""
    if isinstance(error, UserError):
        return error.title, error.advice, error.exit_status
    if isinstance(error, MemoryError):
        return "The computer ran out of memory.", "Close other programs or open fewer pictures at once.", 1
    if isinstance(error, ModuleNotFoundError) and (missing := explain_missing_library(error)) is not None:
        return *missing, 2
    if isinstance(error, OSError):
        title, advice = _explain_os_error(error)
        return one_line(title), advice, 1
    title = one_line(f"Something unexpected went wrong ({type(error).__name__}: {error}).")
    return title, "Please report it with the technical details.", 1


def _cause(error: BaseException) -> str:
    """What the first error of the chain said, without the addresses of objects: two runs write the same."""
    while (under := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        error = under
    if isinstance(error, UserError):
        return ""
    return re.sub(" at 0x[0-9a-fA-F]+", "", one_line(f"{type(error).__name__}: {error}"))


def explain_missing_library(error: ModuleNotFoundError) -> tuple[str, str] | None:
    """(title, advice) where the program runs in another Python than its own; None for a module that this project lost."""
    if not error.name or error.name.split(".")[0] in _OWN:
        return None
    return (
        f"{error.name} is not installed for this Python ({sys.executable}).",
        "Start the program with the Python of its own environment, as the README shows.",
    )


def _explain_os_error(error: OSError) -> tuple[str, str]:
    where = f": {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}.", "Free some space and try again; nothing already written was lost."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Permission denied{where}.", "Choose a place that you may read and write."
    if error.errno == errno.ENOENT:
        return f"No such file or folder{where}.", "Check the path."
    return f"{error.strerror or error}{where}.", "Check the path and the disk."
