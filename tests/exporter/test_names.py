"""Names that no bundle can carry are refused at the start, whatever is old enough to have them."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from exporter.cli import _refuse_name
from exporter.source import load_source
from runtime_app.errors import UserError


@pytest.mark.parametrize(("name", "fault"), [("x" * 201, "201 characters"), ("two\nlines", "one line of text")])
def test_an_old_run_with_such_a_class_is_refused_before_the_gate(
    run_folder: Path, tmp_path: Path, name: str, fault: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(run_folder, run)
    content = torch.load(run / "best.pt", weights_only=True)
    content["classes"] = [*content["classes"][:9], name]
    torch.save(content, run / "best.pt")
    record = json.loads((run / "config.json").read_text())
    record["provenance"]["classes"] = content["classes"]
    (run / "config.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match="a class whose name no bundle can carry") as caught:
        load_source(run / "best.pt")
    assert fault in caught.value.title and str(run) in caught.value.title and len(caught.value.title) < 400
    assert "Rename the folder" in caught.value.advice


@pytest.mark.parametrize(
    "name", ["x" * 201, "日" * 67, "a:b", "two\nlines", "\udcff", "\ud800", "", "..", ".hidden", "a/b"]
)
def test_a_bundle_is_never_called_so_and_the_advice_names_the_option(name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a bundle") as caught:
        _refuse_name(name)
    assert caught.value.exit_status == 2
    assert caught.value.advice == (
        'Pass --name with 1 to 200 bytes of printable text that has none of / \\ : * ? " < > | '
        "and does not begin with a dot."
    )


@pytest.mark.parametrize("name", ["x" * 200, "日" * 66, "a b", "mein Büro.v1", "20260101-000000-cifarnet-pets-s0"])
def test_other_names_are_taken_as_they_are(name: str) -> None:
    _refuse_name(name)
