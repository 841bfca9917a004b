"""A drawn picture becomes a file whole or not at all."""

import os
from pathlib import Path

from PIL import Image


def save_png(path: Path, picture: Image.Image) -> None:
    """Write beside `path`, then rename into it; missing folders are made. Raises OSError when that cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{os.getpid()}.part")
    try:
        picture.save(temporary, format="PNG")
        temporary.replace(path)
    except OSError as error:
        if error.filename is not None:
            error.filename = str(path)  # the name that the person knows
        raise
    finally:
        temporary.unlink(missing_ok=True)
