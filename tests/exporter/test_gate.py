"""Every way in which the gate must refuse a model, and that it does not refuse the right one."""

import copy
from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from torch import nn

from exporter import control, parity
from exporter import export as exporting
from exporter.bisection import first_departure
from exporter.consumer import Job
from exporter.control import perturb_one_weight, require_refusal
from exporter.draft import Draft, ask_app, draft_of
from exporter.errors import BlindGateError
from exporter.expectation import FACTOR, expect
from exporter.graph import Deployable, to_onnx
from exporter.parity import GateReport, Refusal, check
from exporter.pictures import gather
from exporter.reference import Reference
from runtime_app import providers
from runtime_app.classifier import OUTPUTS
from tests.exporter.samples import SIZE

from .conftest import Export


def test_gate_accepts_the_exported_model_and_counts_what_it_saw(export: Export) -> None:
    report = check(export.draft(), export.expected)
    assert report.refusals == ()
    assert report.parts == {"validation": 60, "test": 60, "generated": 20, "golden": 18, "edge-case": 12}
    assert report.batch_sizes == (1, 2, 7, 64)
    assert report.providers == ("CPUExecutionProvider",)
    assert report.measured.argmax_differences == 0
    assert all(0 < report.measured.max_difference[name] <= report.tolerance[name] < 1e-3 for name in OUTPUTS)


def test_gate_measures_two_thousand_pictures_in_fp64_and_runs_256_in_small_batches(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = gather(export.splits)
    outputs = Reference(export.source.checkpoint).run(pictures.images)
    expected = expect(export.source.checkpoint, pictures, outputs, export.evaluation.temperature)
    seen: list[Job] = []

    def noted(draft: Draft, images: np.ndarray, jobs: list[Job]) -> object:
        seen.extend(jobs)
        return ask_app(draft, images, jobs)

    monkeypatch.setattr(parity, "ask_app", noted)
    report = check(export.draft(), expected)
    assert report.holds and report.exact_pictures >= 2000
    assert expected.exact.logits.dtype == np.float64 and len(expected.exact) == len(set(expected.exact_at.tolist()))
    counts = {job.batch: None if job.positions is None else len(set(job.positions)) for job in seen}
    assert counts == {64: None, 1: 256, 2: 256, 7: 256}


def test_app_may_be_only_so_much_farther_from_fp64_than_torch_is(export: Export) -> None:
    """The same outputs, within the tolerance from torch's own: what was right for one picture lies elsewhere."""
    expected = export.expected
    limit = FACTOR * expected.rounding["logits"]
    logits = expected.exact.logits.copy()
    logits[3, 0] += 1.5 * limit
    moved = replace(expected, exact=replace(expected.exact, logits=logits))
    report = check(export.draft(), moved)
    assert [refusal.output for refusal in report.refusals] == ["logits"]
    assert "differs from torch in fp64" in report.refusals[0].sentence
    assert report.refusals[0].picture == expected.pictures.name_of(int(expected.exact_at[3]))


def test_every_provider_that_runs_here_must_give_what_torch_gives(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No machine of the tests has CUDA: the CPU's outputs stand for what it gives, once right and once wrong."""
    monkeypatch.setattr(providers, "cuda_obstacle", lambda: None)
    assert exporting.gate_devices() == ("cpu", "cuda")
    answers, right = ask_app(export.draft(), export.expected.pictures.images, jobs := _jobs_of_cpu(export))
    for wrong_by in (0.0, 1.0):

        def answered(draft: Draft, images: np.ndarray, asked: list[Job], by: float = wrong_by) -> object:
            assert len(asked) == 2 * len(jobs)
            cuda = {name.replace("cpu", "cuda"): replace(o, logits=o.logits + by) for name, o in right.items()}
            there = [replace(answer, name=answer.name.replace("cpu", "cuda"), provider="CUDA") for answer in answers]
            return [*answers, *there], {**right, **cuda}

        monkeypatch.setattr(parity, "ask_app", answered)
        report = check(export.draft(), export.expected, exporting.gate_devices())
        assert report.holds == (wrong_by == 0) and report.providers == ("CPUExecutionProvider", "CUDA")


def _jobs_of_cpu(export: Export) -> list[Job]:
    small = tuple(export.expected.pictures.spread(256).tolist())
    small_jobs = [Job(f"batch-{batch}-cpu", "fp32", "cpu", batch, small) for batch in (1, 2, 7)]
    return [Job("all-cpu", "fp32", "cpu", 64), *small_jobs]


def test_gate_refuses_a_wrong_weight_and_names_output_picture_and_distance(export: Export) -> None:
    model, _ = perturb_one_weight(export.model)
    report = check(export.draft(model), export.expected)
    assert not report.holds
    first = report.refusals[0]
    assert first.output in OUTPUTS
    assert first.picture is not None and " picture " in first.picture
    assert first.difference > first.allowed
    assert first.picture in first.sentence


def test_bisection_names_the_layer_whose_weight_is_wrong(export: Export) -> None:
    images = export.splits.test.images[:2]
    temperature = export.evaluation.temperature
    assert first_departure(export.model, export.source.checkpoint, temperature, images) is None
    wrong, _ = perturb_one_weight(export.model)
    assert first_departure(wrong, export.source.checkpoint, temperature, images).layer == "stem.conv"
    first = _edit(export.model, "blocks.0.conv1_norm1.weight", lambda values: values * 1.01)
    assert first_departure(first, export.source.checkpoint, temperature, images).layer == "blocks.0.conv1_norm1"
    inner = _edit(export.model, "blocks.1.conv3_norm3.weight", lambda values: values * 1.01)
    assert first_departure(inner, export.source.checkpoint, temperature, images).layer == "blocks.1.conv3_norm3"
    last = _edit(export.model, "blocks.3.conv2_norm2.weight", lambda values: values * 1.01)
    assert first_departure(last, export.source.checkpoint, temperature, images).layer == "blocks.3.conv2_norm2"


def test_gate_refuses_swapped_classes(export: Export) -> None:
    def swap(values: np.ndarray) -> np.ndarray:
        values[[2, 7]] = values[[7, 2]]
        return values

    model = _edit(_edit(export.model, "head_weight", swap), "head_bias", swap)
    report = check(export.draft(model), export.expected)
    assert any("most probable class" in refusal.sentence for refusal in report.refusals)


def test_another_class_may_win_only_where_two_are_nearer_than_rounding_decides(export: Export) -> None:
    """Class b is lifted in the checkpoint until it ties with the best of one picture; rounding then decides, and does
    so the other way in the model. The same shift is refused as soon as it is more than rounding."""
    best, other = np.argsort(export.expected.float32.logits[0])[:-3:-1]
    checkpoint = copy.deepcopy(export.source.checkpoint)
    gap = float(np.subtract(*export.expected.float32.logits[0, [best, other]]))
    with torch.no_grad():
        checkpoint.network.head.bias[other] += (gap - 4e-6) / checkpoint.network.logit_scale
    pictures = export.expected.pictures
    outputs = Reference(checkpoint).run(pictures.images)
    expected = expect(checkpoint, pictures, outputs, export.evaluation.temperature)
    module = Deployable(checkpoint, export.evaluation.temperature).eval()
    model = to_onnx(module, SIZE, _classes(export))
    assert outputs.logits[0].argmax() == best and expected.tolerance["logits"] > 1.2e-5

    def lift(by: float) -> Callable[[np.ndarray], np.ndarray]:
        return lambda bias: bias + np.float32(by) * (np.arange(len(bias)) == other)

    near = check(export.draft(_edit(model, "head_bias", lift(8e-6))), expected)
    assert near.refusals == () and near.measured.argmax_differences == 1
    far = check(export.draft(_edit(model, "head_bias", lift(10.0))), expected)
    assert any("most probable class" in refusal.sentence for refusal in far.refusals)


def test_gate_refuses_class_names_in_another_order(export: Export) -> None:
    draft = export.draft()
    names = tuple(reversed(draft.manifest.classes))
    swapped = draft_of(msgspec.structs.replace(draft.manifest, classes=names), draft.models)
    report = check(swapped, export.expected)
    assert [refusal.sentence for refusal in report.refusals] == [
        "the classes in the manifest are not the checkpoint's, or in another order"
    ]


def test_gate_refuses_a_wrong_mean(export: Export) -> None:
    module = _deployable(export)
    module.channel_mean += 0.01
    model = to_onnx(module, SIZE, {"classes": list(export.source.checkpoint.classes)})
    assert not check(export.draft(model), export.expected).holds
    departure = first_departure(model, export.source.checkpoint, 1.0, export.splits.test.images[:2])
    assert departure.layer == "normalise"


def test_gate_refuses_a_wrong_temperature(export: Export) -> None:
    module = _deployable(export)
    module.temperature *= 1.05
    report = check(export.draft(to_onnx(module, SIZE, _classes(export))), export.expected)
    assert {refusal.output for refusal in report.refusals} == {"probabilities"}


def test_gate_refuses_a_frozen_batch(export: Export) -> None:
    model = onnx.load_model_from_string(export.model)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 64
    report = check(export.draft(model.SerializeToString()), export.expected)
    failed = [refusal.sentence for refusal in report.refusals if "cannot run" in refusal.sentence]
    assert any("batch-1-cpu" in sentence for sentence in failed)


def test_module_in_training_mode_is_not_even_exported(export: Export) -> None:
    module = copy.deepcopy(_deployable(export)).train()
    with pytest.raises(ValueError, match="training mode"):
        to_onnx(module, SIZE, {})
    checkpoint = copy.deepcopy(export.source.checkpoint)
    checkpoint.network.train()
    with pytest.raises(ValueError, match="training mode"):
        Deployable(checkpoint, 1.0)


def test_gate_refuses_what_a_training_mode_export_computes(export: Export) -> None:
    """Statistics of the batch instead of the running ones: every picture then depends on its neighbours."""
    module = _deployable(export)
    module.blocks = copy.deepcopy(export.source.checkpoint.network.blocks)
    for block in module.blocks:
        for number in range(1, block.depth + 1):
            setattr(block, f"norm{number}", _BatchStatistics(block.layer(number)[1]))
    report = check(export.draft(to_onnx(module.eval(), SIZE, _classes(export))), export.expected)
    assert any("differs from torch" in refusal.sentence for refusal in report.refusals)
    assert any("one by one" in refusal.sentence for refusal in report.refusals)


def test_gate_refuses_a_missing_output(export: Export) -> None:
    model = onnx.load_model_from_string(export.model)
    kept = [value for value in model.graph.output if value.name != "evidence"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    report = check(export.draft(model.SerializeToString()), export.expected)
    assert any("has no output evidence" in refusal.sentence for refusal in report.refusals)


def test_gate_refuses_evidence_that_does_not_add_up(export: Export) -> None:
    """The maps of a head without the mean's weight: every logit is right, the picture of where it looked is not."""
    model = onnx.load_model_from_string(export.model)
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = ["true_evidence" if name == "evidence" else name for name in names]
    model.graph.initializer.append(numpy_helper.from_array(np.float32(1.01), "one_percent_more"))
    model.graph.node.append(onnx.helper.make_node("Mul", ["true_evidence", "one_percent_more"], ["evidence"]))
    report = check(export.draft(model.SerializeToString()), export.expected)
    assert {refusal.output for refusal in report.refusals} == {"evidence"}
    assert any("does not add up" in refusal.sentence for refusal in report.refusals)


def test_gate_refuses_not_a_number(export: Export) -> None:
    model = _edit(export.model, "head_bias", lambda values: values * np.nan)
    assert not check(export.draft(model), export.expected).holds


def test_export_fails_when_the_gate_does_not_notice_a_wrong_weight(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not require_refusal(export.draft(), export.expected).holds
    good = check(export.draft(), export.expected)

    def blind(*anything: object) -> GateReport:
        return good

    monkeypatch.setattr(control, "check", blind)
    with pytest.raises(BlindGateError, match="did not notice"):
        require_refusal(export.draft(), export.expected)


def test_a_control_that_is_refused_for_anything_but_its_numbers_controls_nothing(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = check(export.draft(), export.expected)
    broken = replace(seen, refusals=(Refusal("the app cannot run the model (all-cpu): MemoryError"),))
    monkeypatch.setattr(control, "check", lambda *anything: broken)
    with pytest.raises(BlindGateError, match="stopped at something else: the app cannot run the model"):
        require_refusal(export.draft(), export.expected)


class _BatchStatistics(nn.BatchNorm2d):
    """What BatchNorm2d does in training mode, in plain arithmetic."""

    def __init__(self, norm: nn.BatchNorm2d) -> None:
        super().__init__(norm.num_features)
        self.load_state_dict(norm.state_dict())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.mean((0, 2, 3), keepdim=True)
        variance = (x - mean).square().mean((0, 2, 3), keepdim=True)
        scaled = (x - mean) / torch.sqrt(variance + self.eps)
        return scaled * self.weight[:, None, None] + self.bias[:, None, None]


def _deployable(export: Export) -> Deployable:
    return Deployable(export.source.checkpoint, export.evaluation.temperature).eval()


def _classes(export: Export) -> dict[str, object]:
    return {"classes": list(export.source.checkpoint.classes)}


def _edit(model: bytes, name: str, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    """The model with one initializer changed."""
    content = onnx.load_model_from_string(model)
    entry = next(entry for entry in content.graph.initializer if entry.name == name)
    entry.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(entry).copy()), name))
    return content.SerializeToString()
