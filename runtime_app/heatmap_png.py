"""The probability heatmap as a PNG: pictures (rows) by classes (columns), one fixed scale."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from runtime_app.colours import BLACK, LINEAR, WHITE, Rgb, Scale, ink_on
from runtime_app.errors import UserError
from runtime_app.pipeline import Failure, Outcome
from runtime_app.png_file import save_png
from runtime_app.typeface import MEDIUM, draw_name, load, shorten_apart, text_width

_ROW, _THUMB, _NAME, _PAD = 32, 24, 220, 24
_BODY, _SMALL = 14, 12
_GREY: Rgb = (92, 98, 108)
_COLUMN = (52, 120)  # narrowest and widest column; the class name decides between them
MAX_ROWS = 1000  # 32 pixels each: beyond this, viewers and the PNG format's users struggle
MAX_COLUMNS = 100


def write_heatmap(
    path: Path,
    outcomes: Sequence[Outcome],
    classes: tuple[str, ...],
    *,
    total: int | None = None,
    scale: Scale = LINEAR,
) -> None:
    """Draw the outcomes, in their order, and write the PNG whole or not at all.

    Of more than 1,000 the first 1,000 are drawn, of more than 100 classes the most probable ones, and the picture says
    so. total: how many there are, where `outcomes` are
    the first of them alone. Raises UserError without outcomes, or OSError when the file cannot be written.
    """
    if not outcomes:
        raise UserError(
            "There is no result to draw a heatmap of.", "Choose at least one readable picture.", exit_status=1
        )
    shown = outcomes[:MAX_ROWS]
    left_out = (len(outcomes) if total is None else total) - len(shown)
    save_png(path, draw_heatmap(shown, classes, left_out=left_out, scale=scale))


def draw_heatmap(
    outcomes: Sequence[Outcome], classes: tuple[str, ...], left_out: int = 0, scale: Scale = LINEAR
) -> Image.Image:
    """The heatmap as an RGB picture; left_out: how many more pictures there are, said at its top and its bottom."""
    columns = _columns(outcomes, len(classes))
    names = [classes[index] for index in columns]
    column = int(min(max([_COLUMN[0], *(text_width(name, _SMALL) + 12 for name in names)]), _COLUMN[1]))
    left, top = _PAD + _THUMB + 12 + _NAME, _PAD + 56
    grid_width = column * len(names)
    footer = 28 if left_out else 0
    size = (left + grid_width + 88 + _PAD, top + max(_ROW * len(outcomes), 120) + footer + _PAD)
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    some = f"the {len(names)} most probable of {len(classes):,} classes"
    title = f"Probability of {'each class' if len(names) == len(classes) else some}"
    draw.text((_PAD, _PAD - 4), title, BLACK, load(_BODY + 4, MEDIUM))
    for index, fitted in enumerate(shorten_apart(names, _SMALL, column - 4, columns.tolist())):
        draw_name(draw, (left + (index + 0.5) * column, top - 8), fitted, _GREY, _SMALL, "ms")
    shown = shorten_apart(
        told_apart([outcome.path for outcome in outcomes]), _BODY, _NAME - 12, range(1, len(outcomes) + 1)
    )
    for row, outcome in enumerate(outcomes):
        _draw_row(image, draw, outcome, shown[row], columns, left, top + row * _ROW, column, scale)
    _draw_scale(image, draw, left + grid_width + 24, top, min(max(_ROW * len(outcomes), 120), 320), scale)
    if left_out:
        first = f"The first {len(outcomes):,} of {len(outcomes) + left_out:,} pictures"
        draw.text((_PAD, top - 8), first, _GREY, load(_SMALL), anchor="ls")
        draw.text(
            (left, size[1] - _PAD), f"{left_out:,} more pictures are not shown.", _GREY, load(_SMALL), anchor="ls"
        )
    return image


def told_apart(paths: Sequence[Path]) -> list[str]:
    """The files' names; of files of one name in different folders, as many of the folders as tell them apart."""
    alike: dict[str, set[Path]] = {}
    for path in paths:
        alike.setdefault(path.name, set()).add(path)
    depths = {name: _depth(same) for name, same in alike.items()}
    return [Path(*path.parts[-depths[path.name] :]).as_posix() for path in paths]


def _depth(paths: set[Path]) -> int:
    depth = 1
    while len({path.parts[-depth:] for path in paths}) < len(paths):
        depth += 1
    return depth


def _columns(outcomes: Sequence[Outcome], classes: int) -> NDArray[np.intp]:
    """The classes that are drawn, in their own order: those that any of the pictures is most likely to show."""
    if classes <= MAX_COLUMNS:
        return np.arange(classes)
    highest = np.zeros(classes)
    for outcome in outcomes:
        if not isinstance(outcome, Failure):
            highest = np.maximum(highest, outcome.probabilities)
    return np.sort(np.argsort(-highest, kind="stable")[:MAX_COLUMNS])


def _draw_row(
    image: Image.Image,
    draw: ImageDraw.ImageDraw,
    outcome: Outcome,
    name: str,
    columns: NDArray[np.intp],
    left: int,
    top: int,
    column: int,
    scale: Scale,
) -> None:
    middle = top + _ROW / 2
    draw_name(draw, (_PAD + _THUMB + 12, middle), name, BLACK, _BODY, "lm")
    if isinstance(outcome, Failure):
        draw.text((left + 8, middle), "cannot be opened", _GREY, load(_SMALL), anchor="lm")
        return
    if outcome.image.size:  # empty where it is no longer to be had
        thumbnail = Image.fromarray(outcome.image).resize((_THUMB, _THUMB), Image.Resampling.LANCZOS)
        image.paste(thumbnail, (_PAD, top + (_ROW - _THUMB) // 2))
    shown = outcome.probabilities[columns]
    grounds = scale(shown).tolist()
    for index, probability in enumerate(shown.tolist()):
        x = left + index * column
        red, green, blue = grounds[index]
        colour: Rgb = (red, green, blue)
        draw.rectangle((x, top, x + column - 2, top + _ROW - 2), fill=colour)
        draw.text((x + column / 2 - 1, middle), cell_text(probability), ink_on(colour), load(_SMALL), anchor="mm")


def _draw_scale(image: Image.Image, draw: ImageDraw.ImageDraw, left: int, top: int, height: int, scale: Scale) -> None:
    height -= 2
    ramp = scale.colours(np.linspace(1.0, 0.0, height))[:, None, :]
    image.paste(Image.fromarray(np.repeat(ramp, 16, axis=1)), (left, top))
    for share, text in scale.ticks:
        y = top + (1 - share) * (height - 1)
        draw.line((left + 16, y, left + 20, y), fill=_GREY)
        draw.text((left + 26, y), text, _GREY, load(_SMALL), anchor="lm")


def cell_text(probability: float) -> str:
    """Two decimals in every cell; what would round to 1.00 without being certain stays .99."""
    if 0.995 <= probability < 0.9995:
        return ".99"
    return f"{probability:.2f}".removeprefix("0")
