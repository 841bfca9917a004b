"""python -m trainer: train an image classifier."""

from runtime_app.installation import named_if_missing
from runtime_app.interruption import at_once


def main(extra: str | None = None) -> None:
    with at_once(), named_if_missing(extra):
        from runtime_app.installation import program
        from runtime_app.terminal import run
        from trainer.cli import train
    run(train, program("trainer", "evidence-train"))


if __name__ == "__main__":
    main()
