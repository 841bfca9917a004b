"""The schema of bundle.json, the only authority on what a deployment bundle holds."""

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SCHEMA_VERSION = 1

Precision = Literal["fp32", "int8", "fp16"]
PRECISIONS: tuple[str, ...] = ("auto", "fp32", "int8", "fp16")
Score = Literal["max_probability", "margin", "energy"]
OUTPUTS = ("probabilities", "logits", "evidence")

# A manifest comes from a stranger: what no exporter writes is refused here, before anything computes with it.
Side = Annotated[int, Meta(ge=1, le=4096)]
Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Amount = Annotated[float, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every part: immutable, and a field that nobody knows is refused."""


class InputSpec(_Part, frozen=True):
    """Network input: uint8 [batch, height, width, 3], RGB; resize: how pictures are brought to that size by default."""

    height: Side
    width: Side
    resize: Literal["crop", "letterbox", "stretch"] = "crop"


class Variant(_Part, frozen=True):
    """One model file. tolerance: per output, how far from its golden outputs it may be on any machine."""

    file: str
    precision: Precision
    sha256: Sha256
    bytes: Count
    tolerance: dict[str, Amount]
    test_accuracy: Share


class Calibration(_Part, frozen=True):
    """temperature divides the logits (Guo et al. 2017); expected calibration errors on the test split, 15 bins."""

    temperature: Annotated[float, Meta(ge=0.001, le=1000)]  # the exporter's lies between 1/50 and 50
    ece_before: Share
    ece_after: Share


class VerdictRule(_Part, frozen=True):
    """score is compared: below none_below "none", below unsure_below "unsure", otherwise "sure"."""

    score: Score
    none_below: float
    unsure_below: float


class SplitMetrics(_Part, frozen=True):
    """Figures of the calibrated network on n pictures. nll in nats; accuracy, brier and ece as fractions."""

    n: Annotated[int, Meta(ge=1)]
    accuracy: Share
    nll: Amount
    brier: Amount
    ece: Share


class Metrics(_Part, frozen=True):
    validation: SplitMetrics
    test: SplitMetrics


class ParitySummary(_Part, frozen=True):
    """What the gate saw. max_difference: per output of the fp32 variant, against torch in eval mode."""

    held_out_pictures: int
    generated_pictures: int
    edge_cases: int
    batch_sizes: tuple[int, ...]
    max_difference: dict[str, float]
    argmax_differences: int
    providers: tuple[str, ...]


class Provenance(_Part, frozen=True):
    """run_started: UTC, ISO 8601, the only date in a bundle. training: recipe, epochs, seed and the like, for people."""

    run_started: str
    run: str
    git_commit: str | None
    git_dirty: bool
    checkpoint_sha256: str
    data_name: str
    data_sha256: str
    training: dict[str, str]
    versions: dict[str, str]


class FileEntry(_Part, frozen=True):
    path: Annotated[str, Meta(max_length=1000)]
    sha256: Sha256
    bytes: Count


class Manifest(_Part, frozen=True):
    """bundle.json. files: every other file of the bundle; digest: see `digest_of`."""

    schema_version: Annotated[int, Meta(ge=1)]
    name: Name
    classes: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=100_000)]
    input: InputSpec
    variants: Annotated[tuple[Variant, ...], Meta(min_length=1)]
    calibration: Calibration
    verdict: VerdictRule
    metrics: Metrics
    parity: ParitySummary
    provenance: Provenance
    licence: Annotated[str, Meta(max_length=10_000)]
    files: tuple[FileEntry, ...]
    digest: str = ""


def digest_of(raw: bytes) -> str:
    """SHA-256 of a manifest without its `digest` field: sorted keys, compact UTF-8. raw: the JSON text."""
    content = msgspec.json.decode(raw, type=dict)
    content.pop("digest", None)
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


def encode(manifest: Manifest) -> bytes:
    """The manifest as indented JSON with its digest filled in; the same manifest gives the same bytes."""
    digest = digest_of(msgspec.json.encode(manifest))
    complete = msgspec.structs.replace(manifest, digest=digest)
    return msgspec.json.format(msgspec.json.encode(complete, order="sorted"), indent=2) + b"\n"
