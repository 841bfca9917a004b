"""What the command lines of all three packages share: options, exit status, failures in one sentence, and the log file."""

import logging
import logging.handlers
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import click
import platformdirs

from runtime_app import APP_NAME, __version__, interruption, streams
from runtime_app.errors import explain

log = logging.getLogger(APP_NAME)


class AnyPath(click.Path):
    """Paths are taken as they come: whether they exist is for the command to say, in its own words. Not the empty text, which
    is what a shell makes of a variable that is not set."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("The path is empty.", param, ctx)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


def common_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --version, --debug and a short -h."""
    command = click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=lambda context, parameter, value: log.setLevel(logging.DEBUG) if value else None,
        help="Show technical details of failures.",
    )(command)
    return click.version_option(__version__, message="%(version)s")(command)


def run_default(context: click.Context, command: click.Command) -> Any:
    """In a group's function: what `command` answers where no command was named, but an option (`--debug` alone)."""
    if context.invoked_subcommand is not None:
        return None
    with command.make_context(command.name, [], parent=context) as own:
        return command.invoke(own)


def run(command: click.Command, program: str) -> NoReturn:
    """Run a click command and leave with its exit status; an exception becomes one sentence on stderr."""
    interruption.watch()
    streams.set_up()
    _find_a_home()
    try:
        start_log()
        status = _run(command, program)
        interruption.end_at_once_from_now_on()
    except (KeyboardInterrupt, click.Abort):
        interruption.end_at_once_from_now_on()
        click.echo("Interrupted.", err=True)
        status = interruption.INTERRUPTED
    with suppress(OSError):  # it was told, or is the reason for leaving
        streams.finish()
    sys.exit(status)


def _run(command: click.Command, program: str) -> int:
    """The exit status, once everything but Ctrl-C has been told to the user."""
    try:
        status = command.main(prog_name=program, standalone_mode=False)
        streams.finish()
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.Abort:
        raise
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        return 1  # the reader of a pipe left (as `| head` does): nothing to report, and nobody to report to
    except Exception as error:  # the one place where a failure meets a user of the terminal
        if interruption.happened():
            raise KeyboardInterrupt from error
        explanation = explain(error)
        log.error("%s", explanation.details)
        click.echo(f"Error: {explanation.title} {explanation.advice}".rstrip(), err=True)
        if log.isEnabledFor(logging.DEBUG):
            click.echo(explanation.details, err=True)
        return explanation.exit_status
    return status if isinstance(status, int) else 0


def _find_a_home() -> None:
    """A user whom the system does not know, as in containers, may have none: nothing is found and kept there then."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = os.devnull


def log_file() -> Path:
    return platformdirs.user_log_path(APP_NAME, appauthor=False) / f"{APP_NAME}.log"


def start_log() -> None:
    """Technical details go to a rotating file in the platform's own place; where that cannot be, they are dropped."""
    log.setLevel(logging.INFO)
    log.propagate = False
    if log.handlers:
        return
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            log_file(), maxBytes=1_000_000, backupCount=3, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a folder that is there may be read-only
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
