"""The about window: the model card without Markdown's marks, versions, licences and the log, all of it to be read."""

from pathlib import Path

from runtime_app import __version__, licences
from runtime_app.presenter import Presenter
from runtime_app.presenter.about import Line, _plain_lines, about_lines
from runtime_app.terminal import log_file
from runtime_app.versions import installed_libraries
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import laid_out
from tests.runtime_app.samples import until


def test_names_with_signs_are_read_as_they_are() -> None:
    card = (
        "# \\<b\\>x\n\nOne\nline, **bold** and `code`.\n\n![Curves](report/curves.png)\n\n"
        "| a\\|b | found |\n| --- | --- |\n| \\*\\*y\\*\\* | 7% |\n\n- 7% of **a\\$^\\$**\n\n```\nevidence --help\n```\n"
    )
    assert [line for line in _plain_lines(card) if line.text] == [
        Line("<b>x", heading=True),
        Line("One line, bold and code."),
        Line("a|b\tfound", cells=("a|b", "found")),
        Line("**y**\t7%", cells=("**y**", "7%")),
        Line("- 7% of a$^$"),
        Line("evidence --help"),
    ]


def test_a_self_test_is_of_the_session_that_runs(presenter: Presenter, tiny_bundle: Path) -> None:
    for finished in (True, False):
        presenter.selftest()
        until(presenter, lambda finished=finished: presenter.selftest_words.startswith("Passed") or not finished)
        before = presenter.loaded
        presenter.open_bundle(tiny_bundle)
        until(presenter, lambda before=before: presenter.loaded is not before)
        until(presenter, lambda: not presenter.workers["chores"].queue_length)
        presenter.poll()
        assert about_lines(presenter)[0].text != "Self-test"


def _read_through(ui: Ui) -> list[str]:
    """All lines of the about window, from its top to its end."""
    ui.show_dialog("about")
    laid_out(ui)
    seen: list[str] = []
    assert ui.paged is not None
    for row in range(0, ui.paged.rows, max(1, ui.paged.fit)):
        ui.scroll_to(ui.paged.name, row, ui.paged.rows)
        texts = laid_out(ui).texts()
        seen += texts[texts.index("About") :]
    return seen


def test_every_word_of_the_card_can_be_read(ui: Ui) -> None:
    seen = _read_through(ui)
    text = "".join("".join(seen).split())
    assert not [line for line in seen if line.endswith("\u2026")]
    for line in about_lines(ui.presenter):
        for cell in line.cells or (line.text,):
            assert all(word in text for word in cell.split() if len(word) < 40), cell
    assert ui.presenter.loaded is not None
    assert ui.presenter.loaded.bundle.manifest.provenance.checkpoint_sha256 in text


def test_about_says_versions_licences_of_all_parts_and_where_the_log_lies(ui: Ui) -> None:
    seen = " ".join(_read_through(ui))
    assert f"This app {__version__}" in seen and all(line in seen for line in installed_libraries())
    parts = licences.inside()
    assert {"onnxruntime", "numpy", "pillow", "dearpygui"} <= {part.name.removesuffix("-gpu").lower() for part in parts}
    assert all(f"{part.name} {part.version}".strip() in seen for part in parts)
    assert str(log_file()) in "".join(seen.split()) and "This bundle: MIT." in seen
