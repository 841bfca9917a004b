"""Builds the app that people run without Python: one folder with everything inside, and the same as one .zip."""
