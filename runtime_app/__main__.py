"""python -m runtime_app: the window, and the same classifier on the command line."""

from typing import NoReturn

from runtime_app.installation import named_if_missing
from runtime_app.interruption import at_once


def main(extra: str | None = None) -> NoReturn:
    with at_once(), named_if_missing(extra):
        from runtime_app.commands import app
        from runtime_app.installation import app_program
        from runtime_app.terminal import run
    run(app, app_program())


if __name__ == "__main__":
    main()
