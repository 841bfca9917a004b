"""The model card in the about window: what is read, without Markdown's marks."""

from pathlib import Path

from runtime_app.presenter import Presenter
from runtime_app.presenter.about import Line, _plain_lines, about_lines
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
