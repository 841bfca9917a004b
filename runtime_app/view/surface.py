"""Dear PyGui's one window: a sheet to draw on and a source of pointer and key events. It holds no decisions."""

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import dearpygui.dearpygui as dpg

from runtime_app.view import file_drop, type_on_screen
from runtime_app.view.browser import Browser
from runtime_app.view.canvas import BODY, Canvas, TextField
from runtime_app.view.drawing import Drawing
from runtime_app.view.palette import Palette
from runtime_app.view.scale import least_pixels

_CLEAR = (0, 0, 0, 0)


@dataclass(frozen=True)
class Event:
    """kind: press, release, wheel or key. button: 0 left, 1 right, 2 middle; amount: turns of the wheel; held: keys."""

    kind: str
    button: int = 0
    amount: float = 0.0
    key: int = 0
    held: frozenset[int] = frozenset()


class Surface:
    """One window with one drawing that fills it. Coordinates are points: pixels divided by `scale`."""

    def __init__(self, title: str, width: int, height: int, scale: float) -> None:
        self._scale = 0.0
        self.scale = scale
        self._field: str | None = None
        self._leaving = False
        self._windowed: tuple[int, int] | None = None
        self._events: list[Event] = []
        self._down: set[int] = set()
        self._pressed: set[int] = set()
        self._dropped: list[Path] = []
        dpg.create_context()
        dpg.configure_app(manual_callback_management=True)
        with dpg.theme() as theme, dpg.theme_component(dpg.mvAll):
            dpg.add_theme_style(dpg.mvStyleVar_WindowPadding, 0, 0)
            dpg.add_theme_style(dpg.mvStyleVar_WindowBorderSize, 0)
            dpg.add_theme_color(dpg.mvThemeCol_WindowBg, _CLEAR)
        dpg.bind_theme(theme)
        self.browser = Browser(theme)
        self._drawing = Drawing()
        with dpg.window(
            tag="field window", no_title_bar=True, no_resize=True, no_move=True, no_background=True, show=False,
            no_focus_on_appearing=True, no_scrollbar=True,
        ):  # fmt: skip
            dpg.add_input_text(tag="field")
        self._handlers()
        least = least_pixels(scale)
        width, height = max(width, least[0]), max(height, least[1])
        dpg.create_viewport(
            title=title, width=width, height=height, min_width=least[0], min_height=least[1],
            x_pos=0, y_pos=0, vsync=_has_vsync(),
        )  # fmt: skip
        dpg.setup_dearpygui()
        dpg.show_viewport()
        self._kept_for_the_system = file_drop.listen(self._dropped.extend)

    def _handlers(self) -> None:
        post = self._events.append
        with dpg.handler_registry():
            for button in (0, 1, 2):
                dpg.add_mouse_click_handler(button, callback=lambda s, a, u: self._button_pressed(u), user_data=button)
                dpg.add_mouse_release_handler(
                    button, callback=lambda s, a, u: self._button_released(u), user_data=button
                )
            dpg.add_mouse_wheel_handler(callback=lambda s, a, u: post(Event("wheel", amount=float(a))))
            dpg.add_key_press_handler(callback=lambda s, a, u: self._key_pressed(int(a)))
            dpg.add_key_release_handler(callback=lambda s, a, u: self._down.discard(int(a)))

    # ---- the loop's side ---------------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        return bool(dpg.is_dearpygui_running())

    @property
    def scale(self) -> float:
        """Pixels per point."""
        return self._scale

    @scale.setter
    def scale(self, scale: float) -> None:
        if scale != self._scale and self._scale:
            self._limit(scale)
        self._scale = scale
        type_on_screen.set_screen(scale)

    def _limit(self, scale: float) -> None:
        """The window is never smaller than its parts need, which become larger with the type."""
        width, height = least_pixels(scale)
        dpg.set_viewport_min_width(width)
        dpg.set_viewport_min_height(height)
        dpg.set_viewport_width(max(width, dpg.get_viewport_width()))
        dpg.set_viewport_height(max(height, dpg.get_viewport_height()))

    @property
    def size(self) -> tuple[float, float]:
        return dpg.get_viewport_client_width() / self.scale, dpg.get_viewport_client_height() / self.scale

    @property
    def pointer(self) -> tuple[float, float]:
        x, y = dpg.get_mouse_pos(local=False)
        return x / self.scale, y / self.scale

    def events(self) -> list[Event]:
        """What the person did since the last frame.

        The library reports the keys of one frame in the order of their codes, not in that of the fingers (arrows before
        Shift), so a key counts as held with all that were down in this frame.
        """
        before = frozenset(self._down)
        for job in dpg.get_callback_queue() or ():
            if job[0] is not None:
                job[0](*job[1:4])
        self._let_go_of_what_is_up()
        held = before.union(event.key for event in self._events if event.kind == "key")
        taken = [replace(event, held=held) if event.kind == "key" else event for event in self._events]
        self._events.clear()
        return taken

    def dropped(self) -> list[Path]:
        """Files and folders that were dragged from the desktop since the last frame."""
        taken = self._dropped[:]
        self._dropped.clear()
        return taken

    def _key_pressed(self, key: int) -> None:
        """Which keys are held is followed event by event: asked later, a modifier may have been let go already."""
        self._down.add(key)
        self._events.append(Event("key", key=key))

    def _button_pressed(self, button: int) -> None:
        self._pressed.add(button)
        self._events.append(Event("press", button))

    def _button_released(self, button: int) -> None:
        self._pressed.discard(button)
        self._events.append(Event("release", button))

    def _let_go_of_what_is_up(self) -> None:
        """Of what is let go while another window has the focus, the library reports nothing."""
        self._down = {key for key in self._down if dpg.is_key_down(key)}
        for button in [button for button in self._pressed if not dpg.is_mouse_button_down(button)]:
            self._button_released(button)

    def frame(self) -> None:
        dpg.render_dearpygui_frame()

    def toggle_fullscreen(self) -> None:
        before, self._windowed = self._windowed, None if self._windowed else self.viewport_size()
        dpg.toggle_viewport_fullscreen()
        if before is not None:
            dpg.set_viewport_width(before[0])
            dpg.set_viewport_height(before[1])

    def copy(self, text: str) -> None:
        dpg.set_clipboard_text(text.encode(errors="replace").decode())  # a file's name may hold bytes that are no text

    def viewport_size(self) -> tuple[int, int]:
        """Pixels of the window; in full screen, of the window that it was before."""
        return self._windowed or (dpg.get_viewport_width(), dpg.get_viewport_height())

    # ---- the text field, which is Dear PyGui's own ----------------------------------------------------------------

    @property
    def typing(self) -> bool:
        return bool(dpg.is_item_shown("field window") and dpg.is_item_focused("field") and dpg.is_item_active("field"))

    def typed_text(self) -> str | None:
        """What stands in the text field; None while there is none."""
        return dpg.get_value("field") if dpg.is_item_shown("field window") else None

    def leave_field(self) -> None:
        """What is typed next does not go into the text field: Dear ImGui takes the keys from what is not there for a frame."""
        self._leaving = self.typing

    def show_field(self, field: TextField | None, palette: Palette) -> bool:
        """False when it is left out of this frame and is to be shown in the next one."""
        if field is None or self._leaving:
            dpg.hide_item("field window")
            self._field = None
            left, self._leaving = self._leaving, False
            return not left
        if field.name != self._field:
            self._field = field.name
            dpg.configure_item("field", hint=field.hint)
        if field.text != dpg.get_value("field"):
            dpg.set_value("field", field.text)
        s, box = self.scale, field.box
        place = {"pos": (box.x * s, box.y * s), "width": int(box.w * s), "height": int(box.h * s) + 4}
        dpg.configure_item("field window", show=True, **place)
        dpg.configure_item("field", width=int(box.w * s))
        dpg.bind_item_theme("field", self._field_theme(palette))
        dpg.bind_item_font("field", self._drawing.font(BODY))
        return True

    def type_into_field(self) -> None:
        """What is typed next goes into the text field, where there is one."""
        if dpg.is_item_shown("field window"):
            dpg.focus_item("field")

    def _field_theme(self, palette: Palette) -> str:
        tag = f"field {palette.name} {self.scale}"
        if not dpg.does_item_exist(tag):
            with dpg.theme(tag=tag), dpg.theme_component(dpg.mvInputText):
                dpg.add_theme_color(dpg.mvThemeCol_FrameBg, palette.raised)
                dpg.add_theme_color(dpg.mvThemeCol_Text, palette.ink)
                dpg.add_theme_color(dpg.mvThemeCol_TextDisabled, palette.muted)
                dpg.add_theme_color(dpg.mvThemeCol_InputTextCursor, palette.ink)
                dpg.add_theme_style(dpg.mvStyleVar_FramePadding, 10 * self.scale, 6 * self.scale)
                dpg.add_theme_style(dpg.mvStyleVar_FrameRounding, 6 * self.scale)
        return tag

    # ---- drawing -----------------------------------------------------------------------------------------------

    def draw(self, canvas: Canvas, *, still: bool = False) -> None:
        self._drawing.draw(canvas, self.scale, still=still)

    def forget_pictures(self) -> None:
        """Before the next drawing: what was made for another bundle is not needed again."""
        self._drawing.forget_pictures()


def _has_vsync() -> bool:
    """Software GL under a virtual X server waits forever for a retrace that never comes; elsewhere vsync saves power."""
    return sys.platform != "linux" or "LP_NUM_THREADS" not in os.environ
