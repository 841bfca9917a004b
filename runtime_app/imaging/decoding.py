"""A picture's file -> an upright RGB picture."""

import contextlib
import io
import logging
import os
import stat
import warnings
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from runtime_app.errors import UserError
from runtime_app.imaging.as_stored import find_frame, find_misread, set_right
from runtime_app.imaging.picture_parts import find_flood
from runtime_app.imaging.rgb import on_white, to_rgb

# Every other decoder of Pillow stays closed: fewer formats, fewer ways in for a hostile file.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 5 * MAX_PIXELS  # the largest picture, unpacked, with four channels and much else around it
# At the peak, measured; the file's own bytes come on top. Most pictures need 8, a progressive CMYK JPEG 12 while its
# coefficients are there, WebP 16, because its decoder keeps two canvases besides what it hands over.
BYTES_PER_PIXEL, BYTES_PER_WEBP_PIXEL = 12, 16
_TILE_SIZE = (322, 323)  # tags of TIFF: width and height of every tile

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False
# glibc keeps freed blocks below 32 MiB for the thread that asked for them; Pillow's 16 MiB blocks added up to 700 MB.
Image.core.set_block_size(64 << 20)
# Remarks of the decoders on odd files help nobody; a picture either opens or is refused with a reason.
warnings.filterwarnings("ignore", module="PIL")
logging.getLogger("PIL").addHandler(logging.NullHandler())
warnings.simplefilter("error", Image.DecompressionBombWarning)


class PictureError(UserError):
    """A picture that cannot be used; the title names the file."""

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(title, advice, exit_status=1)


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
            return to_rgb(image) if frame is None else on_white(to_rgb(image), frame)
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
