"""File -> upright RGB picture -> network input. The one definition: the app, the trainer and the parity gate all call it."""

from runtime_app.imaging.decoding import (
    BYTES_PER_PIXEL,
    BYTES_PER_WEBP_PIXEL,
    FORMATS,
    MAX_FILE_BYTES,
    MAX_PIXELS,
    PictureError,
    open_picture,
)
from runtime_app.imaging.listing import FORMATS_IN_WORDS, SUFFIXES, enters, list_by_subfolder, list_pictures, walk
from runtime_app.imaging.preparing import RESIZES, Prepared, Region, Resize, prepare

__all__ = [
    "BYTES_PER_PIXEL",
    "BYTES_PER_WEBP_PIXEL",
    "FORMATS",
    "FORMATS_IN_WORDS",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "RESIZES",
    "SUFFIXES",
    "PictureError",
    "Prepared",
    "Region",
    "Resize",
    "enters",
    "list_by_subfolder",
    "list_pictures",
    "open_picture",
    "prepare",
    "walk",
]
