"""Every failure becomes a title and an advice; the details keep the traceback."""

import errno
from pathlib import Path

import pytest

from runtime_app.errors import UserError, explain


def test_a_user_error_keeps_its_own_words_and_status() -> None:
    explanation = explain(UserError("It broke.", "Mend it.", exit_status=1))
    assert (explanation.title, explanation.advice, explanation.exit_status) == ("It broke.", "Mend it.", 1)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "out.png"), "The disk is full: out.png."),
        (PermissionError(errno.EACCES, "Permission denied", "out.png"), "Permission denied: out.png."),
        (FileNotFoundError(errno.ENOENT, "No such file", "gone"), "No such file or folder: gone."),
        (MemoryError(), "ran out of memory"),
        (ZeroDivisionError("division by zero"), "unexpected"),
    ],
)
def test_a_foreign_error_is_put_into_plain_words(error: Exception, words: str) -> None:
    explanation = explain(error)
    assert words in explanation.title and explanation.advice


def test_details_hold_the_traceback() -> None:
    try:
        Path("/nowhere/at/all").read_text()
    except OSError as error:
        assert "Traceback" in explain(error).details and "read_text" in explain(error).details
