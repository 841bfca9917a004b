"""The colours of both themes: neutral greys, one accent, and an amber and a red that appear only with a meaning."""

from dataclasses import dataclass

from runtime_app.colours import Rgb


@dataclass(frozen=True)
class Palette:
    """back: behind the picture; surface: bars and panels; raised: buttons, tracks; ink, muted: text (at least 4.5:1 on
    back, surface and raised); on_accent: text on the accent."""

    name: str
    back: Rgb
    surface: Rgb
    raised: Rgb
    hover: Rgb
    border: Rgb
    ink: Rgb
    muted: Rgb
    accent: Rgb
    on_accent: Rgb
    attention: Rgb
    danger: Rgb


DARK = Palette(
    name="dark",
    back=(20, 22, 26),
    surface=(28, 31, 36),
    raised=(42, 46, 53),
    hover=(54, 59, 67),
    border=(50, 54, 62),
    ink=(232, 235, 240),
    muted=(163, 170, 181),
    accent=(86, 156, 255),
    on_accent=(10, 16, 28),
    attention=(240, 180, 70),
    danger=(255, 128, 118),
)
LIGHT = Palette(
    name="light",
    back=(240, 242, 245),
    surface=(252, 252, 253),
    raised=(225, 229, 235),
    hover=(211, 216, 224),
    border=(206, 211, 219),
    ink=(24, 28, 34),
    muted=(84, 91, 102),
    accent=(22, 100, 212),
    on_accent=(255, 255, 255),
    attention=(140, 86, 0),
    danger=(178, 38, 30),
)
PALETTES = {palette.name: palette for palette in (DARK, LIGHT)}
