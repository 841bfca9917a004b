"""Manifests that no exporter writes: figures without a fitting digest, forged ones with it, and bytes that are none."""

import random
from pathlib import Path
from typing import Any

from tests.campaigns.forge import MANIFEST, edit

Random = random.Random


def unsigned(bundle: Path, rng: Random) -> str:
    """A figure is made nicer without a digest that fits."""
    how, change = rng.choice((
        ("accuracy", lambda content: content["metrics"]["test"].update(accuracy=rng.random())),
        ("name", lambda content: content.update(name=f"better {rng.randrange(999)}")),
        ("digest", lambda content: content.update(digest=f"{rng.getrandbits(256):064x}")),
        ("no digest", lambda content: content.pop("digest")),
        ("start", lambda content: content["provenance"].update(run_started="2099-01-01T00:00:00Z")),
        ("class order", lambda content: rng.shuffle(content["classes"]) or content["classes"].append("x")),
    ))  # fmt: skip
    edit(bundle, change, sign=False)
    return f"manifest altered without a fitting digest ({how})"


_OUTSIDE = (
    "../outside", "/etc/hostname", "a/../../outside", "C:\\windows", "..\\outside", "", ".", "/", "..", "a\x00b",
    "x" * 5000, "report/../../bundle/MODEL_CARD.md", "./MODEL_CARD.md", "report//metrics.json", "\ud83d\ude42", "con:",
)  # fmt: skip


def outside_path(bundle: Path, rng: Random) -> str:
    name = rng.choice(_OUTSIDE)
    (bundle.parent / "outside").write_bytes(b"x")
    entry = {"path": name, "sha256": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", "bytes": 1}

    def change(content: dict[str, Any]) -> None:
        if rng.random() < 0.5:
            content["files"].append(entry)
        else:
            content["files"][0]["path"] = name

    edit(bundle, change)
    return f"manifest names {name[:40]!r}"


def forged(bundle: Path, rng: Random) -> str:
    """A value that no exporter writes, under a digest that fits."""
    where, value = rng.choice(_FORGERIES)

    def change(content: dict[str, Any]) -> None:
        *parents, last = where.split(".")
        place: Any = content
        for step in parents:
            place = place[int(step) if isinstance(place, list) else step]
        if value is _GONE:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = value

    edit(bundle, change)
    return f"manifest says {where} = {'nothing' if value is _GONE else repr(value)[:40]}"


_GONE = object()
_FORGERIES: list[tuple[str, Any]] = [
    *(("schema_version", value) for value in (2, 99, 2**62, 0, -1, "1", None, 1.5, _GONE)),
    *(("name", value) for value in ("", "a\nb", "\x1b[2J", "x" * 100_000, 7, None)),
    *(("classes", value) for value in ([], ["one"], ["a"] * 10, [""] * 10, list("abcdefghijk"), [str(k) for k in range(200_000)])),
    *(("classes.3", value) for value in ("", "a\nb", "2", 3, "x" * 100_000)),
    *(("input.height", value) for value in (0, -32, 33, 10**9, 2**70, "32", None)),
    *(("input.width", value) for value in (0, 16, 10**9)),
    ("input.resize", "squeeze"),
    *(("variants", value) for value in ([], {}, None)),
    *(("variants.0.file", value) for value in ("golden.npz", "nothing.onnx", "../model.onnx", "")),
    *(("variants.0.precision", value) for value in ("fp64", "", None)),
    *(("variants.0.tolerance", value) for value in ({}, {"probabilities": 1e-4}, {"probabilities": -1, "logits": 1, "evidence": 1}, [])),
    *(("variants.0.bytes", value) for value in (-1, 0, 2**62, 1.5)),
    *(("variants.0.sha256", value) for value in ("", "0" * 64, None)),
    *(("variants.0.test_accuracy", value) for value in (-0.1, 1.7, "good")),
    *(("calibration.temperature", value) for value in (0, -1, 0.0, "1", None)),
    *(("calibration.ece_after", value) for value in (-1, 2)),
    *(("verdict.score", value) for value in ("entropy", None)),
    *(("verdict.none_below", value) for value in (None, "0.5")),
    *(("metrics.test.n", value) for value in (-1, 0, 1.5, None)),
    *(("metrics.test.accuracy", value) for value in (-1, 2, "high")),
    *(("provenance.run_started", value) for value in ("", "tomorrow", "9999", 7, "2026-13-45T99:99:99Z", "x" * 100_000)),
    ("provenance", _GONE), ("files", []), ("files", _GONE), ("unknown", 1), ("input.unknown", 1),
    *(("files.0.bytes", value) for value in (-1, 0, 2**62)),
    *(("files.0.sha256", value) for value in ("", "z" * 64)),
    ("files.1.path", "MODEL_CARD.md"), ("files.1.path", "bundle.json"),
]  # fmt: skip


def raw_manifest(bundle: Path, rng: Random) -> str:
    """Bytes that are no manifest at all, up to 100 MB of them."""
    whole = (bundle / MANIFEST).read_bytes()
    what, content = rng.choice((
        ("100 MB of spaces", lambda: whole + b" " * 100_000_000),
        ("100 MB of zeros", lambda: bytes(100_000_000)),
        ("100 MB of list", lambda: b"[" + b"1," * 50_000_000 + b"1]"),
        ("3.9 MB of brackets", lambda: b'{"a":' + b"[" * 3_900_000),
        ("a deep nest", lambda: b'{"a":' * 500_000 + b"1" + b"}" * 500_000),
        ("a nest in a field", lambda: whole.replace(b'"licence"', b'"l":' + b"[" * 50_000 + b"]" * 50_000 + b',"licence"')),
        ("a long number", lambda: b'{"schema_version": ' + b"9" * 3_000_000 + b"}"),
        ("UTF-16", lambda: whole.decode().encode("utf-16")),
        ("a BOM", lambda: b"\xef\xbb\xbf" + whole),
        ("half a character", lambda: whole.replace(b'"name"', b'"na\xffme"')),
        ("NaN", lambda: whole.replace(b'"temperature": ', b'"temperature": NaN, "x": ')),
        ("infinity", lambda: whole.replace(b'"temperature": ', b'"temperature": 1e999, "x": ')),
        ("a list", lambda: b"[" + whole + b"]"),
        ("null", lambda: b"null"),
        ("two of them", lambda: whole + whole),
        ("a lone surrogate", lambda: b'{"schema_version": 1, "name": "\\ud800"}'),
    ))  # fmt: skip
    (bundle / MANIFEST).write_bytes(content())
    return f"manifest is {what}"
