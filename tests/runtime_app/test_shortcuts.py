"""Every key does what the help window says, and the help window lists every key; settings are chosen without a mouse."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime_app.presenter.library import SORTS, UNSURE, Filter
from runtime_app.presenter.state import VIEWS
from runtime_app.view import keys
from runtime_app.view.canvas import Box
from runtime_app.view.shortcuts import BY_KEY, SHORTCUTS
from runtime_app.view.ui import Ui
from tests.runtime_app.layout import idle, laid_out, place_of
from tests.runtime_app.samples import TINY, rename_bundle, until


def _setting(name: str) -> Callable[[Ui], Any]:
    return lambda ui: getattr(ui.presenter.settings, name)


def _current(ui: Ui) -> Any:
    return ui.presenter.current


def _region(ui: Ui) -> Any:
    return ui.presenter.region


def _evidence(ui: Ui) -> Any:
    return ui.presenter.evidence_class


OBSERVED: dict[str, Callable[[Ui], Any]] = {
    **dict.fromkeys(("Right", "J", "Left", "K", "PageDown", "PageUp", "Home", "End"), _current),
    **dict.fromkeys((f"Ctrl+{place + 1}" for place in range(len(VIEWS))), lambda ui: ui.presenter.view),
    **dict.fromkeys(("Ctrl+B", "Ctrl+R", "Ctrl+S", "Ctrl+,", "Ctrl+I", "F1", "E", "C"), lambda ui: ui.dialog),
    **dict.fromkeys(("Up", "Down"), _evidence),
    "Space": _setting("show_evidence"),
    "G": _setting("grid_cells"),
    "T": _setting("theme"),
    **dict.fromkeys(("[", "]"), _setting("opacity")),
    **dict.fromkeys(("+", "-", "Ctrl+0"), lambda ui: ui.camera.zoom),
    **dict.fromkeys((f"Ctrl+{way}" for way in ("Left", "Right", "Up", "Down")), lambda ui: ui.camera.centre),
    **dict.fromkeys(("M", "R", "Shift+PageUp", "Shift+PageDown"), _region),
    **dict.fromkeys((f"Shift+{way}" for way in ("Left", "Right", "Up", "Down")), _region),
    "Ctrl+F": lambda ui: (ui.presenter.view, ui.typing_wanted),
    **dict.fromkeys(("U", "A"), lambda ui: ui.presenter.filter),
    "W": lambda ui: ui.presenter.notice,
    "S": lambda ui: ui.presenter.sort,
    "L": lambda ui: ui.presenter.log_scale,
    "Ctrl+W": lambda ui: ui.presenter.watched,
    "Ctrl+T": lambda ui: (ui.dialog, ui.presenter.selftest_words),
    "Ctrl+Q": lambda ui: ui.leave,
    **dict.fromkeys(("Ctrl+O", "Ctrl+Shift+O", "Ctrl+C", "F", "Ctrl+V", "Ctrl+L"), lambda ui: tuple(ASKED)),
    **dict.fromkeys(("Ctrl+N", "Ctrl+Shift+B"), lambda ui: tuple(ASKED)),
    "Esc": _region,
}
"""Key -> what it changes; it must be every key."""
ASKED: list[str] = []
BEFORE: dict[str, tuple[str, ...]] = {
    "Left": ("Right",), "K": ("Right",), "PageUp": ("End",), "Home": ("End",), "Ctrl+1": ("Ctrl+2",), "]": ("[",),
    "-": ("+",), "Ctrl+0": ("+",), "R": ("M",), "A": ("U",), "Esc": ("M",),
    **{f"Ctrl+{way}": ("+", "+") for way in ("Left", "Right", "Up", "Down")},
    **{key: ("M",) for key in BY_KEY if key.startswith("Shift+")},
}  # fmt: skip
"""Keys that come first, so that there is something to change."""


@pytest.fixture
def ui(ui: Ui, monkeypatch: pytest.MonkeyPatch) -> Ui:
    """With a clipboard, a file dialog and a screen that only note what they are asked for."""
    monkeypatch.setattr("runtime_app.file_dialog.platform_dialog", lambda kind: None)
    ASKED.clear()
    ui.copy = ASKED.append
    ui.browse = ASKED.append
    ui.toggle_fullscreen = lambda: ASKED.append("full screen")
    return ui


def _press(ui: Ui, key: str) -> None:
    """And lay out what it made, as the loop does."""
    BY_KEY[key].run(ui)
    laid_out(ui)


@pytest.mark.parametrize("key", BY_KEY)
def test_every_key_does_something_that_is_seen(ui: Ui, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out(ui)
    if key in ("Ctrl+V", "Ctrl+L"):
        monkeypatch.setattr(ui.presenter, "run_chore", lambda kind, work: ASKED.append(kind))
    if key in ("Ctrl+N", "Ctrl+Shift+B"):
        monkeypatch.setattr(ui.presenter, "open_bundle", lambda source=None: ASKED.append(str(source)))
    for first in BEFORE.get(key, ()):
        _press(ui, first)
    observed = OBSERVED[key]
    before = observed(ui)
    _press(ui, key)
    assert observed(ui) != before


def test_every_key_can_be_typed() -> None:
    typed = {key.split("+")[-1] or "+" for key in BY_KEY}
    assert typed <= set(keys._NAMES.values())


def test_help_lists_every_shortcut(ui: Ui) -> None:
    ui.show_dialog("help")
    ui.window = Box(0, 0, 700, 600)
    seen: set[str] = set()
    for _ in range(60):
        seen |= set(laid_out(ui).texts())
        assert ui.paged is not None
        ui.scroll_to(ui.paged.name, ui.scrolled(ui.paged.name, 99) + 1, ui.paged.rows - ui.paged.fit)
    for shortcut in SHORTCUTS:
        if shortcut.words:
            assert shortcut.words in seen and (shortcut.label or " or ".join(shortcut.keys)) in seen
    others = [shortcut for shortcut in SHORTCUTS if not shortcut.words]
    assert all(shortcut.label.endswith("+arrows") or shortcut.keys == ("Shift+PageDown",) for shortcut in others)


def test_keys_list_and_sort_as_they_say(ui: Ui) -> None:
    p = ui.presenter
    _press(ui, "U")
    assert p.filter == Filter(state=UNSURE)
    p.correct(0)
    _press(ui, "W")
    assert p.filter == Filter(state=UNSURE, wrong=True)
    _press(ui, "A")
    assert p.filter == Filter()
    sorts = []
    for _ in SORTS:
        _press(ui, "S")
        sorts.append(p.sort)
    assert sorts == [*SORTS[1:], SORTS[0]] and set(SORTS) == {"name", "class", "confidence", "margin"}


@pytest.mark.parametrize(
    ("place", "setting", "value"),
    [
        ("device.cuda", "device", "cuda"),
        ("precision.fp32", "precision", "fp32"),
        ("threads.1", "threads", 1),
        ("resize.stretch", "resize", "stretch"),
        ("theme.light", "theme", "light"),
        ("scale.1.5", "scale", 1.5),
        ("colours.cividis", "colours", "cividis"),
    ],
)
def test_every_choice_of_the_settings_is_taken(ui: Ui, place: str, setting: str, value: object) -> None:
    p, before = ui.presenter, ui.presenter.loaded
    _press(ui, "Ctrl+,")
    hit = place_of(laid_out(ui), place)
    assert hit.click is not None and hit.focusable, "Tab and Enter reach it too"
    hit.click()
    assert getattr(p.settings, setting) == value
    until(p, lambda: idle(p))
    if setting in ("device", "precision", "threads"):
        assert p.loaded is not before, "the session is another one, the window is the same"
    if setting == "threads":
        assert p.loaded is not None and p.loaded.classifier.engine.threads == 1


@pytest.mark.parametrize("way", ["Ctrl+N", "newest", "bundle.1"])
def test_newest_bundle_and_any_of_the_list_are_a_click_or_key_away(
    ui: Ui, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, started in (("older", "2031-01-01T00:00:00+00:00"), ("newer", "2032-01-01T00:00:00+00:00")):
        bundle = Path(shutil.copytree(TINY, tmp_path / "artifacts" / "bundles" / name))
        rename_bundle(bundle, name, started)
    p = ui.presenter
    if way == "bundle.1":
        _press(ui, "Ctrl+B")
        until(p, lambda: p.bundles is not None)
        assert p.bundles is not None
        texts = laid_out(ui).texts()
        for entry in p.bundles[:2]:
            assert {entry.name, entry.date} <= set(texts)
        every = texts.count(p.bundles[0].accuracy)
        assert every == len(p.bundles) + 1, "one is that of the open bundle, in the bar above"
    if way in BY_KEY:
        _press(ui, way)
    else:
        click = place_of(laid_out(ui), way).click
        assert click is not None
        click()
    wanted = "older" if way == "bundle.1" else "newer"
    until(p, lambda: p.loaded is not None and p.loaded.bundle.manifest.name == wanted)
    assert ui.dialog is None
