"""What the window remembers between runs: a small JSON file in the platform's own place.

A file that does not parse is set aside under another name, with a notice, and the defaults are used.
"""

import os
import stat
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs

from runtime_app.providers import Device
from runtime_app.terminal import APP_NAME
from runtime_app.whole_file import whole_file

RECENT = 8
_MAX_BYTES = 1_000_000


class Settings(msgspec.Struct, frozen=True):
    """theme: dark or light; scale: factor on fonts and spacing, 0 for automatic; width, height: of the window in
    pixels, 0 for what the scale wants; opacity: of the evidence map, 0 to 1; threads: of one prediction on the CPU, 0 for
    all cores;
    recent_bundles, recent_folders: newest first."""

    theme: Literal["dark", "light"] = "dark"
    scale: float = 0.0
    width: int = 0
    height: int = 0
    opacity: float = 0.5
    show_evidence: bool = True
    grid_cells: bool = False
    colours: Literal["viridis", "cividis"] = "viridis"
    device: Device = "auto"
    precision: str = "auto"
    resize: Literal["", "crop", "letterbox", "stretch"] = ""
    threads: int = 0
    recent_bundles: tuple[str, ...] = ()
    recent_folders: tuple[str, ...] = ()


def settings_file() -> Path:
    return platformdirs.user_config_path(APP_NAME, appauthor=False) / "settings.json"


def load_settings(path: Path | None = None) -> tuple[Settings, str | None]:
    """The settings and, when the file was broken, a notice for the person: one sentence that says where it went."""
    path = path or settings_file()
    try:
        return _checked(msgspec.json.decode(_read(path), type=Settings)), None
    except FileNotFoundError:
        return Settings(), None
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        aside = path.with_name(path.name + ".broken")
        try:
            path.replace(aside)
        except OSError:
            return Settings(), "The settings could not be read; defaults are used."
        return Settings(), f"The settings could not be read and were set aside as {aside}; defaults are used."
    except OSError as error:
        return Settings(), f"The settings could not be read ({error.strerror}); defaults are used."


def _read(path: Path) -> bytes:
    """Raises ValueError for what the app never wrote: a pipe may never answer, a device never end."""
    status = path.stat()
    if not stat.S_ISDIR(status.st_mode) and (not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES):
        raise ValueError(f"{path} is no settings file")
    return path.read_bytes()


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Raises OSError."""
    path = path or settings_file()
    with whole_file(path) as temporary:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(settings), indent=2) + b"\n")


def remember(recent: tuple[str, ...], entry: Path) -> tuple[str, ...]:
    """`entry` first, without its older mention, at most RECENT of them."""
    name = str(entry.absolute())
    if not name.isprintable() or "\udcff" >= max(name, default="") >= "\ud800":
        return recent  # bytes that are no text cannot be kept in JSON
    return (name, *(other for other in recent if other != name))[:RECENT]


def _checked(settings: Settings) -> Settings:
    """Bring numbers that would make the window unusable back into range."""
    return msgspec.structs.replace(
        settings,
        scale=settings.scale and min(max(settings.scale, 0.5), 4.0),
        opacity=min(max(settings.opacity, 0.0), 1.0),
        width=settings.width and min(max(settings.width, 640), 16384),
        height=settings.height and min(max(settings.height, 400), 16384),
        threads=min(max(settings.threads, 0), os.cpu_count() or 1),
    )
