"""python -m runtime_app [PATH...]: the window."""

from difflib import get_close_matches
from pathlib import Path

import click

from runtime_app.commands.options import ANY_PATH, engine_options
from runtime_app.imaging import Resize
from runtime_app.providers import Device


@click.command()
@click.argument("paths", nargs=-1, type=ANY_PATH)
@engine_options
@click.pass_context
def window(
    context: click.Context,
    paths: tuple[Path, ...],
    bundle_path: Path | None,
    device: Device,
    precision: str,
    resize: Resize | None,
) -> int:
    """Open the window (the default). A PATH that holds or is a bundle is the bundle, the others are pictures."""
    commands = () if context.parent is None else getattr(context.parent.command, "commands", ())
    if (late := next((str(path) for path in paths if str(path) in commands and not path.exists()), None)) is not None:
        raise click.UsageError(f"Options go behind the command: {late} [OPTIONS] PATH…")
    for path in paths:
        meant = get_close_matches(str(path), commands, n=1, cutoff=0.7)
        if meant and not path.exists():
            raise click.UsageError(f"There is no command and no file {path}. Did you mean {meant[0]}?")
    from runtime_app.bundle import is_bundle
    from runtime_app.catalog import holds_bundles, open_bundle_or_newest
    from runtime_app.view.window import open_window

    bundles = [path for path in paths if is_bundle(path) or holds_bundles(path)]
    pictures = [path for path in paths if path not in bundles]
    wanted = bundle_path or (bundles[-1] if bundles else None)
    # Without a name the window opens first and finds the newest bundle itself; folders are listed in its background too.
    bundle = open_bundle_or_newest(wanted) if wanted else None
    return open_window(bundle, pictures, device=device, precision=precision, resize=resize)
