"""The text of the about window: the model card, what was checked, versions, licences, where the log lies."""

import platform
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from runtime_app import __version__, licences
from runtime_app.classifier import Classifier
from runtime_app.errors import UserError
from runtime_app.installation import app_folder
from runtime_app.selftest import run_golden
from runtime_app.terminal import log_file
from runtime_app.versions import installed_libraries

if TYPE_CHECKING:
    from markdown_it.token import Token

    from runtime_app.presenter.presenter import Presenter


@dataclass(frozen=True)
class Line:
    """One paragraph, heading or row of a table; text: all of it, for copying."""

    text: str
    heading: bool = False
    cells: tuple[str, ...] = ()


def about_lines(p: "Presenter") -> list[Line]:
    return [line if isinstance(line, Line) else Line(*line) for line in _lines(p)]


def _lines(p: "Presenter") -> list[Line | tuple[str, bool]]:
    lines: list[Line | tuple[str, bool]] = []
    if p.selftest_words:
        lines += [("Self-test", True), (p.selftest_words, False), ("", False)]
    lines += _card(p)
    lines += [("", False), ("Versions", True), (f"This app {__version__}, Python {platform.python_version()}", False)]
    lines += [(line, False) for line in installed_libraries()]
    lines += [("", False), ("Licences", True)]
    if p.loaded is not None:
        lines.append((f"This bundle: {p.loaded.bundle.manifest.licence}", False))
    lines += [(f"{part.name} {part.version}: {part.licence}".replace(" :", ":"), False) for part in licences.inside()]
    lines.append(("Colour maps: viridis and cividis, CC0", False))
    packaged = app_folder()
    if packaged is not None:
        lines.append((f"All texts: {packaged / 'LICENCES.txt'}", False))
    lines += [("", False), ("Log", True), (str(log_file()), False)]
    return lines


def selftest_words(classifier: Classifier) -> str:
    """Repeat the golden vectors and say what came out; raises BundleError when the bundle carries none."""
    checks = run_golden(classifier)
    passed = all(check.passed for check in checks)
    figures = ", ".join(f"{check.output} {check.difference:.1e} (at most {check.allowed:.0e})" for check in checks)
    verdict = "Passed" if passed else "FAILED"
    return f"{verdict} on {classifier.engine.provider_name}: largest differences from the trained network: {figures}."


def _card(p: "Presenter") -> list[Line]:
    if p.loaded is None:
        return [Line("No bundle is open.")]
    key = p.loaded.bundle.manifest.digest
    if key not in p.cards:
        try:
            text = p.loaded.bundle.read_card()
        except UserError as error:
            text = error.title
        p.cards = {key: text}
    return _plain_lines(p.cards[key])


@lru_cache(maxsize=1)
def _plain_lines(markdown: str) -> list[Line]:
    """Headings, paragraphs, lists, tables and code of a model card without their marks; pictures are left out."""
    from markdown_it import MarkdownIt  # the start of the window does not wait for it

    lines: list[Line] = []
    row: list[str] | None = None
    heading, bullet = False, ""
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close" and row is not None:
            lines += [Line("\t".join(row), cells=tuple(row))] if any(row) else []
            row = None
        elif token.type == "inline" and row is not None:
            row.append(_words(token))
        elif token.type == "inline":
            words = _words(token)
            lines += [Line(bullet + words, heading)] if words else []
        elif token.type == "fence":
            lines += [Line(line) for line in token.content.splitlines()]
        heading = token.type == "heading_open"
        bullet = "- " if token.type == "list_item_open" else bullet if token.type == "paragraph_open" else ""
        if token.level == 0 and token.nesting < 1 and lines and lines[-1].text:
            lines.append(Line(""))
    return lines


def _words(inline: "Token") -> str:
    """What is read, in one line."""
    return "".join(
        " " if part.type == "softbreak" else part.content
        for part in inline.children or ()
        if part.type in ("text", "text_special", "code_inline", "softbreak")
    )
