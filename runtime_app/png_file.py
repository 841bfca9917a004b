"""A drawn picture becomes a file whole or not at all."""

from pathlib import Path

from PIL import Image

from runtime_app.whole_file import whole_file


def save_png(path: Path, picture: Image.Image) -> None:
    """Missing folders are made. Raises OSError when it cannot be written."""
    with whole_file(path) as temporary:
        picture.save(temporary, format="PNG")
