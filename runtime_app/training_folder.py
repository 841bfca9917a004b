"""Copies of pictures, one subfolder per class: what the trainer takes as `--data`."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from runtime_app.errors import UserError, explain

_NAME_BYTES = 255  # the longest name that common file systems take
# What Windows takes for a device, whatever the suffix.
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(1, 10))}


@dataclass(frozen=True)
class Copied:
    """failures: pictures that could not be copied; reason: why the first of them, "" without any."""

    copied: int
    failures: int
    reason: str


def copy_pictures(
    pictures: Iterable[tuple[Path, str]], target: Path, *, before_each: Callable[[], None] = lambda: None
) -> Copied:
    """pictures: (file, class); the files themselves stay untouched. `target` is made, and is not there before; it gets its
    name when all is in it, so that no half of it is taken for the whole. before_each: may raise to end it.

    A picture that cannot be copied does not stop the others. Raises UserError when the disk is full, and OSError when
    `target` cannot be made.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        unfinished.mkdir(parents=True)
    except OSError as error:
        error.filename = str(target)
        raise
    try:
        copied = _copy_all(list(pictures), unfinished, target, before_each)
    except BaseException as error:
        if isinstance(error, UserError):
            unfinished.rename(target)
        else:
            shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(target)
    return copied


def _copy_all(wanted: list[tuple[Path, str]], folder: Path, target: Path, before_each: Callable[[], None]) -> Copied:
    """Into `folder`, which is called `target` where it is spoken of."""
    folders = folder_names(name for _, name in wanted)
    numbers: dict[tuple[str, str], int] = {}
    copied, failures, reason = 0, 0, ""
    for picture, name in wanted:
        before_each()
        place = folder / folders[name]
        try:
            place.mkdir(exist_ok=True)
            _copy(picture, _free_name(place, picture.name, numbers))
            copied += 1
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise UserError(
                    f"The disk is full: {copied:,} of {len(wanted):,} pictures were copied to {target}.",
                    "Free some space and save again; what was copied may be deleted.",
                    exit_status=1,
                ) from error
            failures += 1
            reason = reason or explain(error).title
    return Copied(copied, failures, reason)


def _copy(picture: Path, goal: Path) -> None:
    try:
        shutil.copyfile(picture, goal)
    except OSError:
        goal.unlink(missing_ok=True)  # half a picture is no picture
        raise


def _free_name(place: Path, name: str, numbers: dict[tuple[str, str], int]) -> Path:
    """The picture's own name, or with -2, -3 …. numbers: the last one given to each name, so that thousands of pictures of
    one name are not counted through each time."""
    key = (place.name, name.casefold())
    number = numbers.get(key, 0) + 1
    stem, suffix = os.path.splitext(name)
    goal = place / name if number == 1 else _numbered(place, stem, number, suffix)
    while goal.exists():
        number += 1
        goal = _numbered(place, stem, number, suffix)
    numbers[key] = number
    return goal


def _numbered(place: Path, stem: str, number: int, suffix: str) -> Path:
    end = f"-{number}{suffix}"
    return place / (_shortened(stem, _NAME_BYTES - len(os.fsencode(end))) + end)


def _shortened(text: str, most: int) -> str:
    """Without what goes beyond `most` bytes, never half a character."""
    while len(os.fsencode(text)) > most:
        text = text[:-1]
    return text


def folder_names(classes: Iterable[str]) -> dict[str, str]:
    """Class -> its folder, another one for each class, also where case is ignored. Those that can keep their name do."""
    names = list(dict.fromkeys(classes))
    names.sort(key=lambda name: folder_name(name) != name)  # what needs no change is named first
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = folder = folder_name(name)
        number = 1
        while folder.casefold() in taken:
            number += 1
            end = f"-{number}"
            folder = _shortened(plain, _NAME_BYTES - len(end)) + end
        taken.add(folder.casefold())
        found[name] = folder
    return found


def folder_name(label: str) -> str:
    """A class name as one folder's name on any platform; names that are one already stay as they are."""
    plain = "".join("_" if character in '/\\:*?"<>|' or ord(character) < 32 else character for character in label)
    plain = _shortened(plain.strip(" ."), _NAME_BYTES).rstrip(" .") or "_"
    return f"{plain}_" if plain.split(".")[0].rstrip().casefold() in _DEVICES else plain
