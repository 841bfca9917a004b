"""stdin, stdout and stderr as a program may get them: closed, of an old code page, without a buffer, on a full disk."""

import codecs
import io
import os
import sys


def set_up() -> None:
    """To be called before anything is said."""
    _open_closed()
    _buffer_stdout()
    _write_every_character()


def finish() -> None:
    """Raises OSError when what was said cannot be written; it is dropped then, or Python would try again at its end, say so
    in words of its own, and leave with status 120."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _open_closed() -> None:
    """Where a shell closed one (`>&-`), what is said there goes nowhere, and no file that is opened later takes its number,
    into which libraries would write what they have to say."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _buffer_stdout() -> None:
    """With PYTHONUNBUFFERED, as containers set it, Python loses in silence what a nearly full disk does not take at once."""
    stream = sys.stdout
    if isinstance(stream, io.TextIOWrapper) and isinstance(stream.buffer, io.RawIOBase):
        encoding, errors = stream.encoding, stream.errors
        buffered = io.BufferedWriter(stream.detach())
        sys.stdout = io.TextIOWrapper(buffered, encoding, errors, line_buffering=True)


def _write_every_character() -> None:
    """Names hold characters that an old code page lacks, as that of a pipe on Windows; what a program reads is UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and codecs.lookup(stream.encoding).name != "utf-8":
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8")
