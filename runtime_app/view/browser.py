"""Dear PyGui's own file dialog, where the platform has none. It lies over the window, which takes nothing meanwhile."""

from collections.abc import Callable
from pathlib import Path

import dearpygui.dearpygui as dpg

from runtime_app.file_dialog import TITLES, Kind
from runtime_app.imaging import SUFFIXES
from runtime_app.view.palette import Palette

_DIALOG = "browser"


class Browser:
    """At most one is open. theme: the window's own, which is bound again afterwards: the dialog takes no other than the one
    that is bound for all."""

    def __init__(self, theme: int | str) -> None:
        self._theme = theme

    @property
    def open(self) -> bool:
        return bool(dpg.does_item_exist(_DIALOG))

    def show(self, kind: Kind, scale: float, palette: Palette, chosen: Callable[[list[Path]], None]) -> None:
        """Ask for files or a folder; `chosen` is called with the answer, if there is one."""
        self.close()

        def take(sender: int, answer: dict, user_data: object) -> None:
            names = list(answer["selections"].values()) or [answer["file_path_name"]]
            chosen([Path(name) for name in names])
            self.close()

        with dpg.file_dialog(
            tag=_DIALOG, label=TITLES[kind], directory_selector=kind in ("folder", "bundle"), modal=True,
            width=int(720 * scale), height=int(440 * scale),
            callback=take, cancel_callback=lambda sender, answer, user_data: self.close(),
        ):  # fmt: skip
            if kind == "zip":
                dpg.add_file_extension(".zip")
            elif kind == "files":
                dpg.add_file_extension(f"Pictures{{{','.join(sorted(SUFFIXES))}}}")
                for suffix in sorted(SUFFIXES):
                    dpg.add_file_extension(suffix)
        dpg.bind_theme(_theme(palette, scale))

    def close(self) -> None:
        if self.open:
            dpg.delete_item(_DIALOG)
            dpg.bind_theme(self._theme)


def _theme(palette: Palette, scale: float) -> str:
    tag = f"browser {palette.name} {scale}"
    if not dpg.does_item_exist(tag):
        with dpg.theme(tag=tag), dpg.theme_component(dpg.mvAll):
            for part, colour in (
                ("WindowBg", palette.surface), ("ChildBg", palette.surface), ("PopupBg", palette.surface),
                ("TitleBg", palette.raised), ("TitleBgActive", palette.raised), ("Border", palette.border),
                ("Text", palette.ink), ("TextDisabled", palette.muted), ("FrameBg", palette.raised),
                ("Button", palette.raised), ("ButtonHovered", palette.hover), ("ButtonActive", palette.hover),
                ("Header", palette.raised), ("HeaderHovered", palette.hover), ("HeaderActive", palette.hover),
                ("TableHeaderBg", palette.raised), ("ScrollbarBg", palette.surface), ("ScrollbarGrab", palette.border),
            ):  # fmt: skip
                dpg.add_theme_color(getattr(dpg, f"mvThemeCol_{part}"), colour)
            for style, pixels in (("WindowPadding", 12), ("FramePadding", 6), ("ItemSpacing", 8)):
                dpg.add_theme_style(getattr(dpg, f"mvStyleVar_{style}"), pixels * scale, pixels * scale * 0.75)
            dpg.add_theme_style(dpg.mvStyleVar_FrameRounding, 6 * scale)
    return tag
