"""Where pictures and bundles come from: the platform's dialogs, the window's own, the clipboard."""

from pathlib import Path

from runtime_app import file_dialog, pasteboard
from runtime_app.errors import UserError
from runtime_app.imaging import SUFFIXES
from runtime_app.view.ui import Ui


def open_files(ui: Ui) -> None:
    _ask(ui, "files")


def open_folder(ui: Ui) -> None:
    _ask(ui, "folder")


def open_bundle_dialog(ui: Ui) -> None:
    ui.dialog = None
    _ask(ui, "bundle")


def open_zip_dialog(ui: Ui) -> None:
    ui.dialog = None
    _ask(ui, "zip")


def open_recent(ui: Ui, folder: Path) -> None:
    ui.dialog = None
    ui.presenter.open_paths([folder])


def _ask(ui: Ui, kind: file_dialog.Kind) -> None:
    program = file_dialog.platform_dialog(kind)
    if program is None:
        ui.browse(kind)
    elif not any(ui.presenter.workers["outside"].pending(waiting) for waiting in ("open", "chosen bundle")):
        receiver = "chosen bundle" if kind in ("bundle", "zip") else "open"
        ui.presenter.ask_outside(receiver, lambda: file_dialog.ask(program))


def chosen(ui: Ui, kind: file_dialog.Kind, paths: list[Path]) -> None:
    """The answer of the window's own dialog."""
    if kind in ("bundle", "zip"):
        ui.presenter.open_bundle(paths[0])
    else:
        ui.presenter.open_paths(paths)


def dropped(ui: Ui, paths: list[Path]) -> None:
    """Files and folders from the desktop; a browser may send an address of the web instead.

    What was open over the pictures has been answered by that; pictures are shown at once, folders where the person is. Raises UserError when nothing of it is a file.
    """
    ui.dialog = None
    named = [Path(str(path).removeprefix("file:")) for path in paths]
    files = [path for path in named if path.is_absolute()]
    if files:
        if ui.presenter.view in ("compare", "accuracy") or any(path.suffix.lower() in SUFFIXES for path in files):
            ui.presenter.set_view("picture")
    else:
        raise UserError("What was dropped is not a file on this computer.", "Save it first, then drop the file.")
    ui.presenter.open_paths(files)


def paste(ui: Ui) -> None:
    ui.presenter.run_chore("open", pasteboard.pasted_pictures)
