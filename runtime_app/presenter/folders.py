"""Files and folders: listed in the background, read again after they changed, watched for what is new."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from runtime_app.bundle import is_bundle
from runtime_app.catalog import holds_bundles
from runtime_app.errors import UserError
from runtime_app.imaging import SUFFIXES
from runtime_app.presenter import listing, watching
from runtime_app.presenter.browsing import Browsing
from runtime_app.presenter.library import FAILED
from runtime_app.settings import remember


class Folders(Browsing):
    """watched: the folder whose new pictures open by themselves."""

    watched: Path | None = None

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Bundles, folders and pictures, in any mixture; the first new picture is shown, and no filter hides it."""
        folders, pictures = [], []
        for path in (Path(os.path.abspath(named)) for named in paths):
            if is_bundle(path) or holds_bundles(path):
                self.open_bundle(path)
            elif path.is_dir():
                folders.append(path)
            else:
                pictures.append(path)
        if folders or pictures:
            self.list_all()
        if folders:
            self._list_folders(folders)
        if pictures:
            indices = self.library.add(pictures)
            self.recall_corrections()
            self._explicit = pictures[0] if len(pictures) == 1 else None
            self.show(indices[0], keep_explicit=True)
            self._look_for_changes(pictures)
            self.classify_pending()
        self.changed()

    def take_dropped(self, paths: Iterable[Path]) -> None:
        """Files and folders from the desktop; a browser may send an address of the web instead.

        Pictures are shown at once, folders where the person is. Raises UserError when nothing of it is a file.
        """
        named = [Path(str(path).removeprefix("file:")) for path in paths]
        files = [path for path in named if path.is_absolute()]
        if not files:
            raise UserError("What was dropped is not a file on this computer.", "Save it first, then drop the file.")
        if self.view in ("compare", "accuracy"):
            self.set_view("picture")
        self.open_chosen(files)

    def open_chosen(self, paths: list[Path]) -> None:
        """What a person just named: pictures are shown at once, folders where the person is."""
        if any(path.suffix.lower() in SUFFIXES for path in paths):
            self.set_view("picture")
        self.open_paths(paths)

    def _list_folders(self, folders: list[Path]) -> None:
        """What is still being listed is listed after them."""
        known = [folder for folder in folders if folder in self._folders]
        for folder in folders:
            self.change_settings(recent_folders=remember(self.settings.recent_folders, folder))
        self.find_recent_folders()
        self._folders += [folder for folder in folders if folder not in known]
        self.unlisted = [folder for folder in self.unlisted if folder not in folders]
        self._read_truth()
        self._folder_shown = False
        self._listing = folders + [folder for folder in self._listing if folder not in folders]
        self.cancel_batch()
        self.workers["batch"].submit("folder", listing.list_folders(self._listing))
        if known:
            self._look_for_changes(known)

    def find_recent_folders(self) -> None:
        """Look again which folders opened before are still there: one may lie on a disk that takes long to answer."""
        names = self.settings.recent_folders
        # Not by Path.is_dir, which raises where a disk answers with an error.
        self.run_chore("recent folders", lambda: [Path(name) for name in names if os.path.isdir(name)])

    def _recent_found(self, folders: list[Path]) -> None:
        self.recent_folders = folders

    def go_on(self) -> None:
        """With what was cancelled: listing folders, which begins anew, then classifying."""
        if self.unlisted:
            folders, self.unlisted = self.unlisted, []
            self._list_folders(folders)
            self._folder_shown = self.current is not None
        else:
            self.classify_pending()
        self.changed()

    def _folder_listed(self, paths: list[Path]) -> None:
        indices = self.library.add(paths)
        self.recall_corrections()
        if indices and not self._folder_shown:
            self._folder_shown = True
            self.show(indices[0])

    # ---- files that changed ------------------------------------------------------------------------------------

    def _look_for_changes(self, opened: list[Path]) -> None:
        """What is opened again is read again where it is another file now, or could not be read before."""
        paths, stamps = self.library.paths[:], self.library.stamps.copy()
        failed = self.library.states == FAILED
        self.run_chore("changed", lambda: listing.changed_files(paths, stamps, failed, opened))

    def read_again(self, indices: list[int]) -> None:
        """Drop what is known of these pictures and classify them anew."""
        self.library.forget(indices)
        self._files_changed(indices)
        if self.current in indices:
            self._request_look()
        self.classify_pending()
        self.changed()

    # ---- a watched folder --------------------------------------------------------------------------------------

    def watch(self, folder: Path | None) -> None:
        """Pictures that appear in this folder are opened by themselves; None: stop."""
        self.watched = folder
        if folder is None:
            self.workers["watch"].cancel("watch")
        else:
            self.workers["watch"].submit("watch", watching.watch_folder(folder))
        self.changed()

    def toggle_watch(self) -> None:
        """Watch the folder that the person is at, or no more."""
        folder = self.folder_to_watch()
        if self.watched is not None:
            self.tell(f"{self.watched} is not watched any more.")
            self.watch(None)
        elif folder is not None:
            self.tell(f"New pictures in {folder} will appear by themselves.")
            self.watch(folder)
        else:
            advice = "Open a folder first; new pictures in it then appear by themselves."
            self.fail(UserError("There is no folder to watch.", advice))

    def folder_to_watch(self) -> Path | None:
        """The current picture's, or the one that was opened last."""
        if self.current is not None:
            return self.library.paths[self.current].parent
        return self._folders[-1] if self._folders else None

    def _seen_in_watched_folder(self, found: list[Path] | str) -> None:
        """Pictures that are new or were written anew, or words about the folder itself."""
        if isinstance(found, str):
            self.notice = found or None
            return
        before = len(self.library)
        indices = self.library.add(found)
        self.recall_corrections()
        self.show(indices[-1])
        self.read_again([index for index in indices if index < before])

    _receivers: ClassVar[dict[str, Callable[[Any, Any], None]]] = {
        **Browsing._receivers,
        "folder": _folder_listed,
        "recent folders": _recent_found,
        "open": open_chosen,
        "changed": lambda self, indices: self.read_again(indices),
        "watch": _seen_in_watched_folder,
    }
