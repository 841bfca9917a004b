"""The model card says what was measured, and every name in it as it is."""

import json
import re
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from exporter.calibrate import threshold_effect
from exporter.describe import describe, variant
from exporter.evaluation import Confused
from exporter.markdown import literal, table, without_pictures
from exporter.parity import check, summarise
from exporter.report import report_files
from runtime_app.manifest import encode
from tests.exporter.conftest import Export
from trainer.data.names import why_refused
from trainer.plots import plot_curves

TINY = Path(__file__).parents[1] / "runtime_app" / "bundles" / "tiny"
RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MEANT = (
    "*a*",
    "**a**",
    "_a_",
    "__a__",
    "`a`",
    "[a](b)",
    "![a](b)",
    "<b>a",
    "<http://a.b>",
    "&amp;",
    "~~a~~",
    "a #",
    "a|b",
)
MEANT += (
    "\\*a",
    "a\\",
    "\\|",
    "a\\|b",
    " a ",
    "a_",
    "_",
    "*",
    "日*本*日",
    "# a",
    "- a",
    "1. a",
    "a*b*c",
    "a<!-- -->b",
    "$a$",
)
SIGNS = st.sampled_from("ab _*`\\|<>[]()!&;:/~$#.-+=\"'日é\u00a0")
NAMES = st.text(SIGNS | st.characters(), min_size=1, max_size=12) | st.lists(st.sampled_from(MEANT), max_size=3).map(
    "".join
)


def _text(token: Token | None) -> str:
    """What a person reads of one line; formatting within it is a failure of the tests that compare names."""
    assert token is not None
    return "".join(child.content for child in token.children or () if child.type in ("text", "code_inline"))


def _tables(card: str) -> list[list[list[str]]]:
    """Every table as rows of cells, the header first."""
    tables: list[list[list[str]]] = []
    tokens = RENDERER.parse(card)
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type in ("td_open", "th_open"):
            tables[-1][-1].append(_text(following))
    return tables


def _inlines(text: str) -> list[Token]:
    return [token for token in RENDERER.parse(text) if token.type == "inline"]


@pytest.mark.parametrize("name", MEANT)
def test_what_markdown_gives_a_meaning_is_rendered_as_itself(name: str) -> None:
    _rendered_as_itself(name)


@settings(max_examples=300, deadline=None)
@given(NAMES.filter(lambda name: why_refused(name) is None))
def test_any_name_is_rendered_as_itself_in_a_sentence_a_heading_bold_text_and_a_table(name: str) -> None:
    _rendered_as_itself(name)


def _rendered_as_itself(name: str) -> None:
    safe = literal(name)
    heading, sentence, bold = _inlines(f"# {safe}\n\nAmong {safe}, {safe}.\n\n- of **{safe}** (1) for **{safe}**")
    assert _text(heading) == name
    assert _text(sentence) == f"Among {name}, {name}."
    assert _text(bold) == f"of {name} (1) for {name}"
    assert [child.type for child in sentence.children or ()] == ["text"]
    marks = [child.type for child in bold.children or () if child.type != "text"]
    assert marks == ["strong_open", "strong_close"] * 2
    assert _tables(table(("class", "n"), [(safe, "1"), (safe, "2")])) == [[["class", "n"], [name, "1"], [name, "2"]]]


@pytest.mark.parametrize("name", ["maple_leaf", "20260101-000000-cifarnet-pets-s0", "a-b (c), d.e", "日本"])
def test_ordinary_names_are_readable_in_the_file_itself_too(name: str) -> None:
    assert literal(name) == name


def test_github_finds_no_formula_and_no_link_in_a_name() -> None:
    assert literal("$a$ http://b.c") == r"\$a\$ http\://b.c"


def test_without_pictures_only_the_pictures_are_gone() -> None:
    card = "# a\n\ntext ![kept](x)\n\n![Plot](report/plot.png)\n\n## b\n\nmore\n"
    assert without_pictures(card) == "# a\n\ntext ![kept](x)\n\n## b\n\nmore\n"


@pytest.fixture(scope="module")
def files(export: Export) -> dict[str, bytes]:
    """The files of a bundle that people read, and its manifest, of the small network."""
    gate = check(export.draft(), export.expected)
    test = export.evaluation.metrics.test
    variants = (variant("fp32", export.model, gate.tolerance, test.accuracy),)
    manifest = describe("tiny", export.source, export.splits, export.evaluation, variants, summarise(gate))
    made = report_files(manifest, export.evaluation, {"fp32": gate}, export.source, export.splits)
    return {**made, "bundle.json": encode(manifest)}


def _committed() -> dict[str, bytes]:
    return {path.relative_to(TINY).as_posix(): path.read_bytes() for path in TINY.rglob("*") if path.is_file()}


@pytest.mark.parametrize("made", ["now", "before"])
def test_every_figure_of_the_card_is_the_one_in_the_json_files(files: dict[str, bytes], made: str) -> None:
    content = files if made == "now" else _committed()
    bundle, metrics = (json.loads(content[name]) for name in ("bundle.json", "report/metrics.json"))
    card = content["MODEL_CARD.md"].decode()
    by_class, confidence, verdicts, flagged, models, *_ = _tables(card)

    test = bundle["metrics"]["test"]
    assert f"On {test['n']:,} test pictures" in card
    assert f"its first answer is right for **{test['accuracy']:.2%}**" in card
    assert f"are off by {test['ece']:.2%} on average" in card
    before, after = metrics["before"]["test"], metrics["metrics"]["test"]
    assert after == test
    calibration = bundle["calibration"]
    assert (before["ece"], after["ece"]) == (calibration["ece_before"], calibration["ece_after"])
    assert [row[1:] for row in confidence[1:]] == [
        [f"{calibration['ece_before']:.2%}", f"{calibration['ece_after']:.2%}"],
        [f"{before['nll']:.4f}", f"{after['nll']:.4f}"],
        [f"{before['brier']:.4f}", f"{after['brier']:.4f}"],
    ]
    assert f"one temperature, {calibration['temperature']:.4f}," in card

    for row, name in zip(verdicts[1:], ("none_below", "unsure_below"), strict=True):
        validation, of_test = (metrics["thresholds"][split][name] for split in ("validation", "test"))
        assert row[1:] == [
            f"{bundle['verdict'][name]:.4f}",
            *(f"{part['coverage']:.1%}" for part in (validation, of_test)),
            *(f"{part['accuracy']:.1%}" for part in (validation, of_test)),
        ]
    assert {row[0]: row[2] for row in flagged[1:]} == {n: f"{s:.1%}" for n, s in metrics["flagged"].items()}
    assert [row[0] for row in by_class[1:]] == bundle["classes"]
    assert [int(row[1]) for row in by_class[1:]] == [sum(row) for row in metrics["confusion"]]
    recalls = [row[at] / max(sum(row), 1) for at, row in enumerate(metrics["confusion"])]
    assert [row[2] for row in by_class[1:]] == [f"{recall:.1%}" for recall in recalls]
    assert [row[3] for row in models[1:]] == [f"{v['test_accuracy']:.2%}" for v in bundle["variants"]]


def test_the_pictures_of_the_gate_are_counted_as_parity_json_counts_them(files: dict[str, bytes]) -> None:
    card, gate = files["MODEL_CARD.md"].decode(), json.loads(files["report/parity.json"])["fp32"]
    parts = gate["parts"]
    assert f"on {sum(parts.values()):,} pictures ({parts['validation'] + parts['test']:,} held out, " in card
    assert f"{parts['edge-case']} edge cases, {parts['golden']} golden vectors)" in card
    for output, difference in gate["measured"]["max_difference"].items():
        assert f"{output} {difference:.1e}" in card
    assert f"another winning class: {gate['measured']['argmax_differences']} times" in card


def test_a_card_with_odd_names_of_data_and_of_confused_classes_says_them(
    export: Export, files: dict[str, bytes]
) -> None:
    manifest = msgspec.json.decode(files["bundle.json"], type=type(export.draft().manifest))
    odd = msgspec.structs.replace(manifest, name="**a|b**", licence="MIT. Data: the folder <b>x_.")
    gate = check(export.draft(), export.expected)
    confused = replace(export.evaluation, confusions=(Confused("**a", "<b>x", 1, 0.5),))
    card = report_files(odd, confused, {"fp32": gate}, export.source, export.splits)["MODEL_CARD.md"].decode()
    lines = [_text(token) for token in _inlines(card)]
    assert "50.0% of the pictures of **a (1) are taken for <b>x" in lines
    assert lines[0] == "**a|b**" and lines[-1] == "MIT. Data: the folder <b>x_."
    assert not re.search(r"html_(inline|block)", " ".join(token.type for token in RENDERER.parse(card)))


def test_test_pictures_that_were_learned_from_are_counted(export: Export, files: dict[str, bytes]) -> None:
    manifest = msgspec.json.decode(files["bundle.json"], type=type(export.draft().manifest))
    assert "test pictures that it never learned from" in files["MODEL_CARD.md"].decode()
    both = replace(export.splits, test=export.splits.train)
    gate = check(export.draft(), export.expected)
    card = report_files(manifest, export.evaluation, {"fp32": gate}, export.source, both)["MODEL_CARD.md"].decode()
    assert f"of which {len(both.train):,} are copies of pictures that it learned from" in card


def test_a_share_of_no_pictures_is_none(export: Export, files: dict[str, bytes]) -> None:
    manifest = msgspec.json.decode(files["bundle.json"], type=type(export.draft().manifest))
    first, second, *others = export.evaluation.classes_table
    confusion = np.array(export.evaluation.confusion)
    confusion[:, 1] = 0
    table = (replace(first, support=0, recall=0.0, f1=0.0), replace(second, recall=0.0, precision=0.0, f1=0.0), *others)
    evaluation = replace(export.evaluation, classes_table=table, confusion=tuple(map(tuple, confusion.tolist())))
    gate = check(export.draft(), export.expected)
    card = report_files(manifest, evaluation, {"fp32": gate}, export.source, export.splits)["MODEL_CARD.md"].decode()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in card.splitlines() if line.startswith("| ")]
    by_name = {row[0]: row for row in rows if len(row) == 5}
    assert by_name[literal(first.name)][1:3] == ["0", "\u2013"] and by_name[literal(first.name)][3] != "\u2013"
    assert by_name[literal(second.name)][2:4] == ["0.0%", "\u2013"]


def test_an_accuracy_where_no_test_picture_reaches_a_threshold_is_none(export: Export, files: dict[str, bytes]) -> None:
    manifest = msgspec.json.decode(files["bundle.json"], type=type(export.draft().manifest))
    nothing = threshold_effect(np.array([1.0]), np.array([True]), 2.0)
    test = {**export.evaluation.thresholds["test"], "unsure_below": nothing}
    evaluation = replace(export.evaluation, thresholds={**export.evaluation.thresholds, "test": test})
    gate = check(export.draft(), export.expected)
    card = report_files(manifest, evaluation, {"fp32": gate}, export.source, export.splits)["MODEL_CARD.md"].decode()
    sure = _tables(card)[2][2]
    assert (sure[3], sure[5]) == ("0.0%", "\u2013")


def test_the_licence_of_a_persons_own_model_is_not_made_up(export: Export) -> None:
    def licence(stated: str | None, data: str, about: str) -> str:
        record = replace(export.source.record, config=replace(export.source.record.config, data=data))
        source = replace(export.source, licence=stated, record=record)
        splits = replace(export.splits, about=about)
        return describe("tiny", source, splits, export.evaluation, ()).licence

    assert licence(None, "pets", "the folder pets") == (
        "None has been stated for this model. The data it was trained on may have terms of its own: the folder pets."
    )
    assert licence("MIT", "cifar10", "CIFAR-10 (Alex Krizhevsky)") == (
        "MIT. The data it was trained on has terms of its own: CIFAR-10 (Alex Krizhevsky)."
    )


def test_the_card_says_in_whole_sentences_what_it_learned_from_and_that_it_began_with_another_network(
    export: Export, files: dict[str, bytes]
) -> None:
    manifest = msgspec.json.decode(files["bundle.json"], type=type(export.draft().manifest))
    own = replace(export.splits, about="the folder pets")
    gate = check(export.draft(), export.expected)
    began = " It began with the weights of another network, which had learned already"
    card = report_files(manifest, export.evaluation, {"fp32": gate}, export.source, own)["MODEL_CARD.md"].decode()
    assert "\n\nThe folder pets. 1,293 pictures for training" in card and began not in card
    training = {**manifest.provenance.training, "began_with_checkpoint": "SHA-256 1", "outliers": "757 (SHA-256 2)"}
    tuned = msgspec.structs.replace(
        manifest, provenance=msgspec.structs.replace(manifest.provenance, training=training)
    )
    card = report_files(tuned, export.evaluation, {"fp32": gate}, export.source, own)["MODEL_CARD.md"].decode()
    assert "The test pictures decided nothing. Beside them it was shown 757 other pictures" in card
    assert f"(outlier exposure, Hendrycks et al. 2019).{began}" in card


def test_the_curves_mark_the_epoch_that_is_exported(export: Export, files: dict[str, bytes], tmp_path: Path) -> None:
    manifest = msgspec.json.decode(files["bundle.json"], type=type(export.draft().manifest))
    (first,) = export.source.rows
    later = replace(first, epoch=2, val_acc=1.0, val_loss=0.0)
    source = replace(export.source, rows=(first, later))
    gate = check(export.draft(), export.expected)
    made = report_files(manifest, export.evaluation, {"fp32": gate}, source, export.splits)
    plot_curves(tmp_path / "curves.png", [first, later], export.source.checkpoint.epoch)
    assert made["report/curves.png"] == (tmp_path / "curves.png").read_bytes()
