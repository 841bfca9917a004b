"""Key codes of Dear PyGui as names such as "Ctrl+Shift+O"."""

import dearpygui.dearpygui as dpg

_EQUAL = 602  # ImGuiKey_Equal, where the plus sign lies on most keyboards; the library has no name for it
_PAGE_UP, _PAGE_DOWN = 517, 518  # ImGuiKey_PageUp and -Down; mvKey_Prior and mvKey_Next hold codes that never come
_SUPER = (530, 534)  # ImGuiKey_LeftSuper and -RightSuper; so do mvKey_LWin and mvKey_RWin
_OTHERS = frozenset({dpg.mvKey_LAlt, dpg.mvKey_RAlt, *_SUPER})
"""With these, keys are the system's, or write other characters: a German "[" is AltGr+8."""
_NAMES: dict[int, str] = {
    dpg.mvKey_Left: "Left", dpg.mvKey_Right: "Right", dpg.mvKey_Up: "Up", dpg.mvKey_Down: "Down",
    dpg.mvKey_Spacebar: "Space", dpg.mvKey_Escape: "Esc", dpg.mvKey_Return: "Enter", dpg.mvKey_NumPadEnter: "Enter",
    _PAGE_UP: "PageUp", _PAGE_DOWN: "PageDown", dpg.mvKey_Home: "Home", dpg.mvKey_End: "End",
    dpg.mvKey_Tab: "Tab", dpg.mvKey_F1: "F1", dpg.mvKey_Comma: ",", dpg.mvKey_Minus: "-", dpg.mvKey_Subtract: "-",
    dpg.mvKey_Add: "+", dpg.mvKey_Plus: "+", _EQUAL: "+", dpg.mvKey_Open_Brace: "[", dpg.mvKey_Close_Brace: "]",
}  # fmt: skip
_NAMES |= {getattr(dpg, f"mvKey_{letter}"): letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"}
_NAMES |= {getattr(dpg, f"mvKey_NumPad{digit}"): str(digit) for digit in range(10)}


def key_name(key: int, held: frozenset[int]) -> str | None:
    """None for a key that means nothing here. held: the keys that are down."""
    name = _NAMES.get(key)
    if name is None or held & _OTHERS:
        return None
    shift = bool(held & {dpg.mvKey_LShift, dpg.mvKey_RShift})
    if name == "+" or (name == "-" and not shift):
        shift = False  # on many keyboards the plus sign needs Shift
    control = bool(held & {dpg.mvKey_LControl, dpg.mvKey_RControl})
    return ("Ctrl+" if control else "") + ("Shift+" if shift else "") + name
