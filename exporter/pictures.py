"""What the gate shows to both networks: held-out pictures, copies as cameras and tools write them, and edge cases."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from exporter.golden import golden_pictures
from runtime_app.imaging import open_picture, prepare
from trainer.data import Splits

LEAST_GENERATED = 500
LEAST_TOTAL = 2000
_SEED = 20_240_404
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class GatePictures:
    """images: uint8 [n, H, W, 3]; parts: name and count of each stretch of them, in order."""

    images: NDArray[np.uint8]
    parts: tuple[tuple[str, int], ...]

    def __len__(self) -> int:
        return len(self.images)

    def positions(self, part: str) -> slice:
        """Where the pictures of one part lie in `images`."""
        start = 0
        for name, count in self.parts:
            if name == part:
                return slice(start, start + count)
            start += count
        raise KeyError(part)

    def name_of(self, position: int) -> str:
        """ "validation picture 17" for a position in `images`; counts from 0 within its part, in the split's order."""
        for name, count in self.parts:
            if position < count:
                return f"{name} picture {position}"
            position -= count
        raise IndexError(position)

    def take(self, positions: NDArray[np.int64]) -> "GatePictures":
        """positions: ascending. The parts keep their names; a picture is then counted from 0 among those taken."""
        bounds = np.cumsum([0, *(count for _, count in self.parts)])
        counts = np.histogram(positions, bounds)[0] if len(positions) else np.zeros(len(self.parts), dtype=int)
        return GatePictures(
            self.images[positions], tuple((name, int(n)) for (name, _), n in zip(self.parts, counts, strict=True))
        )

    def spread(self, count: int) -> NDArray[np.int64]:
        """At most `count` positions, evenly spaced over all parts, the last ones (the edge cases) included."""
        return np.unique(np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(np.int64))


def gather(splits: Splits) -> GatePictures:
    """All validation and test pictures, generated ones (at least 500, and as many as make 2,000 in all), edge cases."""
    held_out = np.concatenate([through_imaging(splits.validation.images), through_imaging(splits.test.images)])
    generated = written_by_tools(held_out, max(LEAST_GENERATED, LEAST_TOTAL - len(held_out)))
    edges = edge_cases(held_out.shape[1], held_out.shape[2])
    golden = golden_pictures(held_out.shape[1])
    parts = (
        ("validation", len(splits.validation)),
        ("test", len(splits.test)),
        ("generated", len(generated)),
        ("golden", len(golden)),
        ("edge-case", len(edges)),
    )
    return GatePictures(np.concatenate([held_out, generated, golden, edges]), parts)


def through_imaging(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [n, H, W, 3] -> the same shape, as the app prepares pictures of that very size."""
    size = (images.shape[1], images.shape[2])
    return np.stack([prepare(Image.fromarray(image), size).image for image in images])


def written_by_tools(images: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """`count` pictures encoded as files of other sizes and modes, then decoded by the app's own imaging.

    The kinds take turns: enlarged JPEG, JPEG rotated by its EXIF tag, grey PNG, RGBA PNG, 16-bit PNG.
    """
    random = np.random.default_rng(_SEED)
    chosen = np.linspace(0, len(images) - 1, count).round().astype(int)
    size = (images.shape[1], images.shape[2])
    kinds = tuple(_KINDS.values())
    files = (kinds[i % len(kinds)](Image.fromarray(images[position]), random) for i, position in enumerate(chosen))
    return np.stack([prepare(open_picture(file), size).image for file in files])


def edge_cases(height: int, width: int) -> NDArray[np.uint8]:
    """uint8 [12, H, W, 3]: all 0, all 255, one channel each, checkerboards, noise."""
    random = np.random.default_rng(_SEED)
    flat = [np.full((height, width, 3), value, dtype=np.uint8) for value in (0, 255)]
    channels = []
    for channel in range(3):
        picture = np.zeros((height, width, 3), dtype=np.uint8)
        picture[:, :, channel] = 255
        channels.append(picture)
    rows, columns = np.indices((height, width))
    boards = [
        ((rows // cell + columns // cell) % 2 * 255).astype(np.uint8)[:, :, None].repeat(3, 2) for cell in (1, 2, 4)
    ]
    noise = list(random.integers(0, 256, (4, height, width, 3), dtype=np.uint8))
    return np.stack([*flat, *channels, *boards, *noise])


def _encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _enlarged(picture: Image.Image, random: Generator) -> bytes:
    width, height = (int(side * random.uniform(2, 8)) for side in picture.size)
    return _encode(
        picture.resize((width, height), Image.Resampling.BICUBIC), "JPEG", quality=int(random.integers(60, 96))
    )


def _exif_rotated(picture: Image.Image, random: Generator) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = int(random.integers(2, 9))
    bigger = picture.resize((picture.width * 3, picture.height * 4), Image.Resampling.BICUBIC)
    return _encode(bigger, "JPEG", quality=90, exif=exif)


def _grey(picture: Image.Image, random: Generator) -> bytes:
    return _encode(picture.convert("L"), "PNG")


def _transparent(picture: Image.Image, random: Generator) -> bytes:
    alpha = random.integers(0, 256, (picture.height, picture.width), dtype=np.uint8)
    picture.putalpha(Image.fromarray(alpha))
    return _encode(picture, "PNG")


def _sixteen_bit(picture: Image.Image, random: Generator) -> bytes:
    values = np.asarray(picture.convert("L"), dtype=np.uint16) * 257
    return _encode(Image.fromarray(values), "PNG")


_KINDS: dict[str, Callable[[Image.Image, Generator], bytes]] = {
    "enlarged": _enlarged,
    "exif_rotated": _exif_rotated,
    "grey": _grey,
    "transparent": _transparent,
    "sixteen_bit": _sixteen_bit,
}
