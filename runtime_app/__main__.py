"""python -m runtime_app: the window, and the same classifier on the command line."""

from runtime_app.commands import app
from runtime_app.terminal import run

if __name__ == "__main__":
    run(app, "python -m runtime_app")
