"""What a frame consists of: shapes, text and pictures in points, and the places that answer to the pointer. No GUI here."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runtime_app.colours import Rgb
from runtime_app.errors import one_line
from runtime_app.typeface import MEDIUM, REGULAR
from runtime_app.view.palette import Palette
from runtime_app.view.type_on_screen import shorten, text_width

VERDICT, TITLE, BODY, SMALL = 30, 20, 14, 12  # type, in points per em
Colour = tuple[int, int, int] | tuple[int, int, int, int]
Pixels = tuple[NDArray[np.float32], int, int]  # float32 [h * w * 4] RGBA 0..1, width, height


class Same:
    """A key that is equal for one and the same array alone. It keeps the array, so that no later one can take its place
    in memory and be mistaken for it."""

    def __init__(self, array: NDArray[np.generic]) -> None:
        self._array = array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other._array is self._array

    def __hash__(self) -> int:
        return id(self._array)


class Box(NamedTuple):
    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def middle(self) -> float:
        return self.y + self.h / 2

    @property
    def centre(self) -> float:
        return self.x + self.w / 2

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.right and self.y <= y < self.bottom

    def inset(self, across: float, along: float | None = None) -> "Box":
        down = across if along is None else along
        return Box(self.x + across, self.y + down, max(0.0, self.w - 2 * across), max(0.0, self.h - 2 * down))

    def clip(self, other: "Box") -> "Box":
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, max(0.0, right - left), max(0.0, bottom - top))


class Rectangle(NamedTuple):
    box: Box
    fill: Colour | None
    border: Colour | None = None
    radius: float = 0.0
    thickness: float = 1.0


class Label(NamedTuple):
    """anchor: where x is in the text: l, m or r; y is the middle of the line."""

    x: float
    y: float
    text: str
    size: float
    colour: Colour
    bold: bool = False
    anchor: str = "l"


class Polygon(NamedTuple):
    points: tuple[tuple[float, float], ...]
    fill: Colour | None
    border: Colour | None = None
    thickness: float = 1.0
    closed: bool = True


@dataclass(frozen=True)
class Sprite:
    """A picture. key names its pixels: the same key, the same pixels; uv: the part shown (left, top, right, bottom)."""

    box: Box
    key: Hashable
    make: Callable[[], Pixels] = field(compare=False)
    uv: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    alpha: float = 1.0


@dataclass(frozen=True)
class Drag:
    """One step of a drag in points: where it began, where it is; phase: press, move or release."""

    start: tuple[float, float]
    at: tuple[float, float]
    phase: str


class Hit(NamedTuple):
    """A place that answers to the pointer. name: stable, for tests and focus; click is also what Enter does on it, step
    (-1 or 1) what Left and Right do."""

    box: Box
    name: str
    click: Callable[[], None] | None = None
    hover: Callable[[bool], None] | None = None
    drag: Callable[[Drag], None] | None = None
    pan: Callable[[Drag], None] | None = None
    wheel: Callable[[float, float, float], None] | None = None
    step: Callable[[int], None] | None = None
    tooltip: str = ""
    focusable: bool = True


@dataclass(frozen=True)
class TextField:
    """Where text is typed. name: another one starts with its own text; take: called with what stands in it."""

    box: Box
    name: str
    hint: str
    text: str
    take: Callable[[str], None] = field(compare=False)


Shape = Rectangle | Label | Polygon | Sprite


@dataclass
class Canvas:
    """Collects one frame. hovered, focused: names of hits, from the frame before; on_surface: whether what nothing covers has
    the colour of bars and panels."""

    palette: Palette
    hovered: str | None = None
    focused: str | None = None
    on_surface: bool = False
    shapes: list[Shape] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    @property
    def ground(self) -> Rgb:
        """The colour of what nothing covers."""
        return self.palette.surface if self.on_surface else self.palette.back

    def cover(self, box: Box, colour: Rgb) -> None:
        """Fill a part of the window, unless it has this colour already: with software GL a frame costs what it fills."""
        if colour != self.ground:
            self.rectangle(box, colour)

    def rectangle(
        self,
        box: Box,
        fill: Colour | None,
        *,
        border: Colour | None = None,
        radius: float = 0.0,
        thickness: float = 1.0,
    ) -> None:
        if box.w > 0 and box.h > 0:
            self.shapes.append(Rectangle(box, fill, border, radius, thickness))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Colour,
        *,
        bold: bool = False,
        anchor: str = "l",
        width: float | None = None,
    ) -> float:
        """Draw one line, shortened to `width` points when given; returns how wide it is."""
        weight = MEDIUM if bold else REGULAR
        text = one_line(text)
        if width is not None:
            text = shorten(text, size, width, weight)
        self.shapes.append(Label(x, y, text, size, colour, bold, anchor))
        return text_width(text, size, weight)

    def polygon(
        self,
        points: tuple[tuple[float, float], ...],
        fill: Colour | None,
        *,
        border: Colour | None = None,
        thickness: float = 1.0,
        closed: bool = True,
    ) -> None:
        self.shapes.append(Polygon(points, fill, border, thickness, closed))

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour, thickness: float = 1.0) -> None:
        self.polygon(((x1, y1), (x2, y2)), None, border=colour, thickness=thickness, closed=False)

    def sprite(
        self,
        box: Box,
        key: Hashable,
        make: Callable[[], Pixels],
        *,
        uv: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0),
        alpha: float = 1.0,
    ) -> None:
        """At least one point wide and high where it is not empty: a picture of one row of pixels can be seen too."""
        if box.w > 0 and box.h > 0:
            self.shapes.append(Sprite(Box(box.x, box.y, max(box.w, 1.0), max(box.h, 1.0)), key, make, uv, alpha))

    def hit(self, box: Box, name: str, click: Callable[[], None] | None = None, **more: object) -> None:
        self.hits.append(Hit(box, name, click, **more))  # type: ignore[arg-type]

    def shield(self, box: Box, name: str, click: Callable[[], None] | None = None) -> None:
        """Keep the pointer from what lies below, as under a dialog; its places stay drawn but answer no more."""
        self.hits.clear()
        self.hits.append(Hit(box, name, click, focusable=False))

    def texts(self) -> list[str]:
        return [shape.text for shape in self.shapes if isinstance(shape, Label)]
