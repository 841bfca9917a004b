"""What a picture's file says and Pillow takes otherwise or leaves out: put right, or looked up, before decoding."""

from typing import Any

from PIL import ImageFile

from runtime_app.imaging import ppm

# Tags of TIFF.
_BITS, _PHOTOMETRIC, _FILL, _SAMPLES, _PLANES, _TILE_WIDTH, _EXTRA_SAMPLES = 258, 262, 266, 277, 284, 322, 338
_ZERO_IS_WHITE, _ZERO_IS_BLACK, _SEPARATE = 0, 1, 2
# libtiff has brought these numbers into the machine's own order; Pillow would turn them round again.
_OWN_ORDER = {"F;32BF": "F;32NF", "I;16BS": "I;16NS", "I;32BS": "I;32NS"}
_WIDENED = {"L;2": 85, "L;4": 17}  # what greys of 2 and 4 bits are multiplied by, to fill 8


def set_right(image: ImageFile.ImageFile) -> None:
    """To be called on what was opened and not yet decoded."""
    tiles = image.tile or []
    if image.format == "PNG" and tiles:
        _set_clear_colour(image.info, tiles[0].args)
    for index, tile in enumerate(tiles):
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple) and tile.args[0] in _OWN_ORDER:
            tiles[index] = tile._replace(args=(_OWN_ORDER[tile.args[0]], *tile.args[1:]))
        elif tile.codec_name == ppm.SLOW:
            tiles[index] = tile._replace(codec_name=ppm.BY_ROWS)


def _set_clear_colour(info: dict[str | tuple[int, int], Any], stored: Any) -> None:
    """The one that is transparent is told in the file's bits; of more than 8, the upper ones are left of pixels."""
    clear = info.get("transparency")
    if stored in _WIDENED and isinstance(clear, int):
        info["transparency"] = clear * _WIDENED[stored]
    elif stored == "RGB;16B" and isinstance(clear, tuple):
        info["transparency"] = tuple(value >> 8 for value in clear)


def find_frame(image: ImageFile.ImageFile) -> tuple[int, int, int, int] | None:
    """Of a GIF whose first frame does not fill its screen, where that lies (left, top, right, bottom): nothing is around it,
    where Pillow puts the first colour of the palette. None where it fills the screen, or a transparent colour does."""
    if image.format != "GIF" or not image.tile or "transparency" in image.info:
        return None
    frame = image.tile[0].extents
    return None if frame == (0, 0, *image.size) else frame


def find_misread(image: ImageFile.ImageFile) -> str | None:
    """What Pillow would decode to other pixels, as the end of a sentence: of planes that are not packed, it knows the usual
    ones alone, and does not count an alpha without a name."""
    tags = _tags(image)
    if tags.get(_PLANES) != _SEPARATE or image.info.get("compression") != "raw":
        return None
    bits, photometric = set(tags.get(_BITS, (1,))), tags.get(_PHOTOMETRIC)
    usual = (bits == {8} and photometric != _ZERO_IS_WHITE) or (bits == {1} and photometric == _ZERO_IS_BLACK)
    unnamed_alpha = tags.get(_SAMPLES, 1) > 3 and _EXTRA_SAMPLES not in tags
    if usual and tags.get(_FILL, 1) == 1 and not (_TILE_WIDTH in tags and unnamed_alpha):
        return None
    return "keeps its colours apart and unpacked, in a way that cannot be decoded here"


def black_and_white(image: ImageFile.ImageFile) -> tuple[int, int]:
    """Of a picture of integers of more than 8 bits, which numbers these are: 0 and 65535, unless a TIFF says otherwise."""
    tags = _tags(image)
    white = 4095 if tags.get(_BITS) == (12,) else 65535
    return (white, 0) if tags.get(_PHOTOMETRIC) == _ZERO_IS_WHITE else (0, white)


def _tags(image: ImageFile.ImageFile) -> Any:
    return getattr(image, "tag_v2", {})
