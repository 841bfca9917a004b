"""A bundle is accepted whole or refused with one sentence that says why."""

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from runtime_app.bundle import BundleError, is_bundle, open_bundle
from runtime_app.catalog import find_bundles
from runtime_app.manifest import SCHEMA_VERSION
from tests.campaigns.forge import edit, relist, zipped


def refusal(path: Path) -> str:
    with pytest.raises(BundleError) as caught:
        open_bundle(path)
    assert caught.value.advice
    return str(caught.value)


def test_a_whole_bundle_opens_as_folder_and_as_zip(tiny_bundle: Path, tmp_path: Path) -> None:
    folder, archive = open_bundle(tiny_bundle), open_bundle(zipped(tiny_bundle, tmp_path / "tiny.zip"))
    assert folder.manifest == archive.manifest
    assert folder.read("model.onnx") == archive.read("model.onnx")


def test_one_altered_byte_of_the_model_is_refused(tiny_bundle: Path) -> None:
    content = bytearray((tiny_bundle / "model.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (tiny_bundle / "model.onnx").write_bytes(content)
    assert "model.onnx was altered" in refusal(tiny_bundle)


def test_a_file_altered_after_opening_is_refused_when_read(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    (tiny_bundle / "MODEL_CARD.md").write_text("accuracy 100%")
    with pytest.raises(BundleError, match="MODEL_CARD"):
        bundle.read("MODEL_CARD.md")


def test_a_half_written_model_is_refused(tiny_bundle: Path) -> None:
    model = tiny_bundle / "model.onnx"
    model.write_bytes(model.read_bytes()[: model.stat().st_size // 2])
    assert "model.onnx has" in refusal(tiny_bundle)


def test_a_missing_file_is_refused(tiny_bundle: Path) -> None:
    (tiny_bundle / "golden.npz").unlink()
    assert "golden.npz is missing" in refusal(tiny_bundle)


def test_an_unlisted_file_is_refused(tiny_bundle: Path) -> None:
    (tiny_bundle / "extra.txt").write_text("?")
    assert "extra.txt is not listed" in refusal(tiny_bundle)


def test_an_altered_manifest_is_refused(tiny_bundle: Path) -> None:
    edit(tiny_bundle, lambda content: content["metrics"]["test"].update(accuracy=1.0), sign=False)
    assert "digest" in refusal(tiny_bundle)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema_version": 1}', b'{"schema_version": "x"}'])
def test_a_manifest_that_does_not_parse_is_refused(tiny_bundle: Path, raw: bytes) -> None:
    (tiny_bundle / "bundle.json").write_bytes(raw)
    assert "bundle.json" in refusal(tiny_bundle)


def test_a_newer_schema_is_refused_with_the_way_out(tiny_bundle: Path) -> None:
    edit(tiny_bundle, lambda content: content.update(schema_version=99))
    assert "schema version is 99" in refusal(tiny_bundle) and "newer version of the app" in refusal(tiny_bundle)


def test_a_later_app_reads_the_bundles_of_today(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime_app.bundle.SCHEMA_VERSION", SCHEMA_VERSION + 1)
    assert open_bundle(tiny_bundle).manifest.schema_version == SCHEMA_VERSION


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "C:\\windows", "a/../../b"])
def test_a_file_outside_the_folder_is_refused(tiny_bundle: Path, name: str) -> None:
    edit(tiny_bundle, lambda content: content["files"].append({"path": name, "sha256": "0" * 64, "bytes": 1}))
    assert "outside" in refusal(tiny_bundle)


def test_a_link_that_leads_outside_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    shutil.copy(tiny_bundle / "MODEL_CARD.md", secret)
    (tiny_bundle / "MODEL_CARD.md").unlink()
    os.symlink(secret, tiny_bundle / "MODEL_CARD.md")
    assert "outside" in refusal(tiny_bundle)


def test_a_link_within_the_folder_is_refused_too(tiny_bundle: Path) -> None:
    (tiny_bundle / "golden.npz").rename(tiny_bundle / "other")
    os.symlink("other", tiny_bundle / "golden.npz")
    (tiny_bundle / "report" / "parity.json").unlink()
    edit(tiny_bundle, lambda content: content["files"].__delitem__(6))
    edit(tiny_bundle, lambda content: content["files"].append({**content["files"][1], "path": "other"}))
    assert "golden.npz is a link" in refusal(tiny_bundle)


def test_a_pipe_in_a_bundle_is_refused_and_not_waited_for(tiny_bundle: Path) -> None:
    (tiny_bundle / "MODEL_CARD.md").unlink()
    os.mkfifo(tiny_bundle / "MODEL_CARD.md")
    assert "not an ordinary file" in refusal(tiny_bundle)


def test_a_manifest_nested_beyond_reason_hides_no_other_bundle(tiny_bundle: Path) -> None:
    shutil.copytree(tiny_bundle, tiny_bundle.with_name("whole"))
    (tiny_bundle / "bundle.json").write_bytes(b'{"a":' * 100_000)
    assert "not readable JSON" in refusal(tiny_bundle)
    assert [entry.path.name for entry in find_bundles([tiny_bundle.parent])] == ["whole"]


def test_a_count_of_classes_that_the_model_does_not_have_is_refused(tiny_bundle: Path) -> None:
    from runtime_app.classifier import Classifier

    edit(tiny_bundle, lambda content: content["classes"].append("eleven"))
    with pytest.raises(BundleError, match="knows 10 classes, its manifest names 11"):
        Classifier(open_bundle(tiny_bundle), "cpu")


def test_a_missing_bundle_says_so(tmp_path: Path) -> None:
    assert "there is no such file or folder" in refusal(tmp_path / "gone")
    assert not is_bundle(tmp_path / "gone")


def test_a_zip_that_climbs_out_is_refused_and_writes_nothing(tiny_bundle: Path, tmp_path: Path) -> None:
    archive = zipped(tiny_bundle, tmp_path / "tiny.zip")
    with zipfile.ZipFile(archive, "a") as file:
        file.writestr("../escaped.txt", "x")
    assert "outside the archive" in refusal(archive)
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_a_zip_bomb_is_refused_before_unpacking(tiny_bundle: Path, tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.write(tiny_bundle / "bundle.json", "bundle.json")
        file.writestr("model.onnx", bytes(80_000_000))
    assert "unreasonable size" in refusal(archive)


def test_a_damaged_zip_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    archive = zipped(tiny_bundle, tmp_path / "tiny.zip")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    assert "readable .zip" in refusal(archive)
    generator = np.random.default_rng(0)
    accepted = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for at in generator.integers(0, len(whole), 3):
            damaged[at] ^= int(generator.integers(1, 256))
        archive.write_bytes(damaged)
        try:
            bundle = open_bundle(archive)
        except BundleError:
            continue
        accepted += 1  # the change hit a field of the archive that carries no content, such as a date
        assert bundle.manifest == open_bundle(tiny_bundle).manifest
    assert accepted < 60


def test_external_data_is_refused(tiny_bundle: Path) -> None:
    from runtime_app.model_file import _model_class, find_objection

    model = _model_class().FromString((tiny_bundle / "model.onnx").read_bytes())
    assert find_objection(model.SerializeToString()) is None
    tensor = model.graph[0].initializer[0]
    tensor.data_location = 1
    tensor.external_data.add().key = "location"
    assert "outside itself" in str(find_objection(model.SerializeToString()))


def test_foreign_operators_are_refused(tiny_bundle: Path) -> None:
    from runtime_app.classifier import Classifier
    from runtime_app.model_file import _model_class

    model = _model_class().FromString((tiny_bundle / "model.onnx").read_bytes())
    model.opset_import.add().domain = "com.example"
    (tiny_bundle / "model.onnx").write_bytes(model.SerializeToString())
    relist(tiny_bundle, "model.onnx")
    with pytest.raises(BundleError, match=r"not part of ONNX \(com\.example\)"):
        Classifier(open_bundle(tiny_bundle), "cpu")


@pytest.mark.parametrize("place", ["graph", "function", "branch"])
def test_loops_that_nothing_could_interrupt_are_refused(tiny_bundle: Path, place: str) -> None:
    from runtime_app.classifier import Classifier
    from runtime_app.model_file import _model_class

    model = _model_class().FromString((tiny_bundle / "model.onnx").read_bytes())
    graph = model.graph[0]
    holder = {
        "graph": lambda: graph,
        "function": lambda: model.functions.add(),
        "branch": lambda: graph.node[0].attribute.add().g.add(),
    }[place]()
    holder.node.add().op_type = "Loop"
    (tiny_bundle / "model.onnx").write_bytes(model.SerializeToString())
    relist(tiny_bundle, "model.onnx")
    with pytest.raises(BundleError, match=r"repeats a part of itself, which may never end \(Loop\)"):
        Classifier(open_bundle(tiny_bundle), "cpu")


def test_bytes_that_are_no_model_are_refused(tiny_bundle: Path) -> None:
    from runtime_app.classifier import Classifier

    (tiny_bundle / "model.onnx").write_bytes(b"\x00not a model")
    relist(tiny_bundle, "model.onnx")
    with pytest.raises(BundleError, match=r"not an ONNX model|holds no graph"):
        Classifier(open_bundle(tiny_bundle), "cpu")


@pytest.mark.parametrize("temperature", [0, -1, "1", 5e-324, 1e308])
def test_figures_that_cannot_be_computed_with_are_refused(tiny_bundle: Path, temperature: object) -> None:
    edit(tiny_bundle, lambda content: content["calibration"].update(temperature=temperature))
    assert "does not follow the schema" in refusal(tiny_bundle)


def test_a_licence_of_megabytes_is_refused(tiny_bundle: Path) -> None:
    edit(tiny_bundle, lambda content: content.update(licence="x" * 3_000_000))
    assert "does not follow the schema" in refusal(tiny_bundle)


def test_a_zip_that_is_packed_in_an_unusual_way_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        assert "packed in an unusual way" in refusal(zipped(tiny_bundle, tmp_path / "tiny.zip", method))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_two_files_of_one_name_is_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    archive = zipped(tiny_bundle, tmp_path / "tiny.zip")
    with zipfile.ZipFile(archive, "a") as file:
        file.write(tiny_bundle / "model.onnx", "model.onnx")
    assert "two files of the same name" in refusal(archive)


def test_a_model_without_a_tolerance_for_every_output_is_refused(tiny_bundle: Path) -> None:
    edit(tiny_bundle, lambda content: content["variants"][0]["tolerance"].pop("evidence"))
    assert "do not name the network's outputs" in refusal(tiny_bundle)


@pytest.mark.parametrize("accuracy", [1.01, -0.1, 97.3])
def test_shares_beyond_one_are_refused(tiny_bundle: Path, accuracy: float) -> None:
    edit(tiny_bundle, lambda content: content["metrics"]["test"].update(accuracy=accuracy))
    assert "does not follow the schema" in refusal(tiny_bundle)
