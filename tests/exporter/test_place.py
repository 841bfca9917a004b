"""What lies where a bundle is to go is replaced only when it is a bundle and --overwrite asks for it."""

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from exporter import publish as publishing
from exporter.place import older_archive, refuse_early
from exporter.publish import publish
from exporter.workspace import discard
from runtime_app.bundle import open_bundle
from runtime_app.errors import UserError

from .conftest import Export
from .publications import bundle_of


def _everything(folder: Path) -> dict[str, str | bytes]:
    """Path -> what a link says, what a file holds, or "folder"."""
    found: dict[str, str | bytes] = {}
    for path in folder.rglob("*"):
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else "folder"
        found[str(path.relative_to(folder))] = content
    return found


def _link(bundles: Path) -> None:
    (bundles / "tiny").symlink_to("v1")


def _link_to_nothing(bundles: Path) -> None:
    (bundles / "tiny").symlink_to("nowhere")


def _photos(bundles: Path) -> None:
    (bundles / "tiny").mkdir()
    (bundles / "tiny" / "summer.jpg").write_bytes(b"mine")


def _bundle_with_photos(bundles: Path) -> None:
    shutil.copytree(bundles / "v1", bundles / "tiny")
    (bundles / "tiny" / "pictures").mkdir()
    (bundles / "tiny" / "pictures" / "summer.jpg").write_bytes(b"mine")


def _bundle_with_notes(bundles: Path) -> None:
    shutil.copytree(bundles / "v1", bundles / "tiny")
    (bundles / "tiny" / "report" / "my-notes.md").write_bytes(b"mine")


def _bundle_with_another_model(bundles: Path) -> None:
    shutil.copytree(bundles / "v1", bundles / "tiny")
    (bundles / "tiny" / "model.int8.onnx").write_bytes(b"mine")


def _damaged_bundle_with_a_link(bundles: Path) -> None:
    shutil.copytree(bundles / "v1", bundles / "tiny")
    (bundles / "tiny" / "bundle.json").write_text("{")
    (bundles / "tiny" / "mine").symlink_to("/")


def _archive_with_photos(bundles: Path) -> None:
    shutil.copy(bundles / "v1.zip", bundles / "tiny.zip")
    with zipfile.ZipFile(bundles / "tiny.zip", "a") as archive:
        archive.writestr("summer.jpg", b"mine")


def _file(bundles: Path) -> None:
    (bundles / "tiny").write_bytes(b"mine")


def _link_of_archive(bundles: Path) -> None:
    (bundles / "tiny.zip").symlink_to("v1.zip")


def _strange_archive(bundles: Path) -> None:
    with zipfile.ZipFile(bundles / "tiny.zip", "w") as archive:
        archive.writestr("summer.jpg", b"mine")


def _no_archive(bundles: Path) -> None:
    (bundles / "tiny.zip").write_bytes(b"mine")


def _folder_for_archive(bundles: Path) -> None:
    (bundles / "tiny.zip").mkdir()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("lay", "sentence"),
    [
        (_link, "tiny is a link"),
        (_link_to_nothing, "tiny is a link"),
        (_photos, "tiny is there and is no bundle"),
        (_file, "tiny is there and is no bundle"),
        (_link_of_archive, r"tiny\.zip is a link"),
        (_strange_archive, r"tiny\.zip is there and is no bundle"),
        (_no_archive, r"tiny\.zip is there and is no bundle"),
        (_folder_for_archive, r"tiny\.zip is there and is no bundle"),
    ],
)
def test_a_link_and_what_is_no_bundle_are_refused_at_the_start_and_at_the_end_and_left_as_they_were(
    export: Export, tmp_path: Path, lay: Callable[[Path], None], sentence: str, overwrite: bool
) -> None:
    archive = tmp_path / "tiny.zip"
    publish(tmp_path / "v1", *bundle_of(export), overwrite=False, archive=tmp_path / "v1.zip")
    lay(tmp_path)
    before = _everything(tmp_path)
    for card in ("card", "another card"):  # what v1 holds, and something else
        with pytest.raises(UserError, match=sentence):
            publish(tmp_path / "tiny", *bundle_of(export, card), overwrite=overwrite, archive=archive)
    for checkpoint in (export.source.checkpoint_sha256, "another"):
        with pytest.raises(UserError, match=sentence):
            refuse_early(tmp_path / "tiny", archive, checkpoint, overwrite=overwrite)
    assert _everything(tmp_path) == before


@pytest.mark.parametrize(
    ("lay", "sentence"),
    [
        (_bundle_with_photos, r"tiny holds pictures/summer\.jpg, which is no part"),
        (_bundle_with_notes, r"tiny holds report/my-notes\.md, which is no part"),
        (_bundle_with_another_model, r"tiny holds model\.int8\.onnx, which is no part"),
        (_damaged_bundle_with_a_link, "tiny holds mine, which is no part"),
        (_archive_with_photos, r"tiny\.zip holds summer\.jpg, which is no part"),
    ],
)
def test_a_bundle_with_a_persons_own_file_is_not_replaced(
    export: Export, tmp_path: Path, lay: Callable[[Path], None], sentence: str
) -> None:
    archive = tmp_path / "tiny.zip"
    publish(tmp_path / "v1", *bundle_of(export), overwrite=False, archive=tmp_path / "v1.zip")
    lay(tmp_path)
    before = _everything(tmp_path)
    with pytest.raises(UserError, match=sentence):
        publish(tmp_path / "tiny", *bundle_of(export, "another card"), overwrite=True, archive=archive)
    with pytest.raises(UserError, match=sentence):
        refuse_early(tmp_path / "tiny", archive, "another", overwrite=True)
    assert _everything(tmp_path) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_empty_folder_is_filled(export: Export, tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "tiny").mkdir()
    refuse_early(tmp_path / "tiny", None, "any", overwrite=overwrite)
    assert publish(tmp_path / "tiny", *bundle_of(export), overwrite=overwrite)
    assert open_bundle(tmp_path / "tiny")
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_different_zip_is_refused_before_anything_is_published_and_replaced_when_asked(
    export: Export, tmp_path: Path
) -> None:
    archive = tmp_path / "tiny.zip"
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False, archive=archive)
    shutil.rmtree(tmp_path / "tiny")
    before = archive.read_bytes()
    with pytest.raises(UserError, match=r"already another bundle .*tiny\.zip"):
        refuse_early(tmp_path / "tiny", archive, "another", overwrite=False)
    refuse_early(tmp_path / "tiny", archive, export.source.checkpoint_sha256, overwrite=False)
    refuse_early(tmp_path / "tiny", archive, "another", overwrite=True)
    other = bundle_of(export, "another card")
    with pytest.raises(UserError, match=r"already another bundle .*tiny\.zip"):
        publish(tmp_path / "tiny", *other, overwrite=False, archive=archive)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.zip"] and archive.read_bytes() == before
    assert publish(tmp_path / "tiny", *other, overwrite=True, archive=archive)
    assert open_bundle(archive).read("MODEL_CARD.md") == b"another card"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny", "tiny.zip"]


def test_a_bundle_whose_manifest_says_nothing_any_more_is_replaced_when_asked(export: Export, tmp_path: Path) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)
    (tmp_path / "tiny" / "bundle.json").write_text("{")
    (tmp_path / "tiny" / "report" / ".DS_Store").write_bytes(b"a file manager's")
    for part in ("model.int8.onnx", "golden.npz", "report/curves.png"):
        (tmp_path / "tiny" / part).write_bytes(b"an export's")
    assert publish(tmp_path / "tiny", *bundle_of(export), overwrite=True)
    assert open_bundle(tmp_path / "tiny")


def test_a_zip_of_an_earlier_export_is_found(export: Export, tmp_path: Path) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)
    assert older_archive(tmp_path / "tiny") is None
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False, archive=tmp_path / "tiny.zip")
    assert older_archive(tmp_path / "tiny") is None
    publish(tmp_path / "tiny", *bundle_of(export, "another card"), overwrite=True)
    assert older_archive(tmp_path / "tiny") == tmp_path / "tiny.zip"


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_a_file_in_the_place_of_the_folder_of_bundles_is_refused_at_the_start(tmp_path: Path, below: str) -> None:
    (tmp_path / "bundles").write_bytes(b"")
    with pytest.raises(UserError, match="bundles is no folder, so no bundle can be put there"):
        refuse_early(tmp_path / "bundles" / below / "tiny", None, "any", overwrite=False)


@pytest.mark.parametrize("place", ["/proc", "/proc/x", "/sys/deep/er"])
def test_a_place_where_nobody_can_write_is_refused_at_the_start(place: str) -> None:
    with pytest.raises(UserError, match=f"^No bundle can be written to {place} ") as caught:
        refuse_early(Path(place) / "tiny", None, "any", overwrite=False)
    assert caught.value.exit_status == 2 and "--bundles" in caught.value.advice


def test_a_folder_that_a_disk_cannot_name_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="File name too long"):
        refuse_early(tmp_path / "deep" / ("x" * 300) / "tiny", None, "any", overwrite=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("below", [".", "deep/er", "deep/../../er"])
def test_trying_a_place_leaves_nothing_there(tmp_path: Path, below: str) -> None:
    (tmp_path / "bundles").mkdir()
    refuse_early(tmp_path / "bundles" / below / "tiny", None, "any", overwrite=False)
    assert [path.name for path in tmp_path.rglob("*")] == ["bundles"]


def test_the_same_bundle_may_lie_where_nobody_can_write(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)

    def refused(*arguments: object, **options: object) -> None:
        raise PermissionError(13, os.strerror(13), str(tmp_path))

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    checkpoint = export.source.checkpoint_sha256
    refuse_early(tmp_path / "tiny", None, checkpoint, overwrite=False)
    for archive, overwrite in ((tmp_path / "tiny.zip", False), (None, True)):
        with pytest.raises(UserError, match=r"No bundle can be written to .* \(Permission denied\)"):
            refuse_early(tmp_path / "tiny", archive, checkpoint, overwrite=overwrite)


@pytest.mark.parametrize("twin", [True, False])
@pytest.mark.parametrize("overwrite", [False, True])
def test_another_export_to_that_name_at_the_same_moment_counts_as_a_bundle_that_was_there_before(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, twin: bool, overwrite: bool
) -> None:
    mine, other = bundle_of(export), bundle_of(export, "another card")
    publish(tmp_path / "elsewhere" / "tiny", *(mine if twin else other), overwrite=False)
    destination, right = tmp_path / "bundles" / "tiny", publishing._put_in_place

    def late(staged: Path, place: Path, *, replaces: bool) -> None:
        if not place.exists():  # between the look at the place and the renaming
            shutil.copytree(tmp_path / "elsewhere" / "tiny", place)
        right(staged, place, replaces=replaces)

    monkeypatch.setattr(publishing, "_put_in_place", late)
    if twin:
        assert not publish(destination, *mine, overwrite=overwrite)
    elif overwrite:
        assert publish(destination, *mine, overwrite=True)
    else:
        with pytest.raises(UserError, match="already another bundle"):
            publish(destination, *mine, overwrite=False)
    refused = not twin and not overwrite
    assert open_bundle(destination).read("MODEL_CARD.md") == (b"another card" if refused else b"card")
    assert [path.name for path in destination.parent.iterdir()] == ["tiny"]


def test_old_bundle_comes_back_when_the_new_one_cannot_have_its_place(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path / "tiny", *bundle_of(export), overwrite=False)
    before, rename = _everything(tmp_path), os.rename

    def failing(source: Path, target: Path) -> None:
        if source.name == "bundle":
            raise PermissionError(13, "Permission denied", str(target))
        rename(source, target)

    monkeypatch.setattr(publishing, "_exchange", lambda first, second: False)
    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(PermissionError):
        publish(tmp_path / "tiny", *bundle_of(export, "another card"), overwrite=True)
    assert _everything(tmp_path) == before


def test_discarding_a_folder_spares_what_its_links_lead_to(export: Export, tmp_path: Path) -> None:
    publish(tmp_path / "v1", *bundle_of(export), overwrite=False)
    before = _everything(tmp_path)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "bundle").symlink_to(tmp_path / "v1")
    discard(tmp_path / "unfinished")
    (tmp_path / "latest").symlink_to(tmp_path / "v1")
    discard(tmp_path / "latest")
    (tmp_path / "latest").unlink()
    assert _everything(tmp_path) == before


@pytest.mark.parametrize(("mask", "folders", "files"), [(0o022, 0o755, 0o644), (0o077, 0o700, 0o600)])
def test_all_files_of_a_bundle_follow_the_umask_alike_and_the_zip_has_the_same_bytes(
    export: Export, tmp_path: Path, mask: int, folders: int, files: int
) -> None:
    before = os.umask(mask)
    try:
        publish(tmp_path / "tiny", *bundle_of(export), overwrite=False, archive=tmp_path / "tiny.zip")
    finally:
        os.umask(before)
    modes = {path: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {folders}
    assert {mode for path, mode in modes.items() if path.is_file()} == {files}
    listed = zipfile.ZipFile(tmp_path / "tiny.zip").infolist()
    assert {entry.external_attr >> 16 for entry in listed} == {0o644}
