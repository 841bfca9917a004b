"""Files and folders: listed in the background, read again after they changed, watched for what is new."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from runtime_app.bundle import is_bundle
from runtime_app.catalog import holds_bundles
from runtime_app.presenter import listing, watching
from runtime_app.presenter.library import FAILED, Filter
from runtime_app.presenter.session import Session
from runtime_app.settings import remember


class Folders(Session):
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
            self.set_filter(**vars(Filter()))
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

    def _list_folders(self, folders: list[Path]) -> None:
        """What is still being listed is listed after them."""
        known = [folder for folder in folders if folder in self._folders]
        for folder in folders:
            self.change_settings(recent_folders=remember(self.settings.recent_folders, folder))
        self._folders += [folder for folder in folders if folder not in known]
        self.unlisted = [folder for folder in self.unlisted if folder not in folders]
        self._read_truth()
        self._folder_shown = False
        self._listing = folders + [folder for folder in self._listing if folder not in folders]
        self.cancel_batch()
        self.workers["batch"].submit("folder", listing.list_folders(self._listing))
        if known:
            self._look_for_changes(known)

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
        **Session._receivers,
        "folder": _folder_listed,
        "open": open_paths,
        "changed": lambda self, indices: self.read_again(indices),
        "watch": _seen_in_watched_folder,
    }
