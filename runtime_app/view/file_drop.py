"""Files dropped on the window. Dear PyGui has no event for them; the window system beneath it has."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dearpygui import _dearpygui

from runtime_app.terminal import log

_WM_DROPFILES = 0x0233
_ALL = 0xFFFFFFFF


def listen(take: Callable[[list[Path]], None]) -> list[Any]:
    """Call `take` with the paths of each drop, from within the frame that receives it.

    Call it in the thread that draws, once the window is shown, and keep what it returns for as long as the window lives:
    the window system calls it. Where the platform has no drops, nothing is returned and a line of the log says so.
    """
    try:
        return _listen_windows(take) if sys.platform == "win32" else _listen_glfw(take)
    except (AttributeError, OSError) as error:  # a build of Dear PyGui that hides its window library
        log.info("Files cannot be dropped on the window: %s", error)
        return []


def _listen_glfw(take: Callable[[list[Path]], None]) -> list[Any]:
    """On Linux and macOS the window is GLFW's, and Dear PyGui leaves its drop callback free (glfwSetDropCallback)."""
    glfw = ctypes.CDLL(_dearpygui.__file__)  # loaded already: the same library, not a second one
    glfw.glfwGetCurrentContext.restype = ctypes.c_void_p
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_char_p))
    glfw.glfwSetDropCallback.argtypes = (ctypes.c_void_p, kind)
    glfw.glfwSetDropCallback.restype = ctypes.c_void_p

    def dropped(window: int, count: int, names: Any) -> None:
        take([Path(os.fsdecode(names[index])) for index in range(count)])

    window = glfw.glfwGetCurrentContext()
    if not window:
        raise OSError("no window belongs to this thread")
    callback = kind(dropped)
    glfw.glfwSetDropCallback(window, callback)
    return [callback]


def _listen_windows(take: Callable[[list[Path]], None]) -> list[Any]:
    """On Windows the shell posts WM_DROPFILES to a window that accepts files; a subclass of the window takes it."""
    from ctypes import wintypes as w

    windll: Any = ctypes.windll  # type: ignore[attr-defined,unused-ignore]
    function_type: Any = ctypes.WINFUNCTYPE  # type: ignore[attr-defined,unused-ignore]
    user, shell, common = windll.user32, windll.shell32, windll.comctl32
    size, result = ctypes.c_size_t, ctypes.c_ssize_t
    procedure = function_type(result, w.HWND, w.UINT, w.WPARAM, w.LPARAM, size, size)
    common.SetWindowSubclass.argtypes = (w.HWND, procedure, size, size)
    common.DefSubclassProc.argtypes, common.DefSubclassProc.restype = (w.HWND, w.UINT, w.WPARAM, w.LPARAM), result
    shell.DragAcceptFiles.argtypes = (w.HWND, w.BOOL)
    shell.DragQueryFileW.argtypes = (w.WPARAM, w.UINT, w.LPWSTR, w.UINT)
    shell.DragFinish.argtypes = (w.WPARAM,)

    def received(window: int, message: int, first: int, second: int, identifier: int, data: int) -> int:
        if message != _WM_DROPFILES:
            return common.DefSubclassProc(window, message, first, second)
        paths = []
        for index in range(shell.DragQueryFileW(first, _ALL, None, 0)):
            name = ctypes.create_unicode_buffer(shell.DragQueryFileW(first, index, None, 0) + 1)
            shell.DragQueryFileW(first, index, name, len(name))
            paths.append(Path(name.value))
        shell.DragFinish(first)
        take(paths)
        return 0

    own = _window_of_this_thread(user, function_type)
    callback = procedure(received)
    if not common.SetWindowSubclass(own, callback, 1, 0):
        raise OSError("the window takes no subclass")
    shell.DragAcceptFiles(own, True)
    return [callback]


def _window_of_this_thread(user: Any, function_type: Any) -> int:
    from ctypes import wintypes as w

    found: list[int] = []
    visit = function_type(w.BOOL, w.HWND, w.LPARAM)
    user.EnumThreadWindows.argtypes = (w.DWORD, visit, w.LPARAM)
    user.IsWindowVisible.argtypes = (w.HWND,)

    def visited(window: int, data: int) -> bool:
        if user.IsWindowVisible(window):
            found.append(window)
        return True

    thread = ctypes.windll.kernel32.GetCurrentThreadId()  # type: ignore[attr-defined,unused-ignore]
    user.EnumThreadWindows(thread, visit(visited), 0)
    if not found:
        raise OSError("no window belongs to this thread")
    return found[0]
