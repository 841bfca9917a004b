"""What a class may be called: exactly what the app's manifest will take, known before anything is trained."""

import msgspec

from runtime_app.errors import one_line
from runtime_app.manifest import Name


def why_refused(name: str) -> str | None:
    """What keeps `name` from being a class's or a bundle's name, as the end of a sentence; None when nothing does."""
    if name != one_line(name):
        return "it is not one line of text"
    try:
        msgspec.convert(name, Name)
    except msgspec.ValidationError:
        return f"it has {len(name)} characters instead of 1 to 200"
    return None
