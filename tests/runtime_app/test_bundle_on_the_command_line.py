"""selftest and info as a user calls them: a bundle is checked, told of, and shows the terminal nothing else."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.campaigns.forge import relist
from tests.runtime_app.samples import TINY, Run


def test_selftest_passes_on_a_whole_bundle(app: Run) -> None:
    answer = app("selftest", TINY)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "selftest passed" in answer.stdout and "on CPU" in answer.stdout


def test_selftest_refuses_an_altered_model_with_status_1(app: Run, tiny_bundle: Path) -> None:
    model = bytearray((tiny_bundle / "model.onnx").read_bytes())
    model[-1000] ^= 1
    (tiny_bundle / "model.onnx").write_bytes(model)
    answer = app("selftest", tiny_bundle)
    assert answer.returncode == 1 and "model.onnx was altered" in answer.stderr and "Traceback" not in answer.stderr


def test_selftest_fails_when_the_machine_computes_something_else(app: Run, tiny_bundle: Path) -> None:
    with np.load(tiny_bundle / "golden.npz") as golden:
        arrays = dict(golden)
    arrays["logits"] = arrays["logits"] + 0.01
    np.savez(tiny_bundle / "golden.npz", **arrays)
    relist(tiny_bundle, "golden.npz")
    answer = app("selftest", tiny_bundle)
    assert answer.returncode == 1 and "FAIL" in answer.stdout and "do not trust" in answer.stdout


def _not_packed_plainly(golden: Path) -> None:
    with np.load(golden) as right, zipfile.ZipFile(golden.with_suffix(".new"), "w", zipfile.ZIP_BZIP2) as archive:
        for name in right:
            archive.writestr(f"{name}.npy", b"x")
    golden.with_suffix(".new").replace(golden)


def _encrypted(golden: Path) -> None:
    content = bytearray(golden.read_bytes())
    content[6] |= 1
    content[content.find(b"PK\1\2") + 8] |= 1
    golden.write_bytes(content)


def _bomb(golden: Path) -> None:
    zeros = np.zeros((20_000, 32, 32, 3), dtype=np.uint8)
    np.savez_compressed(golden, image=zeros)


def _many(golden: Path) -> None:
    with np.load(golden) as right:
        arrays = {name: np.repeat(right[name], 20, axis=0) for name in right}
    np.savez(golden, **arrays)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_not_packed_plainly, "is packed in an unusual way"),
        (_encrypted, "does not hold the golden vectors"),
        (_bomb, "unpacks to an unreasonable size"),
        (_many, "does not hold the golden vectors (its inputs are uint8 [360, 32, 32, 3])"),
        (lambda golden: golden.write_bytes(b"\x93NUMPY"), "does not hold the golden vectors"),
    ],
    ids=["packing", "encrypted", "bomb", "many", "no archive"],
)
def test_selftest_refuses_golden_vectors_that_no_exporter_writes(
    app: Run, tiny_bundle: Path, damage: Callable[[Path], object], words: str
) -> None:
    damage(tiny_bundle / "golden.npz")
    relist(tiny_bundle, "golden.npz")
    answer = app("selftest", tiny_bundle)
    assert answer.returncode == 1 and words in answer.stderr, answer.stderr


def test_a_model_card_gives_the_terminal_no_commands(app: Run, tiny_bundle: Path) -> None:
    card = b"# tiny\n\nclear \x1b[2J title \x1b]0;mine\x07 reset \xc2\x9bc latin \xe9 end\n"
    (tiny_bundle / "MODEL_CARD.md").write_bytes(card)
    relist(tiny_bundle, "MODEL_CARD.md")
    answer = app("info", tiny_bundle)
    assert answer.returncode == 0, answer.stderr
    assert "title" in answer.stdout and "end" in answer.stdout
    assert not {"\x1b", "\x07", "\x9b"} & set(answer.stdout)


def test_info_names_provider_versions_and_what_cuda_lacks(app: Run) -> None:
    answer = app("info", TINY)
    assert answer.returncode == 0, answer.stderr
    for word in ("runs on      CPU", "CUDA", "onnxruntime", "log file"):
        assert word in answer.stdout


def test_info_cuts_nothing_of_the_model_card(app: Run) -> None:
    answer = app("info", TINY, environment_too={"COLUMNS": "80"})
    manifest = json.loads((TINY / "bundle.json").read_text())
    text = "".join(answer.stdout.split())
    assert manifest["provenance"]["checkpoint_sha256"] in text and "\u2026" not in text
