"""Which bundles are found in a folder of bundles."""

import shutil
from pathlib import Path

from runtime_app.catalog import find_bundles


def test_what_an_export_has_not_finished_or_has_just_replaced_is_not_found(tiny_bundle: Path) -> None:
    shutil.copytree(tiny_bundle, tiny_bundle.with_name(".tiny-unfinished-x"))
    shutil.make_archive(str(tiny_bundle.with_name(".unfinished-x")), "zip", tiny_bundle)
    assert [entry.path for entry in find_bundles([tiny_bundle.parent])] == [tiny_bundle]
