"""The window. `surface`, `window` and `probe` are the only modules of the project that import dearpygui.

The panels lay out what the presenter decided as rectangles, text and pictures on a `Canvas`, in points; the surface
draws that. Everything is therefore scaled by one factor, and layout can be tested without a display.
"""
