"""The command line: one file per command, heavy imports only when a command needs them."""

from typing import Any

import click
from click_default_group import DefaultGroup

from runtime_app.commands.bulk import bulk
from runtime_app.commands.classify import classify
from runtime_app.commands.evaluate import evaluate
from runtime_app.commands.info import info
from runtime_app.commands.selftest import selftest
from runtime_app.commands.window import window
from runtime_app.terminal import common_options, run_default


@click.group(
    cls=DefaultGroup,
    default="window",
    default_if_no_args=True,
    invoke_without_command=True,  # options alone, as --debug, are the default command's
    context_settings={"help_option_names": ["-h", "--help"]},
)
@common_options
@click.pass_context
def app(context: click.Context) -> Any:
    """Show what an image classifier thinks of your pictures, how sure it is, and where it looked.

    Without a command, the window opens; a PATH that is a bundle is the bundle, all others are pictures.
    """
    return run_default(context, window)


for command in (window, classify, evaluate, bulk, selftest, info):
    app.add_command(command)
