"""File -> upright RGB picture -> network input. The one definition: the app, the trainer and the parity gate all call it."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from runtime_app.errors import UserError

Resize = Literal["crop", "letterbox", "stretch"]
RESIZES: tuple[Resize, ...] = ("crop", "letterbox", "stretch")

# Every other decoder of Pillow stays closed: fewer formats, fewer ways in for a hostile file.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"})
MAX_PIXELS = 100_000_000
_LETTERBOX_GREY = (128, 128, 128)

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False
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


def open_picture(source: Path | bytes, name: str | None = None) -> Image.Image:
    """Decode a file (or its bytes) to an upright 8-bit RGB picture.

    EXIF orientation is applied, transparency composited on white, 16-bit, palette, CMYK and grey converted.
    Of an animation the first frame counts. Raises PictureError with the reason and what to do.
    """
    label = name or (str(source) if isinstance(source, Path) else "the picture")
    try:
        data = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        raise PictureError(
            f"{label} cannot be read ({error.strerror}).", "Check that the file exists and may be opened."
        ) from error
    if not data:
        raise PictureError(f"{label} is empty (0 bytes).", "Choose another file.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _refuse_huge(image, label)
            return _to_rgb(ImageOps.exif_transpose(image))
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
        picture, shift = _pad(picture, source)
        return Prepared(_resample(picture, shift, width, height), source)
    else:
        source = Region(0, 0, picture.width, picture.height)
    return Prepared(_resample(picture, source, width, height), source)


def list_pictures(folder: Path) -> list[Path]:
    """All files below `folder` whose suffix names a picture format, in name order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _refuse_huge(image: Image.Image, label: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(label)


def _too_large(label: str) -> PictureError:
    return PictureError(
        f"{label} has more than {MAX_PIXELS // 1_000_000} megapixels.", "Save a smaller copy and open that."
    )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_8_bit(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit integers by 1/257; floating point pictures are taken as 0..1 unless they reach beyond."""
    values = np.asarray(image, dtype=np.float64)
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    full_scale = 65535.0 if image.mode.startswith("I") else (1.0 if finite.max(initial=0.0) <= 1.0 else 255.0)
    return Image.fromarray(np.rint(np.clip(finite / full_scale, 0, 1) * 255).astype(np.uint8))


def _centred(size: tuple[int, int], aspect: float, *, inside: bool) -> Region:
    """The centred rectangle of that aspect ratio (width / height) which just fits inside or just encloses the picture."""
    fit = min if inside else max
    width = fit(size[0], size[1] * aspect)
    height = width / aspect
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return Region(left, top, left + width, top + height)


def _pad(picture: Image.Image, region: Region) -> tuple[Image.Image, Region]:
    """Paste the picture on grey, large enough for `region`; returns it with the region in its coordinates."""
    left, top = int(np.ceil(max(0.0, -region.left))), int(np.ceil(max(0.0, -region.top)))
    canvas = Image.new("RGB", (picture.width + 2 * left, picture.height + 2 * top), _LETTERBOX_GREY)
    canvas.paste(picture, (left, top))
    return canvas, Region(region.left + left, region.top + top, region.right + left, region.bottom + top)


def _resample(picture: Image.Image, region: Region, width: int, height: int) -> NDArray[np.uint8]:
    box = (region.left, region.top, region.right, region.bottom)
    if picture.size == (width, height) and box == (0, 0, width, height):
        return np.asarray(picture, dtype=np.uint8)
    resized = picture.resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized, dtype=np.uint8)
