"""The means of a skilled forger: hashes, sizes and the digest fit again after something was changed."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runtime_app.manifest import digest_of

MANIFEST = "bundle.json"


def edit(bundle: Path, change: Callable[[dict[str, Any]], object], *, sign: bool = True) -> None:
    """Change the manifest, with a digest that fits again unless `sign` is False."""
    path = bundle / MANIFEST
    content = json.loads(path.read_bytes())
    change(content)
    raw = json.dumps(content).encode()
    if sign:
        content["digest"] = digest_of(raw)
    path.write_text(json.dumps(content))


def relist(bundle: Path, name: str) -> None:
    """Enter the file's present size and hash everywhere in the manifest."""
    raw = (bundle / name).read_bytes()
    facts = {"sha256": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}

    def change(content: dict[str, Any]) -> None:
        for entry in content["files"]:
            if entry["path"] == name:
                entry.update(facts)
        for variant in content["variants"]:
            if variant["file"] == name:
                variant.update(facts)

    edit(bundle, change)


def zipped(bundle: Path, target: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    """All files of the folder at the root of one .zip."""
    with zipfile.ZipFile(target, "w", method) as archive:
        for path in sorted(bundle.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(bundle).as_posix())
    return target
