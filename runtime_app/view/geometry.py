"""Where a picture lies on the screen: fitted into an area, zoomed and panned; and back from the screen to its pixels."""

from dataclasses import dataclass

from runtime_app.imaging import Region
from runtime_app.view.canvas import Box

_MAX_ZOOM = 32.0


@dataclass(frozen=True)
class Camera:
    """zoom: 1 fits the picture; centre: the point of the picture (as fractions) in the middle of the area."""

    zoom: float = 1.0
    centre: tuple[float, float] = (0.5, 0.5)


@dataclass(frozen=True)
class Placement:
    """area: where pictures are shown; whole: where the whole picture would lie; both in points. size: its pixels."""

    area: Box
    whole: Box
    size: tuple[int, int]

    @property
    def visible(self) -> Box:
        return self.whole.clip(self.area)

    @property
    def uv(self) -> tuple[float, float, float, float]:
        """The visible part, as fractions of the picture."""
        return part_of(self.whole, self.visible)

    def to_screen(self, region: Region) -> Box:
        across, down = self.whole.w / self.size[0], self.whole.h / self.size[1]
        left, top = self.whole.x + region.left * across, self.whole.y + region.top * down
        return Box(left, top, (region.right - region.left) * across, (region.bottom - region.top) * down)

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of the picture, not limited to it."""
        return (
            (x - self.whole.x) / self.whole.w * self.size[0],
            (y - self.whole.y) / self.whole.h * self.size[1],
        )


def place(size: tuple[int, int], area: Box, camera: Camera) -> Placement:
    """As large as fits (small pictures are enlarged too), times the zoom; an edge never leaves a gap inside the area."""
    factor = min(area.w / size[0], area.h / size[1]) * camera.zoom
    width, height = size[0] * factor, size[1] * factor
    left = _slide(area.x, area.w, width, camera.centre[0])
    top = _slide(area.y, area.h, height, camera.centre[1])
    return Placement(area, Box(left, top, width, height), size)


def limited_zoom(zoom: float) -> float:
    """From the whole picture to its pixels."""
    return min(max(zoom, 1.0), _MAX_ZOOM)


def zoom_at(camera: Camera, placement: Placement, x: float, y: float, factor: float) -> Camera:
    """Zoom by `factor` so that the point of the picture under (x, y) stays there."""
    zoom = limited_zoom(camera.zoom * factor)
    at = placement.to_picture(x, y)
    share = at[0] / placement.size[0], at[1] / placement.size[1]
    grown = zoom / camera.zoom
    width, height = placement.whole.w * grown, placement.whole.h * grown
    return Camera(
        zoom, (share[0] + (placement.area.centre - x) / width, share[1] + (placement.area.middle - y) / height)
    )


def pan(camera: Camera, placement: Placement, dx: float, dy: float) -> Camera:
    """Move what is shown by (dx, dy) points. The centre stays where it can be shown, so that the way back begins at once."""
    area, whole = placement.area, placement.whole
    return Camera(
        camera.zoom,
        (
            _shown_centre(_shown_centre(camera.centre[0], area.w, whole.w) - dx / whole.w, area.w, whole.w),
            _shown_centre(_shown_centre(camera.centre[1], area.h, whole.h) - dy / whole.h, area.h, whole.h),
        ),
    )


def part_of(whole: Box, part: Box) -> tuple[float, float, float, float]:
    return (
        (part.x - whole.x) / whole.w,
        (part.y - whole.y) / whole.h,
        (part.right - whole.x) / whole.w,
        (part.bottom - whole.y) / whole.h,
    )


def drawn_region(
    start: tuple[float, float], end: tuple[float, float], size: tuple[int, int], aspect: float
) -> Region | None:
    """A rectangle of `aspect` (width / height) spanned from `start` towards `end`, inside the picture; None when tiny."""
    x, y = (min(max(start[axis], 0.0), float(size[axis])) for axis in (0, 1))
    right, down = end[0] >= x, end[1] >= y
    room = (size[0] - x if right else x), (size[1] - y if down else y)
    width = min(max(abs(end[0] - x), abs(end[1] - y) * aspect), room[0], room[1] * aspect)
    height = width / aspect
    if width < 4 or height < 4:
        return None
    left, top = x if right else x - width, y if down else y - height
    return Region(left, top, left + width, top + height)


def moved_region(region: Region, dx: float, dy: float, size: tuple[int, int]) -> Region:
    """The same rectangle elsewhere, kept inside the picture."""
    left = min(max(region.left + dx, 0.0), max(0.0, size[0] - (region.right - region.left)))
    top = min(max(region.top + dy, 0.0), max(0.0, size[1] - (region.bottom - region.top)))
    return Region(left, top, left + region.right - region.left, top + region.bottom - region.top)


def middle_region(size: tuple[int, int], aspect: float) -> Region:
    """Half as large as fits, in the middle of the picture."""
    width = min(size[0], size[1] * aspect) / 2
    height = width / aspect
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return Region(left, top, left + width, top + height)


def scaled_region(region: Region, factor: float, size: tuple[int, int]) -> Region:
    """The same centre and shape, larger or smaller, kept inside the picture and at least 4 pixels wide and high."""
    width, height = region.right - region.left, region.bottom - region.top
    factor = min(max(factor, 4 / min(width, height)), size[0] / width, size[1] / height)
    left = (region.left + region.right - width * factor) / 2
    top = (region.top + region.bottom - height * factor) / 2
    return moved_region(Region(left, top, left + width * factor, top + height * factor), 0.0, 0.0, size)


def _shown_centre(centre: float, room: float, length: float) -> float:
    """The nearest centre that leaves no gap at an edge: zooming at a corner asks for more than that."""
    half = min(room / length / 2, 0.5)
    return min(max(centre, half), 1 - half)


def _slide(start: float, room: float, length: float, centre: float) -> float:
    if length <= room:
        return start + (room - length) / 2
    return min(start, max(start + room - length, start + room / 2 - centre * length))
