"""What is scored: folders, lists and Parquet files, good and bad, each in one real session."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runtime_app.bulk.listing import open_input
from runtime_app.bulk.plan import Entry, Plan, write_plan
from runtime_app.errors import UserError
from runtime_app.imaging import list_pictures
from tests.bulk.samples import noise, request, run, score_here, set_up, write_pictures
from tests.runtime_app.samples import TINY


def test_pictures_come_in_the_order_of_classify(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "in", 20)
    for name in ("a.png", "a/b.png", "a-b/c.JPG", "0.gif", "readme.md"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    (folder / "linked.png").symlink_to(folder / "a")
    (folder / "itself.png").symlink_to(folder / "itself.png")
    found = [entry.path for entry in open_input(folder, None, None).entries()]
    assert found == list_pictures(folder) and {folder / "gone.png", folder / "itself.png"} <= {*found}


def test_a_plan_gives_back_every_part_and_never_splits_a_row_group(tmp_path: Path) -> None:
    entries = [
        Entry(Path(os.fsdecode(b"n\xff%d" % n)), 1, 1, rows=1 + n % 3, row_group=n, first_row=n) for n in range(50)
    ]
    listing = write_plan(tmp_path, iter(entries), 7)
    plan = Plan(tmp_path)
    parts = [plan.part(number) for number in range(listing.parts)]
    found = [(e.path, e.rows, e.row_group, e.first_row) for part in parts for e in part]
    assert found == [(e.path, e.rows, e.row_group, e.first_row) for e in entries]
    assert all(7 <= sum(e.rows for e in part) < 10 for part in parts[:-1])
    assert listing.pictures == sum(e.rows for e in entries)
    assert listing == write_plan(None, iter(entries), 7) != write_plan(None, iter(entries[:-1]), 7)


def test_a_list_may_name_files_that_are_not_there(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "in", 3)
    odd = folder / os.fsdecode(b"\xff.png")
    odd.write_bytes(noise(1)[0])
    lines = [os.fsencode(path) for path in [*list_pictures(folder), folder / "gone.png", folder]]
    (tmp_path / "list.txt").write_bytes(b"\r\n".join(lines) + b"\n\n")
    found = score_here(request(tmp_path / "list.txt", tmp_path / "out", part_size=2))
    assert len(found) == 6
    assert list(found["error"].isna()) == [True] * 4 + [False] * 2
    assert found["error"][4].startswith(f"{folder}/gone.png cannot be read (No such file or directory).")
    assert "�.png" in found["path"][3]


def test_a_list_that_windows_wrote_loses_no_picture(tmp_path: Path) -> None:
    (picture,) = write_pictures(tmp_path / "in", 1).rglob("*.png")
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbf" + os.fsencode(picture) + b"\r\n")
    assert score_here(request(tmp_path / "list.txt", tmp_path / "out"))["error"].isna().all()


def test_keys_of_any_kind_become_text(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 2, 5], np.int32)), pa.py_buffer(b"\xe4bcde")]
    )
    keys = {
        "latin": (bad, ["\ufffdb", "cde"]),
        "bytes": (pa.array([b"k0", None]), ["k0", None]),
        "far": (pa.array([2**62, 0], pa.timestamp("us")), [None, "1970-01-01 00:00:00"]),
    }
    for name, (column, wanted) in keys.items():
        path = tmp_path / f"{name}.parquet"
        pq.write_table(pa.table({"image": pa.array(noise(2)), "id": column}), path)
        found = score_here(request(path, tmp_path / name, column="image", key="id"))
        assert [None if pd.isna(key) else key for key in found["key"]] == wanted and found["error"].isna().all()


def test_rows_of_parquet_files_keep_their_numbers_keys_and_errors(tmp_path: Path) -> None:
    """Several files and row groups, Hugging Face's struct, an empty cell and a broken picture among good ones."""
    good = noise(25)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name, cells in (("a", good[:15]), ("deep/b", [*good[15:], None, b"broken"])):
        images = [{"bytes": cell, "path": f"{name}-{n}.png"} for n, cell in enumerate(cells)]
        pq.write_table(
            pa.table({"image": images, "n": range(len(cells))}), tmp_path / "in" / f"{name}.parquet", row_group_size=4
        )
    found = score_here(request(tmp_path / "in", tmp_path / "out", part_size=5))
    assert list(found["row"]) == [*range(15), *range(12)]
    assert list(found["key"]) == [f"a-{n}.png" for n in range(15)] + [f"deep/b-{n}.png" for n in range(12)]
    assert found["error"].notna().sum() == 2
    assert found["error"][25].startswith(f"{tmp_path}/in/deep/b.parquet#10 has no picture")
    assert found["error"][26].startswith(f"{tmp_path}/in/deep/b.parquet#11 is not a picture")
    for number, content in enumerate(good):  # the same pictures as files
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / f"{number:03}.png").write_bytes(content)
    files = score_here(request(tmp_path / "files", tmp_path / "out2"))
    assert [list(p) for p in files["probabilities"]] == [list(p) for p in found["probabilities"][:25]]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_a_column_of_bytes_is_found_and_another_names_the_rows(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"id": [7, 8, 9], "picture": pa.array(noise(3), kind)})
    pq.write_table(table, tmp_path / "in.parquet")
    found = score_here(request(tmp_path / "in.parquet", tmp_path / "out", key="id"))
    assert list(found["key"]) == ["7", "8", "9"] and found["error"].isna().all()


def test_a_damaged_row_group_becomes_rows_with_its_error(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"image": noise(40)}), path, row_group_size=10, compression="zstd", use_dictionary=False)
    column = pq.read_metadata(path).row_group(2).column(0)
    content = bytearray(path.read_bytes())
    middle = column.data_page_offset + column.total_compressed_size // 2
    content[column.data_page_offset : middle] = b"\xff" * (middle - column.data_page_offset)
    path.write_bytes(content)
    found = score_here(request(path, tmp_path / "out"))
    assert list(found["row"]) == list(range(40))
    assert list(found["error"].notna()) == [False] * 20 + [True] * 10 + [False] * 10
    assert "is damaged from row 20 on" in found["error"][20]


@pytest.mark.parametrize(
    ("columns", "options", "title"),
    [
        ({"a": [1], "b": ["x"]}, {}, "has no image column: it has a (int64), b (string)."),
        ({"a": [b"1"], "b": [b"2"]}, {}, "has several columns of bytes: a, b."),
        ({"a": [b"1"], "b": [2]}, {"column": "c"}, "has no column c: it has a (binary), b (int64)."),
        ({"a": [b"1"], "b": [2]}, {"column": "b"}, "does not hold bytes: it has a (binary), b (int64)."),
        (
            [("a", b"1"), ("id", 1), ("id", 2)],
            {"key": "id"},
            "has several columns id: it has a (binary), id (int64), id (int64).",
        ),
        ({"a": [b"1"], "b": [2]}, {"key": "id"}, "has no column id: it has a (binary), b (int64)."),
    ],
)
def test_a_parquet_file_without_pictures_lists_its_columns(
    tmp_path: Path, columns: dict | list, options: dict, title: str
) -> None:
    named = [*columns.items()] if isinstance(columns, dict) else [(name, [value]) for name, value in columns]
    table = pa.table([pa.array(values) for _, values in named], names=[name for name, _ in named])
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(UserError) as refused:
        set_up(request(tmp_path / "in.parquet", tmp_path / "out", **options))
    assert title in refused.value.title and refused.value.exit_status == 2
    assert not (tmp_path / "out").exists()


def test_a_later_file_without_the_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": noise(2)}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"other": [1]}), tmp_path / "2.parquet")
    with pytest.raises(UserError, match=r"2\.parquet has no column image: it has other"):
        set_up(request(tmp_path, tmp_path.with_name("out")))


@pytest.mark.parametrize(
    ("make", "title"),
    [
        (lambda path: None, "There is no file or folder"),
        (lambda path: path.mkdir(), "holds neither pictures nor Parquet files"),
        (lambda path: path.write_bytes(b""), "is neither a folder, a .parquet file nor a list of files"),
    ],
)
def test_input_that_cannot_be_scored_is_refused_in_one_sentence(tmp_path: Path, make, title: str) -> None:
    make(tmp_path / "in")
    answer = run(tmp_path, "bulk", "in", "out", "--bundle", TINY)
    assert answer.returncode == 2 and title in answer.stderr and len(answer.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.parquet").write_bytes(b"PAR1 not really")
    answer = run(tmp_path, "bulk", "in.parquet", "out", "--bundle", TINY)
    assert answer.returncode == 2 and "in.parquet is not a readable Parquet file" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


def test_results_say_what_they_were_made_with(tmp_path: Path) -> None:
    score_here(request(write_pictures(tmp_path / "in", 3), tmp_path / "out", part_size=2))
    meta = json.loads(pq.read_metadata(tmp_path / "out" / "part-000001.parquet").metadata[b"evidence"])
    assert meta["classes"] == [str(digit) for digit in range(10)] and meta["part"] == 1
    digest = json.loads((TINY / "bundle.json").read_bytes())["digest"]
    assert set(pd.read_parquet(tmp_path / "out")["bundle_sha256"]) == {digest}
