"""Which bundles can be opened or compared: what lies in the usual folders, and what was opened before."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from runtime_app.bundle import is_bundle, read_manifest
from runtime_app.catalog import Entry, find_bundles
from runtime_app.errors import UserError
from runtime_app.presenter.tasks import Loaded


@dataclass(frozen=True)
class BundleEntry:
    """One line of the list of bundles."""

    path: Path
    name: str
    accuracy: str
    date: str


@dataclass(frozen=True)
class Opinion:
    """A bundle and one of its variants that may be compared with the open one."""

    path: Path
    precision: str
    words: str
    accuracy: str


def list_bundles(elsewhere: list[Path]) -> list[BundleEntry]:
    """What the usual folders hold, newest first, then bundles from elsewhere that can still be read."""
    found = find_bundles()
    known = {entry.path.absolute() for entry in found}
    for path in elsewhere:
        if path.absolute() not in known and is_bundle(path):
            with contextlib.suppress(UserError):
                found.append(Entry(path, read_manifest(path)))
    return [
        BundleEntry(
            entry.path,
            entry.manifest.name,
            f"{100 * entry.manifest.variants[0].test_accuracy:.1f} %",
            entry.manifest.provenance.run_started[:10],
        )
        for entry in found
    ]


def list_opinions(loaded: Loaded | None, entries: list[BundleEntry]) -> list[Opinion]:
    """What the open bundle can be compared with: its own other variants, then other bundles."""
    if loaded is None:
        return []
    bundle = loaded.bundle
    opinions = [
        Opinion(
            bundle.path,
            variant.precision,
            f"{bundle.manifest.name} {variant.precision}",
            f"{100 * variant.test_accuracy:.1f} %",
        )
        for variant in bundle.manifest.variants
        if variant.precision != loaded.classifier.engine.precision
    ]
    others = (entry for entry in entries if entry.path.absolute() != bundle.path.absolute())
    return opinions + [Opinion(entry.path, "auto", entry.name, entry.accuracy) for entry in others]
