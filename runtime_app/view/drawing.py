"""The canvas's shapes as items of Dear PyGui, drawn anew only where they changed.

Measured: static textures only (dynamic ones are uploaded every frame); a texture is deleted in the loop's own thread.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path

import dearpygui.dearpygui as dpg
import numpy as np
from numpy.typing import NDArray

from runtime_app.typeface import MEDIUM, REGULAR, runs
from runtime_app.view.canvas import Canvas, Label, Polygon, Rectangle, Shape, Sprite
from runtime_app.view.still import at_rest
from runtime_app.view.type_on_screen import line_pixels, text_width

_TEXTURES_KEPT = 256
_TEXTURE_PIXELS_KEPT = 4_000_000  # measured: 21 bytes each as long as the texture is there
_CLEAR = (0, 0, 0, 0)
_PART_SHAPES = 16
_PARTS_HIDDEN = 3


@dataclass(frozen=True)
class _Part:
    """Some shapes that follow each other, in a layer of their own. layer: Dear PyGui's number of it."""

    layer: int
    shapes: list[Shape]

    def shows(self, shapes: list[Shape]) -> bool:
        """Shapes are tuples: those of two kinds may be equal all the same."""
        return [*map(type, self.shapes)] == [*map(type, shapes)] and self.shapes == shapes


@dataclass
class _Place:
    """Where one part is shown at a time. hidden: what was there before, the oldest first: to and fro (the next picture and
    back, onto a button and off it) is most of what a person does, and then nothing is drawn anew. end: an empty layer
    above them all."""

    end: int
    shown: _Part | None = None
    hidden: list[_Part] = field(default_factory=list)


@dataclass(frozen=True)
class _Texture:
    """tag: Dear PyGui's number of it; width and height in pixels, without its border."""

    tag: int
    width: int
    height: int

    def at(self, u: float, v: float) -> tuple[float, float]:
        """A point of the picture, as fractions of it -> as fractions of the texture."""
        return (1 + u * self.width) / (self.width + 2), (1 + v * self.height) / (self.height + 2)


class Drawing:
    """Fills the viewport. Coordinates of shapes are points: pixels divided by `scale`."""

    def __init__(self) -> None:
        self.scale = 1.0
        self._places: list[_Place] = []
        self._sizes: dict[int, int] = {}
        self._textures: OrderedDict[Hashable, _Texture] = OrderedDict()
        self._texture_pixels = 0
        with dpg.font_registry(tag="fonts"):
            self._faces = {face: dpg.add_font(str(face), 16) for face in (REGULAR, MEDIUM)}
        dpg.bind_font(self._faces[REGULAR])
        dpg.add_texture_registry(tag="textures")
        # Not in a window of Dear PyGui's: a primary one fills all pixels once more, and with software GL it is fills that
        # a frame costs (6 ms for 1280x800). For the same reason the ground is the viewport's clear colour, not a shape.
        dpg.add_viewport_drawlist(front=False, tag="drawing")

    def draw(self, canvas: Canvas, scale: float, *, still: bool = False) -> None:
        """Make it show the canvas; still: for a while. An item costs 30 us, so those of parts that are as before stay."""
        if scale != self.scale:
            self.scale = scale
            self._clear()
        dpg.set_viewport_clear_color([*canvas.ground, 255])
        shapes = at_rest(canvas.shapes, scale) if still else canvas.shapes
        starts = range(0, len(shapes), _PART_SHAPES)
        while len(self._places) < len(starts):
            self._places.append(_Place(dpg.add_draw_layer(parent="drawing")))
        try:
            for place, start in zip(self._places, starts, strict=False):
                self._show(place, shapes[start : start + _PART_SHAPES])
            for place in self._places[len(starts) :]:
                self._show(place, [])
        except BaseException:
            self._clear()  # nobody knows how far it came; the next frame draws all
            raise
        self._drop_textures(keep={shape.key for shape in shapes if isinstance(shape, Sprite)})

    def _show(self, place: _Place, shapes: list[Shape]) -> None:
        before = place.shown
        if before.shows(shapes) if before is not None else not shapes:
            return
        if before is not None:
            dpg.hide_item(before.layer)
            place.hidden.append(before)
        place.shown = next((part for part in place.hidden if part.shows(shapes)), None)
        if place.shown is not None:
            place.hidden.remove(place.shown)
            dpg.show_item(place.shown.layer)
        elif shapes:
            place.shown = self._drawn(place, shapes)
        while len(place.hidden) > _PARTS_HIDDEN:
            dpg.delete_item(place.hidden.pop(0).layer)

    def _drawn(self, place: _Place, shapes: list[Shape]) -> _Part:
        layer = dpg.add_draw_layer(parent="drawing", before=place.end)
        for shape in shapes:
            if isinstance(shape, Rectangle):
                self._rectangle(shape, layer)
            elif isinstance(shape, Label):
                self._label(shape, layer)
            elif isinstance(shape, Sprite):
                self._sprite(shape, layer)
            else:
                self._polygon(shape, layer)
        return _Part(layer, shapes)

    def _clear(self) -> None:
        dpg.delete_item("drawing", children_only=True)
        self._places = []

    def _rectangle(self, shape: Rectangle, layer: int) -> None:
        s, box = self.scale, shape.box
        dpg.draw_rectangle(
            (box.x * s, box.y * s),
            (box.right * s, box.bottom * s),
            fill=shape.fill if shape.fill is not None else _CLEAR,
            color=shape.border if shape.border is not None else _CLEAR,
            rounding=shape.radius * s,
            thickness=shape.thickness * s,
            parent=layer,
        )

    def _label(self, shape: Label, layer: int) -> None:
        weight = MEDIUM if shape.bold else REGULAR
        x = shape.x * self.scale
        if shape.anchor != "l":
            width = text_width(shape.text, shape.size, weight)
            x -= width * self.scale * (0.5 if shape.anchor == "m" else 1.0)
        for part, face in runs(shape.text, weight):
            size = line_pixels(shape.size, face, self.scale)
            place = round(x), round(shape.y * self.scale - size / 2)
            item = dpg.draw_text(place, part, color=shape.colour, size=size, parent=layer)
            if face != REGULAR:  # which is bound to all
                dpg.bind_item_font(item, self._face(face))
            if part != shape.text:
                x += text_width(part, shape.size, weight) * self.scale

    def _face(self, face: Path) -> int:
        """A system font is large: it is loaded when the first text needs it."""
        if face not in self._faces:
            self._faces[face] = dpg.add_font(str(face), 16, parent="fonts")
        return self._faces[face]

    def font(self, size: float) -> int:
        """The type of `size` points at the present scale, for what Dear PyGui itself writes."""
        pixels = line_pixels(size, REGULAR, self.scale)
        if pixels not in self._sizes:
            self._sizes[pixels] = dpg.add_font(str(REGULAR), pixels, parent="fonts")
        return self._sizes[pixels]

    def _polygon(self, shape: Polygon, layer: int) -> None:
        s = self.scale
        points = [(x * s, y * s) for x, y in shape.points]
        border = shape.border if shape.border is not None else _CLEAR
        if shape.closed:
            points.append(points[0])
            fill = shape.fill or _CLEAR
            dpg.draw_polygon(points, color=border, fill=fill, thickness=shape.thickness * s, parent=layer)
        else:
            dpg.draw_polyline(points, color=border, thickness=shape.thickness * s, parent=layer)

    def _sprite(self, shape: Sprite, layer: int) -> None:
        s, box, uv = self.scale, shape.box, shape.uv
        texture = self._texture(shape)
        dpg.draw_image(
            texture.tag,
            (box.x * s, box.y * s),
            (box.right * s, box.bottom * s),
            uv_min=texture.at(*uv[:2]),
            uv_max=texture.at(*uv[2:]),
            color=(255, 255, 255, round(255 * shape.alpha)),
            parent=layer,
        )

    def _texture(self, shape: Sprite) -> _Texture:
        if shape.key not in self._textures:
            pixels, width, height = shape.make()
            tag = dpg.add_static_texture(width + 2, height + 2, _bordered(pixels, width, height), parent="textures")
            self._textures[shape.key] = _Texture(tag, width, height)
            self._texture_pixels += width * height
        return self._textures[shape.key]

    def forget_pictures(self) -> None:
        """Before the next drawing: what was made for another bundle is not needed again."""
        self._clear()
        for texture in self._textures.values():
            dpg.delete_item(texture.tag)
        self._textures.clear()
        self._texture_pixels = 0

    def _drop_textures(self, keep: set[Hashable]) -> None:
        """Those that were not shown for the longest time, when there are too many."""
        for key in keep:
            self._textures.move_to_end(key)
        for key in list(self._textures):
            if len(self._textures) <= _TEXTURES_KEPT and self._texture_pixels <= _TEXTURE_PIXELS_KEPT:
                return
            if key not in keep:
                self._forget_parts_with(key)
                texture = self._textures.pop(key)
                self._texture_pixels -= texture.width * texture.height
                dpg.delete_item(texture.tag)

    def _forget_parts_with(self, key: Hashable) -> None:
        """Those that show this texture, all of them hidden."""
        for place in self._places:
            for part in place.hidden[:]:
                if any(isinstance(shape, Sprite) and shape.key == key for shape in part.shapes):
                    place.hidden.remove(part)
                    dpg.delete_item(part.layer)


def _bordered(pixels: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """With one more pixel of the same colour at each edge. A texture of Dear PyGui's repeats itself, and between pixels the
    screen interpolates: a small picture, enlarged, would show at its edge what lies at the opposite one."""
    bordered = np.empty((height + 2, width + 2, 4), dtype=np.float32)
    bordered[1:-1, 1:-1] = pixels.reshape(height, width, 4)
    bordered[1:-1, 0], bordered[1:-1, -1] = bordered[1:-1, 1], bordered[1:-1, -2]
    bordered[0], bordered[-1] = bordered[1], bordered[-2]
    return bordered.ravel()
