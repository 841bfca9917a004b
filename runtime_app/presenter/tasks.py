"""The work that runs in the background: functions that workers call, and the immutable results that come back."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime_app import heap
from runtime_app.bundle import Bundle
from runtime_app.catalog import open_bundle_or_newest
from runtime_app.classifier import Classifier
from runtime_app.imaging import Region, Resize, open_picture, prepare
from runtime_app.jobs import Ticket, give_way
from runtime_app.pipeline import DECODING, Outcome, Result, classify_files, interpret
from runtime_app.providers import CudaDoesNotRun, Device

PREVIEW_SIDE = 1024  # pixels: textures beyond this cost more than they show
THUMBNAIL_SIDE = 160
Stamp = tuple[int, int]
"""When a file was changed last (nanoseconds) and its size (bytes); zeros where it is not there."""
Classified = tuple[int, Outcome, Stamp]
"""A picture's index in the library, what was found, and of which state of the file."""
_REPORT_SECONDS = 0.1
_LARGE_FILE = 300_000  # bytes: files this large take long to decode, so fewer of them are taken at a time


@dataclass(frozen=True)
class Loaded:
    """A bundle with the session that runs it. notice: why it is not what was asked for."""

    bundle: Bundle
    classifier: Classifier
    notice: str | None = None


@dataclass(frozen=True)
class Look:
    """One picture as the window shows it.

    picture: upright RGB, whole; preview: float32 [h * w * 4], RGBA 0..1, at most PREVIEW_SIDE pixels a side;
    stamp: of the file when it was read; result: None as long as no bundle is open; region: the part that a
    person marked, None where the resize rule decides; times in milliseconds.
    """

    path: Path
    picture: Image.Image
    preview: NDArray[np.float32]
    preview_size: tuple[int, int]
    stamp: Stamp
    result: Result | None
    decode_ms: float
    prepare_ms: float = 0.0
    run_ms: float = 0.0
    region: Region | None = None


@dataclass(frozen=True)
class Thumbnail:
    """rgba: float32 [h * w * 4], 0..1; None when the file cannot be decoded."""

    path: Path
    rgba: NDArray[np.float32] | None
    size: tuple[int, int]


@dataclass(frozen=True)
class Detail:
    """A part of a picture in full sharpness. region: in pixels of the picture; rgba: float32 [h * w * 4], 0..1; size: its
    width and height; stamp: of the file when the picture was read."""

    path: Path
    stamp: Stamp
    region: Region
    rgba: NDArray[np.float32]
    size: tuple[int, int]


def load(source: Bundle | Path | None, device: Device, precision: str, threads: int) -> Loaded:
    """Verify the bundle (the newest when None) and start its session.

    In the window a device or precision that does not run here falls back, and the notice says why.
    """
    bundle = source if isinstance(source, Bundle) else open_bundle_or_newest(source)
    notice = None
    if precision != "auto" and precision not in {variant.precision for variant in bundle.manifest.variants}:
        notice = f"This bundle has no {precision} model."
        precision = "auto"
    # The session's own threads get the priority of the one that opens it: they work for the background too.
    with ThreadPoolExecutor(1, initializer=give_way) as background:
        try:
            classifier = background.submit(Classifier, bundle, device, precision, threads).result()
        except CudaDoesNotRun as error:
            notice = error.title
            classifier = background.submit(Classifier, bundle, "auto", precision, threads).result()
        background.submit(classifier.open_for_batches).result()
    return Loaded(bundle, classifier, notice)


def look(path: Path, loaded: Loaded | None, resize: Resize | None, known: Look | None = None) -> Look:
    """Decode a picture, make its preview, classify it; what `known` has of the same file is not done again, so its result
    must be by `loaded` and `resize`. Raises PictureError."""
    stamp = stamp_of(path)
    if known is not None and known.stamp == stamp and known.result is not None and known.region is None:
        return known
    if known is None or known.stamp != stamp:
        start = time.perf_counter()
        picture = open_picture(path)
        decode_ms = 1000 * (time.perf_counter() - start)
        small = _reduced(picture, PREVIEW_SIDE)
        known = Look(path, picture, to_rgba(small), small.size, stamp, None, decode_ms)
    return known if loaded is None else classify_look(known, loaded, resize, None)


def classify_look(known: Look, loaded: Loaded, resize: Resize | None, region: Region | None) -> Look:
    """The same picture classified anew: by another bundle, another resize rule, or a part of it."""
    size = loaded.bundle.manifest.input
    start = time.perf_counter()
    prepared = prepare(known.picture, (size.height, size.width), resize or size.resize, region)
    between = time.perf_counter()
    prediction = loaded.classifier.predict(prepared.image[None])
    end = time.perf_counter()
    result = interpret([(known.path, prepared)], prediction, loaded.bundle)[0]
    prepare_ms, run_ms = 1000 * (between - start), 1000 * (end - between)
    return replace(known, result=result, region=region, prepare_ms=prepare_ms, run_ms=run_ms)


def classify_all(
    pictures: list[tuple[int, Path]], loaded: Loaded, resize: Resize | None
) -> Callable[[Ticket], Iterator[list[Classified]]]:
    """Work that yields what was classified in lists, about ten times a second."""

    def work(ticket: Ticket) -> Iterator[list[Classified]]:
        stamps: deque[Stamp] = deque()  # taken before the file is read: a change meanwhile is one

        def paths() -> Iterator[Path]:
            for _, path in pictures:
                if ticket.wanted:
                    stamps.append(stamp_of(path))
                    yield path

        outcomes = classify_files(paths(), loaded.classifier, resize, _batch_for(pictures))
        chunk: list[Classified] = []
        reported = time.perf_counter()
        try:
            for (index, _), outcome in zip(pictures, outcomes, strict=False):
                chunk.append((index, _without_evidence(outcome), stamps.popleft()))
                if time.perf_counter() - reported >= _REPORT_SECONDS:
                    yield chunk
                    chunk, reported = [], time.perf_counter()
            if chunk:
                yield chunk
        finally:
            heap.give_back()

    return work


def thumbnails(paths: list[Path]) -> Callable[[Ticket], Iterator[Thumbnail]]:
    """Work that yields one thumbnail per path, as long as they are wanted."""

    def work(ticket: Ticket) -> Iterator[Thumbnail]:
        for path in paths:
            with DECODING.share() as share:
                try:
                    picture = _reduced(open_picture(path, before_decoding=share.take), THUMBNAIL_SIDE)
                    thumbnail = Thumbnail(path, to_rgba(picture), picture.size)
                except Exception:  # its own classification says what is wrong with it
                    thumbnail = Thumbnail(path, None, (0, 0))
            yield thumbnail

    return work


def detail(look: Look, region: Region, size: tuple[int, int]) -> Detail:
    """A part of the picture in `size` pixels across and down, no more than it has."""
    edges = (region.left, region.top, region.right, region.bottom)
    part = look.picture.resize(size, Image.Resampling.BICUBIC, box=edges, reducing_gap=2.0)
    return Detail(look.path, look.stamp, region, to_rgba(part), size)


def to_rgba(picture: Image.Image) -> NDArray[np.float32]:
    """What a texture is made from: contiguous float32 [h * w * 4], 0..1."""
    pixels = np.asarray(picture.convert("RGBA"))
    return np.multiply(pixels, np.float32(1 / 255), dtype=np.float32).ravel()


def _reduced(picture: Image.Image, side: int) -> Image.Image:
    """At most `side` pixels along the longer side; itself where it is no larger. Whole boxes of pixels are averaged first:
    of a large picture, bicubic resampling alone takes longer than decoding it."""
    factor = max(picture.size) // side
    reduced = picture.reduce(factor) if factor > 1 else picture
    scale = side / max(reduced.size)
    if scale >= 1:
        return reduced
    width, height = (max(1, round(edge * scale)) for edge in reduced.size)
    return reduced.resize((width, height), Image.Resampling.BICUBIC)


def stamp_of(path: Path) -> Stamp:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return (0, 0)  # opening it says what is wrong
    return (status.st_mtime_ns, status.st_size)


def _without_evidence(outcome: Outcome) -> Outcome:
    """Thousands of results are kept waiting for the window; their maps are made again when they are looked at."""
    return replace(outcome, evidence=outcome.evidence[:0]) if isinstance(outcome, Result) else outcome


def _batch_for(pictures: list[tuple[int, Path]]) -> int:
    try:
        return 8 if pictures and pictures[0][1].stat().st_size > _LARGE_FILE else 64
    except OSError:
        return 64
