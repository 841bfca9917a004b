"""The text of the about window: the model card, what was checked, versions, licences, where the log lies."""

import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime_app import __version__, licences
from runtime_app.classifier import Classifier
from runtime_app.errors import UserError
from runtime_app.installation import app_folder
from runtime_app.selftest import run_golden
from runtime_app.terminal import log_file
from runtime_app.versions import installed_libraries

if TYPE_CHECKING:
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
            text = p.loaded.bundle.read("MODEL_CARD.md").decode("utf-8", errors="replace")
        except UserError as error:
            text = error.title
        p.cards = {key: text}
    return [
        _markdown(line) for line in p.cards[key].splitlines() if not line.startswith(("|-", "| -", "|:", "![", "---"))
    ]


def _markdown(line: str) -> Line:
    """Headings, table rows and emphasis of a model card, as plain text."""
    if line.startswith("#"):
        return Line(line.lstrip("# "), heading=True)
    if line.startswith("|"):
        cells = tuple(_plain(cell.strip()) for cell in line.strip().strip("|").split("|"))
        return Line("\t".join(cells), cells=cells)
    return Line(_plain(line))


def _plain(text: str) -> str:
    return text.replace("**", "").replace("`", "")
