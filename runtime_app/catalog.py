"""Find bundles and choose the newest: the one whose training run started last, never the one whose file is youngest."""

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import platformdirs

from runtime_app import APP_NAME
from runtime_app.bundle import Bundle, BundleError, is_bundle, open_bundle, read_manifest
from runtime_app.errors import UserError
from runtime_app.installation import app_folder, in_checkout
from runtime_app.manifest import Manifest

_FEW = 200


@dataclass(frozen=True)
class Entry:
    """A bundle whose manifest could be read; its other files are checked when it is opened."""

    path: Path
    manifest: Manifest


def default_folders() -> list[Path]:
    """./artifacts/bundles, or `bundles` beside the packaged app's executable; then the user's data folder."""
    packaged = app_folder()
    first = Path("artifacts/bundles") if packaged is None else packaged / "bundles"
    return [first, platformdirs.user_data_path(APP_NAME, appauthor=False) / "bundles"]


def no_bundle_advice() -> str:
    """What to do when there is no bundle. A checkout has one, which is found from within it."""
    start = "Start the program in the checkout, put" if in_checkout() else "Put"
    return f"{start} one into {default_folders()[-1]}, or name a bundle with --bundle."


def find_bundles(folders: list[Path] | None = None) -> list[Entry]:
    """All bundles in these folders, newest first; what cannot be read is left out. Of one run's, a folder comes before a
    .zip, which is a copy to give away and may be older."""
    entries = []
    for folder in default_folders() if folders is None else folders:
        for path in _inside(folder):
            if not is_bundle(path):
                continue
            try:
                entries.append(Entry(path, read_manifest(path)))
            except BundleError:
                continue
    return sorted(entries, key=_newness, reverse=True)


def _newness(entry: Entry) -> tuple[str, bool, str]:
    return entry.manifest.provenance.run_started, entry.path.is_dir(), entry.path.name


def holds_bundles(folder: Path) -> bool:
    """Whether this is a folder of bundles. One with more than a few entries is not looked through: it holds pictures."""
    try:
        with os.scandir(folder) as found:
            entries = list(islice(found, _FEW + 1))
    except OSError:
        return False
    return len(entries) <= _FEW and any(
        is_bundle(Path(entry.path)) for entry in entries if not entry.name.startswith(".")
    )


def _inside(folder: Path) -> list[Path]:
    """Without hidden ones: so are called the bundles that an export is still writing, or has just replaced."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:  # not there, no folder, or closed to us
        return []


def open_newest(folders: list[Path] | None = None) -> Bundle:
    """Open the newest bundle. Raises UserError when there is none, or when the newest is damaged."""
    entries = find_bundles(folders)
    if not entries:
        searched = " and ".join(str(folder) for folder in (default_folders() if folders is None else folders))
        raise UserError(f"There is no bundle in {searched}.", no_bundle_advice())
    return open_bundle(entries[0].path)


def open_bundle_or_newest(path: Path | None) -> Bundle:
    """The bundle at `path`, or in it when it is a folder of bundles; without a path, the newest."""
    if path is None:
        return open_newest()
    if path.is_dir() and not is_bundle(path) and find_bundles([path]):
        return open_newest([path])
    return open_bundle(path)
