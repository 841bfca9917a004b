"""Text that others chose, such as a class's name, as Markdown that is rendered as exactly that text."""

import re
from collections.abc import Sequence

# What CommonMark or GitHub's tables, formulas and links give a meaning within a line; each may follow a backslash.
_SIGNS = re.compile(r"[\\`*\[\]<>&|~$#]|:(?=//)")
# Between letters or digits an underscore means nothing, and most class names with one are such.
_UNDERSCORES = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EDGES = re.compile(r"^\s+|\s+$")
_PICTURES = re.compile(r"\n\n!\[[^\]]*\]\([^)]*\)")


def literal(text: str) -> str:
    """text: one line. For use within a line: a paragraph, a heading, bold text, a cell of a table."""
    signs = _SIGNS.sub(lambda found: f"\\{found[0]}", text)
    words = _UNDERSCORES.sub(r"\\_", signs)
    return _EDGES.sub(lambda found: "".join(f"&#{ord(space)};" for space in found[0]), words)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells are Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def without_pictures(text: str) -> str:
    """For a place where the pictures' files are not: a paragraph that is one picture is left out."""
    return _PICTURES.sub("", text)
