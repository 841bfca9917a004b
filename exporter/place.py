"""What lies already where a bundle is to go, and whether a new one may take its place."""

import os
import tempfile
import zipfile
from pathlib import Path
from typing import Literal

from runtime_app.bundle import MANIFEST, BundleError, open_bundle, read_manifest
from runtime_app.errors import UserError

Found = Literal["nothing", "the same", "another"]
# What exports write, so that a bundle whose manifest says nothing any more can be replaced too; and what file managers leave.
_PARTS = {MANIFEST, "MODEL_CARD.md", "golden.npz", *(f"model{variant}.onnx" for variant in ("", ".int8", ".fp16"))} | {
    f"report/{name}" for name in ("parity.json", "metrics.json", "confusion.png", "reliability.png", "curves.png")
}
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")


def refuse_early(destination: Path, archive: Path | None, checkpoint_sha256: str, *, overwrite: bool) -> None:
    """Say at the start what would be refused at the end: a bundle of another checkpoint, a stranger or a link has the name
    of the folder or of the .zip, or nothing can be written there."""
    above = next((path for path in destination.parents if os.path.lexists(path)), Path())
    if not above.is_dir():
        raise UserError(f"{above} is no folder, so no bundle can be put there.", "Pass another --bundles.")
    taken = [destination] if _folder_is_taken(destination) else []
    if archive is not None and _archive_is_taken(archive):
        taken.append(archive)
    for place in taken:
        if not _comes_from(place, checkpoint_sha256):
            if not overwrite:
                raise _other_bundle(place)
            _refuse_strangers(place)
    if overwrite or len(taken) < (1 if archive is None else 2):  # otherwise the same is there, and nothing is written
        _refuse_unwritable(above, destination)


def found_folder(destination: Path, manifest: bytes, *, overwrite: bool) -> Found:
    """What has the folder's name: "another" is a bundle that may be replaced. Raises UserError for all that may not."""
    if not _folder_is_taken(destination):
        return "nothing"
    return _same_or_another(destination, _is_identical(destination, manifest), overwrite)


def found_archive(archive: Path, content: bytes, *, overwrite: bool) -> Found:
    """The same for the .zip; content: the bytes that it is to have."""
    if not _archive_is_taken(archive):
        return "nothing"
    return _same_or_another(archive, archive.read_bytes() == content, overwrite)


def older_archive(destination: Path) -> Path | None:
    """The .zip beside a bundle when it holds another one, which people may be given by mistake."""
    archive = destination.with_name(f"{destination.name}.zip")
    try:
        return archive if read_manifest(archive).digest != read_manifest(destination).digest else None
    except BundleError:
        return None


def _refuse_unwritable(above: Path, destination: Path) -> None:
    """Make the folders that are missing, out of sight in the one that is there, and remove them again."""
    missing = [name for name in destination.relative_to(above).parts if name != ".."]
    try:
        with tempfile.TemporaryDirectory(prefix=".trial-", dir=above) as trial:
            Path(trial, *missing).mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f"No bundle can be written to {destination.parent} ({error.strerror or error}).", "Pass another --bundles."
        ) from error


def _same_or_another(place: Path, identical: bool, overwrite: bool) -> Found:
    if not identical and not overwrite:
        raise _other_bundle(place)
    if not identical:
        _refuse_strangers(place)
    return "the same" if identical else "another"


def _folder_is_taken(folder: Path) -> bool:
    """Whether a bundle, perhaps a damaged one, has that name. What else has it raises: no option lets that be deleted."""
    if not os.path.lexists(folder):
        return False
    _refuse_link(folder)
    if not folder.is_dir():
        raise _no_bundle(folder)
    if not any(folder.iterdir()):
        return False
    if not (folder / MANIFEST).is_file():
        raise _no_bundle(folder)
    return True


def _archive_is_taken(archive: Path) -> bool:
    """The same for the .zip."""
    if not os.path.lexists(archive):
        return False
    _refuse_link(archive)
    if not archive.is_file() or MANIFEST not in _members(archive):
        raise _no_bundle(archive)
    return True


def _members(archive: Path) -> list[str]:
    with open(archive, "rb") as file:
        try:
            return zipfile.ZipFile(file).namelist()
        except Exception:  # zipfile raises nearly anything on what is no archive
            return []


def _refuse_strangers(place: Path) -> None:
    """A file that neither this bundle nor any export put there is the person's own: no option lets it be deleted."""
    if place.is_dir():
        inside = (path for path in place.rglob("*") if path.is_symlink() or not path.is_dir())
        names = [path.relative_to(place).as_posix() for path in inside]
    else:
        names = _members(place)
    try:
        ours = {MANIFEST} | {entry.path for entry in read_manifest(place).files}
    except BundleError:
        ours = _PARTS
    for name in sorted(names):
        if name not in ours and name.split("/")[-1] not in _LITTER:
            raise UserError(
                f"{place} holds {name}, which is no part of a bundle, so it is not replaced.",
                "Move that file away, or pass another --name or --bundles.",
            )


def _comes_from(place: Path, checkpoint_sha256: str) -> bool:
    try:
        return read_manifest(place).provenance.checkpoint_sha256 == checkpoint_sha256
    except BundleError:
        return False


def _is_identical(destination: Path, manifest: bytes) -> bool:
    """The same manifest, which holds every file's hash, and files that are what it says."""
    try:
        return bool(open_bundle(destination).manifest.digest) and (destination / MANIFEST).read_bytes() == manifest
    except (BundleError, OSError):
        return False


def _refuse_link(place: Path) -> None:
    if place.is_symlink():
        raise UserError(
            f"{place} is a link, and a bundle is never put in the place of one.",
            "Remove the link, or pass another --name or --bundles.",
        )


def _no_bundle(place: Path) -> UserError:
    return UserError(
        f"{place} is there and is no bundle, so it is not replaced.",
        "Move it away, or pass another --name or --bundles.",
    )


def _other_bundle(place: Path) -> UserError:
    return UserError(f"There is already another bundle {place}.", "Pass --overwrite, or another --name or --bundles.")
