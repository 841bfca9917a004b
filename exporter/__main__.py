"""python -m exporter: turn a checkpoint into a deployment bundle, if it holds the gate."""

from runtime_app.installation import named_if_missing
from runtime_app.interruption import at_once


def main(extra: str | None = None) -> None:
    with at_once(), named_if_missing(extra):
        from exporter.cli import cli
        from runtime_app.installation import program
        from runtime_app.terminal import run
    run(cli, program("exporter", "evidence-export"))


if __name__ == "__main__":
    main()
