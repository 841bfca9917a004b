"""What the command says of a bundle, and where; and what it refuses before any work. Nothing is computed here."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import exporter.export as exporting
from exporter.cli import cli
from exporter.export import Exported
from runtime_app.bundle import open_bundle
from runtime_app.errors import UserError

SHIPPED = Path(__file__).resolve().parents[2] / "artifacts" / "bundles" / "cifarnet-cifar10"


@pytest.fixture
def bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the bundle that every export of this test finds "already published"."""
    shutil.copytree(SHIPPED, tmp_path / "bundles" / "tiny")

    def published(source: object, splits: object, destination: Path, *rest: object, **options: object) -> Exported:
        return Exported(destination, open_bundle(destination).manifest, created=False)

    monkeypatch.setattr(exporting, "export", published)
    return tmp_path / "bundles"


def _export(run: Path, bundles: Path, *options: str) -> Result:
    arguments = ["export", "--run", str(run), "--bundles", str(bundles), "--name", "tiny", *options]
    return CliRunner().invoke(cli, arguments)


def test_model_card_is_added_to_the_steps_summary_once(
    run_folder: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = bundles.parent / "summary.md"
    summary.write_text("# From another command\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for _ in range(2):
        assert _export(run_folder, bundles, "--overwrite").exit_code == 0
    title = (bundles / "tiny" / "MODEL_CARD.md").read_text(encoding="utf-8").splitlines()[0]
    told = summary.read_text(encoding="utf-8")
    assert told.startswith(f"# From another command\n{title}\n") and told.count(title) == 1


@pytest.mark.parametrize("summary", ["", "no/such/folder/summary.md", "bundles"])
def test_unusable_summary_of_the_step_fails_no_export_that_succeeded(
    run_folder: Path, bundles: Path, monkeypatch: pytest.MonkeyPatch, summary: str
) -> None:
    monkeypatch.chdir(bundles.parent)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", summary)
    done = _export(run_folder, bundles, "--overwrite")
    assert done.exit_code == 0
    assert done.stdout == f"{bundles / 'tiny'}\n"
    assert ("The step's summary got no model card" in done.stderr) == bool(summary)


def test_a_name_is_refused_before_anything_is_looked_for(tmp_path: Path) -> None:
    done = _export(tmp_path / "nowhere", tmp_path, "--name", "a/b")
    assert isinstance(done.exception, UserError) and done.exception.exit_status == 2
    assert done.exception.title == '"a/b" cannot be the name of a bundle.'


@pytest.mark.parametrize(
    "arguments",
    [
        *(["export", option, ""] for option in ("--run", "--runs", "--bundles", "--data-root")),
        ["diff", "", str(SHIPPED)],
        ["diff", str(SHIPPED), ""],
    ],
)
def test_an_empty_path_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 2 and "The path is empty." in done.stderr


def test_what_will_be_refused_is_refused_before_any_picture_is_read(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*anything: object) -> None:
        raise AssertionError("the data was read")

    monkeypatch.setattr("exporter.source.load_data", read)
    (tmp_path / "bundles").mkdir()
    shutil.make_archive(str(tmp_path / "bundles" / "tiny"), "zip", SHIPPED)
    done = _export(run_folder, tmp_path / "bundles", "--zip")
    assert isinstance(done.exception, UserError)
    assert done.exception.title == f"There is already another bundle {tmp_path / 'bundles' / 'tiny.zip'}."
    assert not (tmp_path / "bundles" / "tiny").exists()
    (tmp_path / "file").write_bytes(b"")
    done = _export(run_folder, tmp_path / "file", "--overwrite")
    assert isinstance(done.exception, UserError)
    assert done.exception.title == f"{tmp_path / 'file'} is no folder, so no bundle can be put there."
    done = _export(run_folder, Path("/proc/x"))
    assert isinstance(done.exception, UserError) and done.exception.exit_status == 2
    assert done.exception.title == "No bundle can be written to /proc/x (No such file or directory)."
