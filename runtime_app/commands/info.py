"""python -m runtime_app info: model card, versions, providers, and which one really runs."""

import platform
from pathlib import Path

import click

from runtime_app.commands.options import ANY_PATH, bundle_of, engine_options
from runtime_app.imaging import Resize
from runtime_app.providers import Device


@click.command()
@click.argument("bundle", required=False, type=ANY_PATH)
@engine_options
def info(bundle: Path | None, bundle_path: Path | None, device: Device, precision: str, resize: Resize | None) -> int:
    """Show the model card of BUNDLE, library versions, and the provider that really runs on this machine."""
    from rich.console import Console

    from runtime_app import __version__, providers
    from runtime_app.catalog import open_bundle_or_newest
    from runtime_app.classifier import Classifier
    from runtime_app.commands.whole_markdown import WholeMarkdown
    from runtime_app.terminal import log_file
    from runtime_app.versions import installed_libraries

    opened = open_bundle_or_newest(bundle_of(bundle, bundle_path))
    classifier = Classifier(opened, device, precision)
    Console().print(WholeMarkdown(opened.read_card()))
    click.echo(f"\nbundle       {opened.path}")
    click.echo(f"runs on      {classifier.engine.provider_name}, {classifier.engine.precision}")
    obstacle = providers.cuda_obstacle()
    click.echo(f"CUDA         {'runs' if obstacle is None else f'{obstacle.reason}. {obstacle.advice}'}")
    click.echo(f"app          {__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}")
    click.echo(f"libraries    {', '.join(installed_libraries())}")
    click.echo(f"log file     {log_file()}")
    return 0
