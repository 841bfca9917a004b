"""Which files of a folder are pictures."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP or TIFF"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})


def list_pictures(folder: Path) -> list[Path]:
    """All files below `folder` whose suffix names a picture format, in name order; a link that leads nowhere is one that
    cannot be read.

    A subfolder that goes away meanwhile does not hide the others; one that is closed to us is named itself, as what cannot
    be read."""
    failed: list[OSError] = []
    found = [Path(parent, name) for parent, files in walk(folder, failed.append) for name in files]
    closed = [Path(os.fsdecode(error.filename)) for error in failed if isinstance(error, PermissionError)]
    return sorted([*closed, *(path for path in found if path.suffix.lower() in SUFFIXES)])


def walk(folder: Path, onerror: Callable[[OSError], None] | None = None) -> Iterator[tuple[str, list[str]]]:
    """(folder, names of its files) of this folder and those below it, each before its subfolders, those in name order."""
    for parent, folders, files in os.walk(folder, onerror=onerror, followlinks=True):
        top = parent == os.fspath(folder)
        folders[:] = [name for name in sorted(folders) if enters(Path(parent, name), folder if top else None)]
        yield parent, files


def enters(folder: Path, opened: Path | None) -> bool:
    """Whether pictures are looked for in a subfolder. Links are followed where a class's folder may be one, directly below
    the folder that was opened, unless they lead back to where they came from. opened: None for those that lie deeper."""
    return not os.path.islink(folder) or (opened is not None and not opened.resolve().is_relative_to(folder.resolve()))


def list_by_subfolder(folder: Path) -> dict[str, list[Path]]:
    """Each subfolder's name -> the pictures below it, in name order. Raises OSError when `folder` cannot be read."""
    found: dict[str, list[Path]] = {path.name: [] for path in sorted(folder.iterdir()) if path.is_dir()}
    for picture in list_pictures(folder):
        subfolder = picture.relative_to(folder).parts[0]
        if subfolder in found:
            found[subfolder].append(picture)
    return found
