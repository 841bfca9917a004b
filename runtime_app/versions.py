"""Versions of what the app is built on, for `info` and the about window."""

from importlib.metadata import PackageNotFoundError, version

LIBRARIES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "dearpygui",
    "numpy",
    "pillow",
    "msgspec",
    "click",
    "rich",
    "platformdirs",
)


def installed_libraries() -> list[str]:
    """One entry, name and version, for each library that is installed."""
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
