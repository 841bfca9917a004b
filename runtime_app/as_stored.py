"""What a picture's file says and Pillow takes otherwise or leaves out: put right, or looked up, before decoding."""

from typing import Any

from PIL import ImageFile

_WIDENED = {"L;2": 85, "L;4": 17}  # what greys of 2 and 4 bits are multiplied by, to fill 8


def set_right(image: ImageFile.ImageFile) -> None:
    """To be called on what was opened and not yet decoded."""
    if image.format == "PNG" and image.tile:
        _set_clear_colour(image.info, image.tile[0].args)


def _set_clear_colour(info: dict[str | tuple[int, int], Any], stored: Any) -> None:
    """The one that is transparent is told in the file's bits; of more than 8, the upper ones are left of pixels."""
    clear = info.get("transparency")
    if stored in _WIDENED and isinstance(clear, int):
        info["transparency"] = clear * _WIDENED[stored]
    elif stored == "RGB;16B" and isinstance(clear, tuple):
        info["transparency"] = tuple(value >> 8 for value in clear)
