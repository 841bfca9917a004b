"""Licences of what the app is made of: the list made when it was packaged, or what the installed libraries say themselves."""

import contextlib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import msgspec

from runtime_app import APP_NAME, __version__
from runtime_app.versions import LIBRARIES

_LIST = Path(__file__).with_name("licences.json")
_SHORT = 80  # some put the whole text where the name belongs
_WORDS = ("licen", "copying", "notice")


class Licence(msgspec.Struct, frozen=True):
    """name and version of a part; licence: what it is called in a few words; text: of the licence files, may be empty."""

    name: str
    version: str
    licence: str
    text: str = ""


def inside() -> list[Licence]:
    """Everything inside the packaged app; in an ordinary Python the libraries that the app imports. By name."""
    if _LIST.is_file():
        return msgspec.json.decode(_LIST.read_bytes(), type=list[Licence])
    found = list(own())
    for name in LIBRARIES:
        try:
            found.append(of_distribution(distribution(name)))
        except PackageNotFoundError:
            continue
    return sorted(found, key=lambda part: part.name.lower())


def own() -> Iterator[Licence]:
    """The app itself and its typeface, from the licence files that lie beside them."""
    root = Path(__file__).parent
    yield from_file("Roboto", "", root / "view" / "fonts" / "LICENCE.txt")
    if (root.parent / "LICENSE").is_file():
        yield from_file("Evidence", __version__, root.parent / "LICENSE")
        return
    with contextlib.suppress(PackageNotFoundError):
        yield of_distribution(distribution(APP_NAME))


def from_file(name: str, version: str, path: Path) -> Licence:
    """A licence file calls itself something in its first line."""
    text = path.read_text(encoding="utf-8")
    return Licence(name, version, next(line.strip() for line in text.splitlines() if line.strip()), text)


def of_distribution(part: Distribution) -> Licence:
    """From the metadata of an installed Python distribution and the licence files it brings."""
    metadata = part.metadata
    expression, field = ("".join(metadata.get_all(name) or ()) for name in ("License-Expression", "License"))
    classifiers = [
        value.rsplit(" :: ", 1)[1] for value in metadata.get_all("Classifier") or () if value.startswith("License ::")
    ]
    short = field if 0 < len(field) <= _SHORT and "\n" not in field else ""
    files = sorted(file for file in part.files or () if any(word in file.name.lower() for word in _WORDS))
    texts = [
        Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
        for file in files
        if file.suffix in ("", ".txt", ".md")
    ]
    return Licence(
        part.name,
        part.version,
        expression or short or ", ".join(classifiers) or "see its licence file",
        "\n\n".join(dict.fromkeys(texts)),
    )
