"""Exception -> title, advice, technical details: the one place that decides what a person reads when something fails."""

import errno
import traceback
from dataclasses import dataclass


class UserError(Exception):
    """Something the person at the keyboard can act on.

    title: one sentence that says what failed and where; advice: one sentence that says what to do.
    exit_status: 2 for unusable input, machine or usage (the default), 1 for work that was tried and failed.
    """

    def __init__(self, title: str, advice: str = "", *, exit_status: int = 2) -> None:
        super().__init__(f"{title} {advice}".strip())
        self.title = title
        self.advice = advice
        self.exit_status = exit_status


@dataclass(frozen=True)
class Explanation:
    """What the error window, a jsonl line and the terminal show of one failure."""

    title: str
    advice: str
    details: str
    exit_status: int = 1


def explain(error: BaseException) -> Explanation:
    """Say in plain words what `error` means; `details` keeps the whole traceback for the log and for "copy details"."""
    details = "".join(traceback.format_exception(error)).strip()
    if isinstance(error, UserError):
        return Explanation(error.title, error.advice, details, error.exit_status)
    if isinstance(error, MemoryError):
        return Explanation(
            "The computer ran out of memory.", "Close other programs or open fewer pictures at once.", details
        )
    if isinstance(error, OSError):
        return Explanation(*_explain_os_error(error), details)
    return Explanation(
        f"Something unexpected went wrong ({type(error).__name__}: {error}).",
        "Please report it with the technical details.",
        details,
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
