"""A drawn picture becomes a file whole or not at all."""

from pathlib import Path

from PIL import Image, PngImagePlugin

from runtime_app import APP_NAME
from runtime_app.whole_file import whole_file

_SOFTWARE = "Software"


def save_png(path: Path, picture: Image.Image) -> None:
    """Missing folders are made. Raises OSError when it cannot be written."""
    with whole_file(path) as temporary:
        signed = PngImagePlugin.PngInfo()
        signed.add_text(_SOFTWARE, APP_NAME)
        picture.save(temporary, format="PNG", pnginfo=signed)


def was_drawn_here(path: Path) -> bool:
    """Whether the file is one that `save_png` wrote, and may take the place of."""
    if not path.is_file():  # a pipe may never answer
        return False
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return picture.info.get(_SOFTWARE) == APP_NAME
    except Exception:  # Pillow raises nearly anything on what is no picture
        return False
