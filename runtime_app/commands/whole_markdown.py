"""Markdown in a terminal, with long words in tables, such as hashes, broken and not cut."""

from typing import ClassVar

from rich.console import JustifyMethod
from rich.markdown import Markdown, MarkdownElement, TableDataElement


class _WholeCell(TableDataElement):
    def __init__(self, justify: JustifyMethod) -> None:
        super().__init__(justify)
        self.content.overflow = "fold"


class WholeMarkdown(Markdown):
    """As rich shows it, but for the cells."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "td_open": _WholeCell}
