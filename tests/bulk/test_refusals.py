"""What stops a job before it starts or in its middle, always with one sentence, and what it leaves behind."""

import resource
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runtime_app.bulk.folder import claim, clear
from runtime_app.bulk.part import part_path, read_summary
from runtime_app.bundle import open_bundle
from runtime_app.commands.bulk import _resuming
from runtime_app.errors import UserError
from tests.bulk.samples import SHIPPED, environment, request, rows, run, score_here, set_up, write_pictures
from tests.runtime_app.samples import TINY


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "in", 12)


def refused(tmp_path: Path, *arguments: object) -> str:
    """The one sentence on stderr; status 2."""
    answer = run(tmp_path, "bulk", *arguments, "--bundle", TINY)
    assert answer.returncode == 2 and answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1, answer.stderr
    return answer.stderr


def test_an_output_that_exists_is_refused_and_left_as_it_is(tmp_path: Path, source: Path) -> None:
    score_here(request(source, tmp_path / "out", part_size=5))
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert "out exists already. Go on with --resume, start anew with --overwrite." in refused(tmp_path, "in", "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert "mine exists already. Choose another folder." in refused(tmp_path, "in", "mine")
    assert "letter.txt, which is not of a bulk job" in refused(tmp_path, "in", "mine", "--overwrite")
    assert "letter.txt, which is not of a bulk job" in refused(tmp_path, "in", "mine", "--resume")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


@pytest.mark.parametrize("name", ["part-000000.parquet", "part-00000-6e0e-c000.snappy.parquet"])
@pytest.mark.parametrize("option", ["--resume", "--overwrite"])
def test_another_programs_parquet_files_are_left_alone(tmp_path: Path, source: Path, name: str, option: str) -> None:
    (tmp_path / "spark").mkdir()
    (tmp_path / "spark" / name).write_bytes(b"PAR1")
    assert f"{name}, which is not of a bulk job" in refused(tmp_path, "in", "spark", option)
    assert (tmp_path / "spark" / name).read_bytes() == b"PAR1"


@pytest.mark.parametrize(
    "wrong",
    [
        ["typo", "out"],
        ["in.parquet", "out", "--key", "nope"],
        ["empty", "out"],
        ["in", "out", "--address", "127.0.0.1:1"],
    ],
)
def test_a_job_stays_until_another_can_begin_in_its_place(tmp_path: Path, source: Path, wrong: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    pq.write_table(pa.table({"image": [b"1"]}), tmp_path / "in.parquet")
    score_here(request(source, tmp_path / "out", part_size=5))
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    refused(tmp_path, *wrong, "--overwrite")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_of_two_programs_that_begin_at_once_one_is_refused_and_the_others_folder_stays(tmp_path: Path) -> None:
    for attempt in range(30):
        output, begin, over = tmp_path / str(attempt), Barrier(2), Barrier(2)

        def attempt_to_claim(output: Path = output, begin: Barrier = begin, over: Barrier = over) -> bool:
            begin.wait()
            try:
                with claim(output, resume=True, overwrite=False):
                    over.wait(10)
                    return (output / "_lock").exists()
            except UserError:
                over.wait(10)
                return False

        with ThreadPoolExecutor(2) as both:
            assert sorted(job.result() for job in [both.submit(attempt_to_claim), both.submit(attempt_to_claim)]) == [
                False,
                True,
            ]


def test_the_lock_is_held_while_a_job_starts_anew(tmp_path: Path, source: Path) -> None:
    score_here(request(source, tmp_path / "out"))
    with claim(tmp_path / "out", resume=False, overwrite=True):
        clear(tmp_path / "out")
        assert "Another program is scoring into out" in refused(tmp_path, "in", "out", "--overwrite")


def test_the_command_to_go_on_with_is_one_that_works() -> None:
    assert _resuming(["bulk", "--overwrite", "in", "out"]) == ["bulk", "in", "out", "--resume"]
    assert _resuming(["bulk", "--", "-in", "--resume"]) == ["bulk", "--resume", "--", "-in", "--resume"]


def test_overwrite_starts_anew(tmp_path: Path, source: Path) -> None:
    score_here(request(source, tmp_path / "out", part_size=5))
    answer = run(tmp_path, "bulk", "in/0", "out", "--overwrite", "--bundle", TINY, "--workers", 1)
    assert answer.returncode == 0, answer.stderr
    assert len(rows(tmp_path / "out")) == 4


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [("part_size", 6, "--part-size 5, not 6"), ("resize", "stretch", "--resize crop, not stretch")],
)
def test_going_on_with_other_options_is_refused(
    tmp_path: Path, source: Path, option: str, value: object, sentence: str
) -> None:
    score_here(request(source, tmp_path / "out", part_size=5))
    with pytest.raises(UserError, match=sentence):
        set_up(request(source, tmp_path / "out", resume=True, **{option: value}))


def test_going_on_with_another_bundle_or_other_input_is_refused(tmp_path: Path, source: Path) -> None:
    score_here(request(source, tmp_path / "out", part_size=5))
    with pytest.raises(UserError, match="was started with the bundle tiny"):
        set_up(request(source, tmp_path / "out", resume=True, bundle=open_bundle(SHIPPED)))
    first = next(source.rglob("*.png"))
    first.write_bytes(first.read_bytes() + b"\0")
    with pytest.raises(UserError, match="was started on other input"):
        set_up(request(source, tmp_path / "out", resume=True))


def test_a_damaged_or_foreign_part_does_not_count_as_finished(tmp_path: Path, source: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    job, _ = set_up(request(source, out, part_size=5))
    score_here(request(source / "0", other))
    shutil.copy(part_path(other, 0), part_path(out, 0))
    part_path(out, 1).write_bytes(b"PAR1 half a file")
    assert [read_summary(out, number, job.id) for number in range(3)] == [None] * 3
    assert len(score_here(request(source, out, resume=True))) == 12


def test_a_part_that_kills_its_workers_is_given_up(tmp_path: Path, source: Path) -> None:
    """Each worker that dies leaves the file that it had begun."""
    _, worker = set_up(request(source, tmp_path / "out", part_size=5))
    for number in range(5):
        (tmp_path / "out" / f".part-000002.parquet.{number}.tmp").touch()
    answer = worker({"part": [2]})
    assert "5 workers died while they scored part 2" in answer["title"][0] and answer["exit_status"] == [1]


def test_two_programs_do_not_write_into_one_folder(tmp_path: Path, source: Path) -> None:
    score_here(request(source, tmp_path / "out"))
    with claim(tmp_path / "out", resume=True, overwrite=False):
        assert "Another program is scoring into out" in refused(tmp_path, "in", "out", "--resume")


def test_input_and_output_within_each_other_are_refused(tmp_path: Path, source: Path) -> None:
    assert "lie within each other" in refused(tmp_path, "in", "in/out")
    assert "lie within each other" in refused(tmp_path, "in/0", "in", "--overwrite")
    assert len(list(source.rglob("*.png"))) == 12


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, source: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    answer = run(tmp_path, "bulk", "in", "file/out", "--bundle", TINY)
    assert answer.returncode == 1 and "file/out" in answer.stderr and "Traceback" not in answer.stderr
    assert "is a file, not a folder" in refused(tmp_path, "in", "file", "--overwrite")


def test_a_disk_that_takes_no_more_is_told_and_leaves_no_half_part(tmp_path: Path) -> None:
    """A limit on the size of files makes the same write fail that a full disk makes fail."""
    write_pictures(tmp_path / "in", 300)
    _, worker = set_up(request(tmp_path / "in", tmp_path / "out"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        answer = worker({"part": [0]})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert answer["title"][0].startswith("File too large") and str(tmp_path / "out") in answer["title"][0]
    assert not list((tmp_path / "out").glob("*part*"))


def test_nobody_at_the_address_is_said_in_one_sentence(tmp_path: Path, source: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    assert f"No Ray cluster answers at {address}." in refused(tmp_path, "in", "out", "--address", address)


def test_somebody_else_at_the_address_is_not_waited_for(tmp_path: Path, source: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        assert f"No Ray cluster answers at {address}." in refused(tmp_path, "in", "out", "--address", address)


def test_resume_and_overwrite_exclude_each_other(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "runtime_app", "bulk", "in", "out", "--resume", "--overwrite"]
    answer = subprocess.run(
        command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2 and "exclude each other" in answer.stderr


def test_a_bundle_exchanged_meanwhile_is_refused(tmp_path: Path, source: Path) -> None:
    place = Path(shutil.copytree(TINY, tmp_path / "bundle"))
    _, worker = set_up(request(source, tmp_path / "out", bundle=open_bundle(place)))
    shutil.rmtree(place)
    shutil.copytree(SHIPPED, place)
    assert "it was exchanged while the job was running" in worker({"part": [0]})["title"][0]
