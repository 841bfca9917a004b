"""Where pictures and bundles come from: the platform's dialogs, the window's own, the clipboard."""

from pathlib import Path

from runtime_app import file_dialog, pasteboard
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


def show_recent(ui: Ui) -> None:
    ui.presenter.find_recent_folders()
    ui.show_dialog("recent")


def open_recent(ui: Ui, folder: Path) -> None:
    ui.dialog = None
    ui.presenter.open_paths([folder])


def _ask(ui: Ui, kind: file_dialog.Kind) -> None:
    program = file_dialog.platform_dialog(kind)
    if program is None:
        ui.browse(kind)
    else:
        receiver = "chosen bundle" if kind in ("bundle", "zip") else "open"
        ui.presenter.ask_outside(receiver, lambda: file_dialog.ask(program))


def chosen(ui: Ui, kind: file_dialog.Kind, paths: list[Path]) -> None:
    """The answer of the window's own dialog."""
    if kind in ("bundle", "zip"):
        ui.presenter.open_bundle(paths[0])
    else:
        ui.presenter.open_chosen(paths)


def dropped(ui: Ui, paths: list[Path]) -> None:
    """What was open over the pictures has been answered by that."""
    ui.dialog = None
    ui.presenter.take_dropped(paths)


def paste(ui: Ui) -> None:
    ui.presenter.run_chore("open", pasteboard.pasted_pictures)
