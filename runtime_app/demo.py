"""python -m runtime_app.demo FOLDER: the end of `make demo`; the window where there is a display, else the command line."""

from pathlib import Path

import click

from runtime_app.commands import app
from runtime_app.errors import UserError
from runtime_app.terminal import run


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def demo(folder: Path) -> int:
    """Open the newest bundle of FOLDER/bundles with the pictures of FOLDER/pictures."""
    from runtime_app.view.probe import refuse_without_display

    bundles, pictures = folder / "bundles", sorted((folder / "pictures").glob("*.png"))
    arguments = [*map(str, pictures), "--bundle", str(bundles)]
    try:
        refuse_without_display()
    except UserError as reason:
        click.echo(f"{reason.title} Classifying on the command line instead.", err=True)
        heatmap = folder / "heatmap.png"
        status = app.main(["classify", *arguments, "--heatmap", str(heatmap)], standalone_mode=False)
        click.echo(f"The heatmap lies at {heatmap.resolve()}")
        return int(status or 0)
    return int(app.main(["window", *arguments], standalone_mode=False) or 0)


if __name__ == "__main__":
    run(demo, "python -m runtime_app.demo")
