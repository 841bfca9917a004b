"""File -> upright RGB picture -> network input. The one definition: the app, the trainer and the parity gate all call it."""

import contextlib
import io
import os
import stat
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from runtime_app.as_stored import black_and_white, find_frame, find_misread, set_right
from runtime_app.errors import UserError
from runtime_app.picture_parts import find_flood

Resize = Literal["crop", "letterbox", "stretch"]
RESIZES: tuple[Resize, ...] = ("crop", "letterbox", "stretch")

# Every other decoder of Pillow stays closed: fewer formats, fewer ways in for a hostile file.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
FORMATS_IN_WORDS = "PNG, JPEG, WebP, GIF, BMP or TIFF"
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 5 * MAX_PIXELS  # the largest picture, unpacked, with four channels and much else around it
# At the peak, measured; the file's own bytes come on top. Most pictures need 8, a progressive CMYK JPEG 12 while its
# coefficients are there, WebP 16, because its decoder keeps two canvases besides what it hands over.
BYTES_PER_PIXEL, BYTES_PER_WEBP_PIXEL = 12, 16
# Conversions that need copies of a picture, or wide numbers, work on this many pixels at a time.
_STRIP_PIXELS = 1 << 20
_LETTERBOX_GREY = (128, 128, 128)
_TILE_SIZE = (322, 323)  # tags of TIFF: width and height of every tile

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False
# glibc keeps freed blocks below 32 MiB for the thread that asked for them; Pillow's 16 MiB blocks added up to 700 MB.
Image.core.set_block_size(64 << 20)
# Remarks of the decoders on odd files help nobody; a picture either opens or is refused with a reason.
warnings.filterwarnings("ignore", module="PIL")
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PictureError(UserError):
    """A picture that cannot be used; the title names the file."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(title, advice, exit_status=1)


@dataclass(frozen=True)
class Region:
    """A rectangle of the upright picture in pixels; it may reach beyond the edges (letterbox)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Prepared:
    """What the network receives. image: uint8 [H, W, 3], RGB; region: the part of the picture that `image` shows."""

    image: NDArray[np.uint8]
    region: Region


def open_picture(
    source: Path | bytes, name: str | None = None, before_decoding: Callable[[int], None] | None = None
) -> Image.Image:
    """Decode a file (or its bytes) to an upright 8-bit RGB picture.

    EXIF orientation is applied, transparency composited on white, 16-bit, palette, CMYK and grey converted.
    Of an animation the first frame counts. `before_decoding` is told how many bytes decoding may need, before they are
    taken. Raises PictureError with the reason and what to do.
    """
    label = name or (str(source) if isinstance(source, Path) else "the picture")
    data = _read(source, label) if isinstance(source, Path) else source
    if not data:
        raise PictureError(f"{label} is empty (0 bytes).", "Choose another file.")
    if (flood := find_flood(data)) is not None:
        raise PictureError(f"{label} {flood}.", "Open it in another program and save it again.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if (pixels := _pixels(image)) > MAX_PIXELS:
                raise _too_large(label)
            if before_decoding is not None:
                before_decoding(pixels * (BYTES_PER_WEBP_PIXEL if image.format == "WEBP" else BYTES_PER_PIXEL))
            set_right(image)
            if (misread := find_misread(image)) is not None:
                raise PictureError(f"{label} {misread}.", "Open it in another program and save it again.")
            frame = find_frame(image)
            _turn_upright(image)
            return _to_rgb(image) if frame is None else _on_white(_to_rgb(image), frame)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{label} is not a picture that can be opened.", f"Use one of {', '.join(FORMATS)}."
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(label) from error
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged files
        raise PictureError(
            f"{label} is damaged and cannot be decoded ({error}).", "Open it in another program and save it again."
        ) from error


def prepare(
    picture: Image.Image, size: tuple[int, int], resize: Resize = "crop", region: Region | None = None
) -> Prepared:
    """Bring an RGB picture to the network's input size (height, width), antialiased.

    crop: the largest centred rectangle of the network's aspect ratio (a square for 32x32); letterbox: the whole
    picture with grey bars; stretch: the whole picture, distorted. `region`, inside the picture, overrides the rule.
    """
    height, width = size
    if region is not None:
        source = region
    elif resize == "crop":
        source = _centred(picture.size, width / height, inside=True)
    elif resize == "letterbox":
        source = _centred(picture.size, width / height, inside=False)
        return Prepared(_letterboxed(picture, source, width, height), source)
    else:
        source = Region(0, 0, picture.width, picture.height)
    return Prepared(_resample(picture, source, width, height), source)


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


def _read(path: Path, label: str) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()  # one that is closed to us says so
        if not stat.S_ISREG(status.st_mode):  # a pipe may never answer, a device never end
            raise PictureError(f"{label} is not an ordinary file.", "Choose a file that holds a picture.")
        if status.st_size > MAX_FILE_BYTES:
            raise PictureError(
                f"{label} has more than {MAX_FILE_BYTES // 1_000_000} megabytes.", "Save a smaller copy and open that."
            )
        with open(path, "rb") as file:
            return file.read(status.st_size)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise PictureError(
            f"{label} cannot be read ({reason}).", "Check that the file exists and may be opened."
        ) from error


def _pixels(image: Image.Image) -> int:
    """How many are decoded: a tile of a TIFF is, as a whole, however small the picture in it."""
    width, height = (getattr(image, "tag_v2", {}).get(tag) for tag in _TILE_SIZE)
    tile = width * height if isinstance(width, int) and isinstance(height, int) else 0
    return max(image.width * image.height, tile)


def _too_large(label: str) -> PictureError:
    return PictureError(
        f"{label} has more than {MAX_PIXELS // 1_000_000} megapixels.", "Save a smaller copy and open that."
    )


def _turn_upright(image: Image.Image) -> None:
    """Of EXIF the orientation alone counts: whatever else cameras and tools wrote there must not cost the picture."""
    image.load()
    with contextlib.suppress(Exception):  # Pillow raises nearly anything on damaged EXIF; it keeps what it has read
        image.getexif()
    for block in ("exif", "Raw profile type exif"):  # or turning writes them anew, with all that Pillow cannot write
        image.info.pop(block, None)
    ImageOps.exif_transpose(image, in_place=True)


def _to_rgb(image: ImageFile.ImageFile) -> Image.Image:
    """`image` itself where it is RGB already: a copy of a large picture would double the memory."""
    wide = image.mode.startswith("I") or image.mode == "F"
    if not wide and not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    ends = _ends(image) if wide else (0.0, 0.0)
    rgb = Image.new("RGB", image.size)
    for top, strip in _strips(image):
        rgb.paste(_composited(_to_8_bit(strip, *ends) if wide else strip), (0, top))
    return rgb


def _on_white(rgb: Image.Image, frame: tuple[int, int, int, int]) -> Image.Image:
    canvas = Image.new("RGB", rgb.size, "white")
    canvas.paste(rgb.crop(frame), frame[:2])
    return canvas


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """(first row, rows from there on), from top to bottom."""
    rows = max(1, _STRIP_PIXELS // max(1, image.width))
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _composited(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _ends(image: ImageFile.ImageFile) -> tuple[float, float]:
    """What counts as black and as white; floating point pictures are taken as 0..1 unless they reach beyond."""
    black, white = black_and_white(image)
    if image.mode.startswith("I"):
        return black, white
    highest = max((_finite(strip).max(initial=0.0) for _, strip in _strips(image)), default=0.0)
    full = 1.0 if highest <= 1.0 else 255.0
    return (full, 0.0) if black > white else (0.0, full)


def _to_8_bit(image: Image.Image, black: float, white: float) -> Image.Image:
    values = _finite(image)
    levels = np.clip((values - black) / (white - black), 0, 1)
    reduced = Image.fromarray(np.rint(levels * 255).astype(np.uint8))
    clear = image.info.get("transparency")
    if isinstance(clear, int):  # PNG's one grey that is transparent, in the file's own range
        reduced.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype(np.uint8)))
    return reduced


def _finite(image: Image.Image) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # numbers that are none, in the file
        return np.nan_to_num(np.asarray(image, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _centred(size: tuple[int, int], aspect: float, *, inside: bool) -> Region:
    """The centred rectangle of that aspect ratio (width / height) which just fits inside or just encloses the picture."""
    fit = min if inside else max
    width = fit(size[0], size[1] * aspect)
    height = width / aspect
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return Region(left, top, left + width, top + height)


def _letterboxed(picture: Image.Image, region: Region, width: int, height: int) -> NDArray[np.uint8]:
    """The picture on grey, with `region` filling the output."""
    left, top = int(np.ceil(max(0.0, -region.left))), int(np.ceil(max(0.0, -region.top)))
    size = (picture.width + 2 * left, picture.height + 2 * top)
    if size[0] * size[1] > MAX_PIXELS:
        return _letterboxed_small(picture, width, height)
    canvas = Image.new("RGB", size, _LETTERBOX_GREY)
    canvas.paste(picture, (left, top))
    inside = Region(region.left + left, region.top + top, region.right + left, region.bottom + top)
    return _resample(canvas, inside, width, height)


def _letterboxed_small(picture: Image.Image, width: int, height: int) -> NDArray[np.uint8]:
    """For pictures whose surround would not fit into memory (a long panorama): reduced first, then set on grey, with its
    edges on whole pixels."""
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    canvas = Image.new("RGB", (width, height), _LETTERBOX_GREY)
    reduced = picture.resize(size, Image.Resampling.BICUBIC)
    canvas.paste(reduced, ((width - size[0]) // 2, (height - size[1]) // 2))
    return np.asarray(canvas, dtype=np.uint8)


def _resample(picture: Image.Image, region: Region, width: int, height: int) -> NDArray[np.uint8]:
    box = (region.left, region.top, region.right, region.bottom)
    if picture.size == (width, height) and box == (0, 0, width, height):
        return np.asarray(picture, dtype=np.uint8)
    resized = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized, dtype=np.uint8)
