"""The whole export when the gate refuses: status 1, nothing published, parity.json, and the layer that departs."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import exporter.export as exporting
from exporter.control import perturb_one_weight
from exporter.errors import GateError
from exporter.export import Exported, export
from exporter.progress import Steps
from exporter.source import load_data, load_source
from runtime_app.bundle import open_bundle
from runtime_app.errors import UserError

SHIPPED = Path(__file__).resolve().parents[2] / "artifacts" / "bundles" / "cifarnet-cifar10"


@pytest.fixture
def run(run_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_folder, tmp_path / run_folder.name))


def _export(run: Path, destination: Path) -> Exported:
    source = load_source(run / "best.pt")
    return export(source, load_data(source, None), destination, Steps(), ("fp32",), overwrite=True)


def _break(monkeypatch: pytest.MonkeyPatch, broken: Callable[[bool], bool]) -> None:
    """Let the conversion to ONNX lose a weight, for optimised or unoptimised graphs."""
    right = exporting.to_onnx

    def wrong(*arguments: object, optimize: bool = True) -> bytes:
        model = right(*arguments, optimize=optimize)
        return perturb_one_weight(model)[0] if broken(optimize) else model

    monkeypatch.setattr(exporting, "to_onnx", wrong)


def test_refused_model_is_not_published_and_parity_json_names_the_first_layer_that_departs(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break(monkeypatch, lambda optimize: True)
    bundles = tmp_path / "bundles"
    shutil.copytree(SHIPPED, bundles / "tiny")
    with pytest.raises(GateError, match=r"The first layer that departs from torch is stem\.conv") as caught:
        _export(run, bundles / "tiny")
    assert caught.value.exit_status == 1
    assert str(run / "parity.json") in caught.value.advice
    found = json.loads((run / "parity.json").read_text())
    assert found["first_departure"]["layer"] == "stem.conv"
    assert found["fp32"]["refusals"][0]["sentence"] in caught.value.title
    assert [path.name for path in bundles.iterdir()] == ["tiny"]
    assert open_bundle(bundles / "tiny").manifest == open_bundle(SHIPPED).manifest


def test_where_a_fusion_changed_results_the_graph_is_exported_without_fusions(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _break(monkeypatch, lambda optimize: optimize)
    assert _export(run, tmp_path / "tiny").created
    assert open_bundle(tmp_path / "tiny").manifest.parity.argmax_differences == 0
    said = capsys.readouterr().err
    assert "refused: " in said and "ONNX, without fusions" in said


def test_a_bundle_that_would_fail_its_own_selftest_is_not_published(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = exporting._golden
    monkeypatch.setattr(
        exporting, "_golden", lambda source, temperature, models: right(source, 1.1 * temperature, models)
    )
    with pytest.raises(
        UserError, match=r"fails its own self-test: probabilities of model\.onnx differ from the golden vectors by 0\."
    ) as caught:
        _export(run, tmp_path / "bundles" / "tiny")
    assert caught.value.exit_status == 1
    assert list((tmp_path / "bundles").iterdir()) == []


def _no_room(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Permissions do not hold for root, so that the first step of writing into the folder fails instead."""
    import tempfile

    make = tempfile.mkstemp

    def refused(*arguments: object, **options: object) -> tuple[int, str]:
        if options.get("dir") == folder:
            raise PermissionError(13, os.strerror(13), str(folder))
        return make(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(tempfile, "mkstemp", refused)


def test_run_folder_that_cannot_be_written_hides_no_refusal_and_stops_no_publication(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _no_room(monkeypatch, run)
    with monkeypatch.context() as patch:
        _break(patch, lambda optimize: True)
        with pytest.raises(GateError, match="The gate refused the model") as caught:
            _export(run, tmp_path / "refused")
    assert caught.value.advice == "Nothing was published."
    assert _export(run, tmp_path / "tiny").created
    assert "got no export.json and no evidence.png: Permission denied" in capsys.readouterr().err
    assert open_bundle(tmp_path / "tiny")


def test_a_network_whose_finite_weights_overflow_is_refused_in_one_sentence(run: Path, tmp_path: Path) -> None:
    content = torch.load(run / "best.pt", weights_only=True)
    content["model"]["head.weight"] *= 1e38 / content["model"]["head.weight"].abs().max()
    torch.save(content, run / "best.pt")
    with pytest.raises(
        UserError, match=r"^The network's logits are not finite on validation picture \d+ \(and on "
    ) as caught:
        _export(run, tmp_path / "bundles" / "tiny")
    assert caught.value.exit_status == 1 and not (tmp_path / "bundles" / "tiny").exists()


def test_a_checkpoint_with_another_accuracy_than_it_was_saved_with_is_refused(run: Path, tmp_path: Path) -> None:
    content = torch.load(run / "best.pt", weights_only=True)
    content["validation_accuracy"] -= 0.1
    torch.save(content, run / "best.pt")
    with pytest.raises(UserError, match=r"has \d+\.\d\d% on the rebuilt validation split") as caught:
        _export(run, tmp_path / "bundles" / "tiny")
    assert caught.value.exit_status == 1 and not (tmp_path / "bundles" / "tiny").exists()
