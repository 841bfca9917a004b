"""One turn of the window's loop, and what pointer and keys mean."""

import math
import time
from pathlib import Path
from typing import Any

from runtime_app import file_dialog
from runtime_app.presenter import Presenter
from runtime_app.view import frame, opening, scale, state_dump, teaching
from runtime_app.view.canvas import Box, Canvas, Drag, Hit
from runtime_app.view.keys import key_name
from runtime_app.view.palette import PALETTES
from runtime_app.view.shortcuts import BY_KEY, OVER_DIALOGS, TYPING_KEYS
from runtime_app.view.surface import Event, Surface
from runtime_app.view.ui import Ui

TITLE = "Evidence"
_TOOLTIP_AFTER = 0.5  # seconds that the pointer rests
_QUICK_ANSWER = 0.005  # seconds
_STILL_AFTER = 0.7  # seconds without change
_COSTLY_FRAME = 0.004  # seconds of the processor; with software OpenGL a frame takes 10 ms and more


class Loop:
    """touched_at: when the person last did something (time.perf_counter); still: what is on the screen is drawn for a while;
    behind: workers have finished more than this turn had time to take."""

    def __init__(self, presenter: Presenter) -> None:
        settings = presenter.settings
        self.presenter = presenter
        scale.see_real_pixels()
        factor = settings.scale or scale.detect()
        self.surface = Surface(TITLE, *scale.window_pixels(settings.width, settings.height, factor), factor)
        self.ui = Ui(presenter, self.surface.copy, self.surface.toggle_fullscreen, self._browse)
        self.canvas = Canvas(frame.PALETTES[settings.theme])
        self.hovered: str | None = None
        self._hovered_hit: Hit | None = None
        self.focused: str | None = None
        self._dragged: tuple[Hit, tuple[float, float], bool] | None = None
        self._pointer_rested = 0.0
        self._laid_out: Any = None
        self._laid_out_at = self._frame_cost = 0.0
        self._loaded = presenter.loaded
        self._dump = state_dump.from_environment()
        self._browsed: list[tuple[file_dialog.Kind, list[Path]]] = []
        self._typed: str | None = None
        self._was_typing = False
        self.behind = self.still = False
        self.touched_at = -math.inf

    def turn(self) -> None:
        """Workers, input, layout, frame. An exception in any of them becomes the error window."""
        try:
            self._work()
        except Exception as error:
            self.presenter.fail(error)
            self._dragged = None
        self._was_typing = self.surface.typing
        before = time.process_time()
        self.surface.frame()
        self._frame_cost = time.process_time() - before

    def _work(self) -> None:
        p, surface = self.presenter, self.surface
        self.behind = not p.poll()
        before, browsing = p.version, surface.browser.open
        self._move()
        for event in surface.events():
            self.touched_at = time.perf_counter()
            if not browsing:
                self._on_event(event)
            elif event.kind == "key" and key_name(event.key, event.held) == "Esc":
                surface.browser.close()
        while self._browsed:
            opening.chosen(self.ui, *self._browsed.pop())
        if paths := surface.dropped():
            self.touched_at = time.perf_counter()
            surface.browser.close()
            opening.dropped(self.ui, paths)
        self._take_text()
        look = p.workers["look"]
        if p.version != before:
            if look.queue_length:
                look.wait(_QUICK_ANSWER)  # what is known already, or a part of a picture, is answered in the same frame
            self.behind |= not p.poll()
        surface.scale = self.ui.scale = p.settings.scale or scale.detect()
        self._lay_out()
        self._dump.write_if_asked(self)

    # ---- layout ------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        """Only when something changed: state, size, what the pointer is over, or the time for a tooltip."""
        now = time.perf_counter()
        width, height = self.surface.size
        self.ui.window = Box(0, 0, width, height)
        tooltip = now - self._pointer_rested > _TOOLTIP_AFTER and self._dragged is None
        seen = (
            self.presenter.version,
            width,
            height,
            self.hovered,
            self.focused,
            tooltip,
            self.surface.scale,
            self.ui.pointer if self.ui.card is not None else None,
        )
        if seen == self._laid_out:
            resting = now - self._laid_out_at > _STILL_AFTER
            if resting and not self.still and self._frame_cost > _COSTLY_FRAME:
                self.still = True
                self.surface.draw(self.canvas, still=True)
            return
        self._laid_out_at, self.still = now, False
        self._laid_out = seen
        if self.presenter.loaded is not self._loaded:
            self._loaded = self.presenter.loaded
            self.surface.forget_pictures()
        self.canvas = frame.compose(self.ui, self.hovered, self.focused, with_tooltip=tooltip)
        self.surface.draw(self.canvas)
        if not self.surface.show_field(self.ui.text_field, self.canvas.palette):
            self._laid_out = None
        self._typed = self.surface.typed_text()
        if self.ui.typing_wanted:
            self.ui.typing_wanted = False  # also where there is no field: one that comes later was not meant
            self.surface.type_into_field()

    # ---- pointer -----------------------------------------------------------------------------------------------

    def _hit_at(self, x: float, y: float) -> Hit | None:
        return next((hit for hit in reversed(self.canvas.hits) if hit.box.contains(x, y)), None)

    def _move(self) -> None:
        pointer = self.surface.pointer
        if pointer != self.ui.pointer:
            self.ui.pointer = pointer
            self._pointer_rested = time.perf_counter()
            if self._laid_out is not None:  # where the pointer is at the start is no movement
                self.touched_at = self._pointer_rested
            if self._dragged is not None:
                self._drag("move")
        hit = self._hit_at(*pointer) if not self.surface.browser.open else None
        name = hit.name if hit is not None else None
        if name != self.hovered and self._dragged is None:
            before, self._hovered_hit = self._hovered_hit, hit  # its view may have gone meanwhile
            if before is not None and before.hover is not None:
                before.hover(False)
            if hit is not None and hit.hover is not None:
                hit.hover(True)
            self.hovered = name

    def _on_event(self, event: Event) -> None:
        if event.kind == "press":
            self._press(event.button)
        elif event.kind == "release":
            self._release(event.button)
        elif event.kind == "wheel":
            self._wheel(event.amount)
        elif event.kind == "key":
            self._key(event)

    def _press(self, button: int) -> None:
        hit = self._hit_at(*self.ui.pointer)
        self.focused = None
        self._pointer_rested = time.perf_counter() + 3600  # no tooltip right where one has just clicked
        if hit is None:
            return
        if button == 0 and hit.click is not None:
            hit.click()
        elif (button == 0 and hit.drag is not None) or (button != 0 and hit.pan is not None):
            self._dragged = (hit, self.ui.pointer, button != 0)
            self._drag("press")

    def _release(self, button: int) -> None:
        if self._dragged is not None and self._dragged[2] == (button != 0):
            self._drag("release")
            self._dragged = None

    def _drag(self, phase: str) -> None:
        assert self._dragged is not None
        hit, start, panning = self._dragged
        act = hit.pan if panning else hit.drag
        if act is not None:
            act(Drag(start, self.ui.pointer, phase))

    def _wheel(self, turn: float) -> None:
        x, y = self.ui.pointer
        under = (hit for hit in reversed(self.canvas.hits) if hit.box.contains(x, y) and hit.wheel is not None)
        hit = next(under, None)
        if hit is not None and hit.wheel is not None:
            hit.wheel(turn, x, y)

    # ---- keys --------------------------------------------------------------------------------------------------

    def _key(self, event: Event) -> None:
        name = key_name(event.key, event.held)
        typing = self._was_typing or self.surface.typing  # the field itself has let go at Esc and Enter
        if name is None or (typing and name not in TYPING_KEYS):
            return
        current = self.presenter.current
        if name in ("Tab", "Shift+Tab"):
            self.surface.leave_field()
            self._focus_next(-1 if name.startswith("Shift") else 1)
        elif name == "Enter":
            focused = self._focused_hit()
            if focused is not None and focused.click is not None:
                focused.click()
            elif self.presenter.errors:
                self.presenter.dismiss_error()
            else:
                teaching.enter(self.ui)
        elif name == "Esc":
            if not typing or self.ui.over:
                self.ui.escape()
        elif name in ("Left", "Right") and (hit := self._focused_hit()) is not None and hit.step is not None:
            hit.step(1 if name == "Right" else -1)
        elif self.ui.dialog == "classes" and name.isdigit() and not self.presenter.errors:
            teaching.digit(self.ui, int(name))
        elif self.ui.dialog is None and not self.presenter.errors:
            if name.isdigit():
                teaching.digit(self.ui, int(name))
            elif name in BY_KEY:
                BY_KEY[name].run(self.ui)
        elif name in BY_KEY and name in OVER_DIALOGS:
            BY_KEY[name].run(self.ui)
        if self.presenter.current != current and name != "Enter":
            self.focused = None  # Enter means the picture that the keys have come to

    def _focused_hit(self) -> Hit | None:
        return next((hit for hit in self.canvas.hits if hit.name == self.focused), None)

    def _focus_next(self, by: int) -> None:
        names = [hit.name for hit in self.canvas.hits if (hit.click or hit.step) and hit.focusable]
        if names:
            place = names.index(self.focused) + by if self.focused in names else (0 if by > 0 else -1)
            self.focused = names[place % len(names)]

    # ---- text and files ----------------------------------------------------------------------------------------

    def _take_text(self) -> None:
        """What was typed since the frame before; what the field still holds of a filter that was taken off is not."""
        text, field = self.surface.typed_text(), self.ui.text_field
        if text is not None and field is not None and text != self._typed:
            self._typed = text
            field.take(text)

    def _browse(self, kind: file_dialog.Kind) -> None:
        palette = PALETTES[self.presenter.settings.theme]
        self.surface.browser.show(kind, self.surface.scale, palette, lambda paths: self._browsed.append((kind, paths)))
