"""The model card in the about window: what is read, without Markdown's marks."""

from runtime_app.presenter.about import Line, _plain_lines


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
