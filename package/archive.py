"""One .zip of a folder as it is, executable bits and links included (shutil's own follows links), and its SHA-256."""

import hashlib
import stat
import zipfile
from pathlib import Path


def zip_folder(folder: Path, destination: Path) -> None:
    """The folder itself is the archive's only top-level entry. destination: a file that is not there yet."""
    with zipfile.ZipFile(destination, "x", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder.parent).as_posix()
            if path.is_symlink():
                link = zipfile.ZipInfo(name)
                link.create_system = 3  # Unix, whose modes lie in the upper half of external_attr
                link.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(link, path.readlink().as_posix())
            elif path.is_file():
                archive.write(path, name)


def write_checksum(path: Path) -> Path:
    """FILE.sha256 beside it, as `sha256sum --check` reads it."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    checksum = path.with_name(path.name + ".sha256")
    checksum.write_text(f"{digest}  {path.name}\n", encoding="ascii", newline="\n")
    return checksum


def folder_bytes(folder: Path) -> int:
    """Sum of the sizes of all files; links count nothing."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
