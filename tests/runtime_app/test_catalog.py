"""Which bundles are found in a folder of bundles."""

import shutil
from pathlib import Path

from runtime_app.catalog import find_bundles


def test_what_an_export_has_not_finished_or_has_just_replaced_is_not_found(tiny_bundle: Path) -> None:
    shutil.copytree(tiny_bundle, tiny_bundle.with_name(".tiny-unfinished-x"))
    shutil.make_archive(str(tiny_bundle.with_name(".unfinished-x")), "zip", tiny_bundle)
    assert [entry.path for entry in find_bundles([tiny_bundle.parent])] == [tiny_bundle]


def test_of_one_run_the_folder_comes_before_a_zip_and_names_decide_the_rest(tiny_bundle: Path) -> None:
    shutil.make_archive(str(tiny_bundle), "zip", tiny_bundle)
    shutil.copytree(tiny_bundle, tiny_bundle.with_name("another"))
    found = [entry.path.name for entry in find_bundles([tiny_bundle.parent])]
    assert found == [tiny_bundle.name, "another", f"{tiny_bundle.name}.zip"]
