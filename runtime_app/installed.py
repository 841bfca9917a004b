"""Where the command starts that pip installs: before any library is imported, so that a missing one can be named."""

from typing import NoReturn

from runtime_app.installation import start_installed


def main() -> NoReturn:
    start_installed("runtime_app", "runtime")
