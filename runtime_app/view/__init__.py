"""The window. The project's only modules that import dearpygui: `surface` with `drawing`, `browser`, `keys` and `file_drop`,
which make the window, and `probe`, which tries whether there can be one.

The panels lay out what the presenter decided as rectangles, text and pictures on a `Canvas`, in points; the surface
draws that. Everything is therefore scaled by one factor, and layout can be tested without a display.
"""
