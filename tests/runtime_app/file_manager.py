"""A small window to drag files from: a GTK program, as file managers are. Run it with the system's own Python.

Arguments: addresses to hand over. It says `ready`, and `end` or `refused` after each drag.
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402  (only after its version was chosen)

WIDTH, HEIGHT = 120, 60


def say(word: str) -> None:
    print(word, flush=True)


window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.resize(WIDTH, HEIGHT)
handle = Gtk.EventBox()
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, None, Gdk.DragAction.COPY)
handle.drag_source_add_uri_targets()
handle.connect("drag-data-get", lambda widget, drag, data, kind, when: data.set_uris(sys.argv[1:]))
handle.connect("drag-end", lambda widget, drag: say("end"))
handle.connect("drag-failed", lambda widget, drag, result: say("refused"))
window.connect("map-event", lambda widget, event: say("ready"))
window.add(handle)
window.show_all()
Gtk.main()
