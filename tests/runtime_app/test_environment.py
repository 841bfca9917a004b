"""The app's environment stays light, and a wrong one is told."""

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from runtime_app import installation
from runtime_app.installation import command_line, training_program
from tests.runtime_app.samples import ROOT, TINY


@pytest.mark.parametrize("name", ["torch", "torchvision", "onnx"])
def test_the_training_libraries_cannot_be_imported(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


def test_importing_the_command_line_loads_neither_onnxruntime_nor_the_gui() -> None:
    code = "import sys, runtime_app.commands; print({'onnxruntime', 'dearpygui', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "onnxruntime" not in answer.stdout and "dearpygui" not in answer.stdout


def test_the_command_that_trains_is_of_an_environment_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [str(ROOT / "runtime_app" / "__main__.py")])
    assert training_program() == ".venv-train/bin/python -m trainer", "this one has no PyTorch"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert (
        training_program() == installation.program("trainer", "evidence-train") != ".venv-train/bin/python -m trainer"
    )
    monkeypatch.setattr(sys, "argv", ["/usr/bin/evidence"])
    assert training_program() == "evidence-train"


def test_commands_for_people_are_written_as_their_shell_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["python", "-m", "exporter", "--run", "C:\\my runs\\1"]
    assert command_line(words) == "python -m exporter --run 'C:\\my runs\\1'"
    monkeypatch.setattr(sys, "platform", "win32")
    assert command_line(words) == 'python -m exporter --run "C:\\my runs\\1"'
    assert command_line([r"C:\runs\1"]) == r"C:\runs\1"


def test_both_runtime_packages_installed_are_named(tmp_path: Path, digits: Path) -> None:
    """The other package's metadata is what pip leaves behind; it is put on the path of a real process."""
    installed = [p.name for p in Path(sys.prefix).glob("lib/python*/site-packages/onnxruntime*dist-info")]
    other = "onnxruntime" if any("gpu" in name for name in installed) else "onnxruntime-gpu"
    folder = tmp_path / "site" / f"{other.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {other}\nVersion: 1.0\n")
    answer = subprocess.run(
        [sys.executable, "-m", "runtime_app", "classify", str(digits), "--bundle", str(TINY)],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path / 'site'}", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2 and "are both installed" in answer.stderr and "pip uninstall" in answer.stderr


@pytest.mark.parametrize("module", ["runtime_app", "trainer", "exporter"])
def test_a_python_without_the_libraries_is_told_in_one_sentence(module: str) -> None:
    """`python -m` finds the Python that comes first, which need not be the environment's."""
    command = [sys.executable, "-S", "-m", module, "--help"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2 and "is not installed for this Python" in answer.stderr
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(("module", "extra"), [("runtime_app", "runtime"), ("trainer", "train"), ("exporter", "train")])
def test_an_installed_command_without_the_libraries_names_what_pip_brings_them_with(module: str, extra: str) -> None:
    command = [sys.executable, "-S", "-c", f"from {module}.installed import main; main()"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2
    assert answer.stderr.endswith(f" is not installed. In the checkout, run `pip install '.[{extra}]'`.\n")
    assert len(answer.stderr.splitlines()) == 1


def test_a_command_of_another_environment_is_no_defect_to_report() -> None:
    command = [sys.executable, "-m", "exporter", "--run", "latest"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 2 and "is not installed for this Python" in answer.stderr, answer.stderr
    assert "report" not in answer.stderr


def by_a_shell(script: str, command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """script: runs "$@", which is the command."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **variables}
    words = ["sh", "-c", script, "sh", *command]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a POSIX shell does")
@pytest.mark.parametrize("format_", ["table", "jsonl", "csv"])
@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_with_closed_streams_the_work_is_done_all_the_same(
    digits: Path, tmp_path: Path, format_: str, closed: str
) -> None:
    heatmap = tmp_path / "heat.png"
    command = [sys.executable, "-m", "runtime_app", "classify", str(digits), "--bundle", str(TINY), "--format", format_]
    answer = by_a_shell(f'"$@" {closed}', [*command, "--heatmap", str(heatmap)], tmp_path, HOME=str(tmp_path))
    assert answer.returncode == 0 and "unexpected" not in answer.stderr, answer.stderr
    with Image.open(heatmap) as drawn:
        drawn.load()


@pytest.mark.skipif(sys.platform == "win32", reason="limits what a POSIX shell's programs may write")
@pytest.mark.parametrize("format_", ["table", "jsonl", "csv"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_results_that_a_disk_does_not_take_whole_are_told_and_cost_the_status(
    digits: Path, tmp_path: Path, format_: str, unbuffered: str
) -> None:
    command = [sys.executable, "-m", "runtime_app", "classify", *3 * [str(digits)], "--bundle", str(TINY)]
    limited, variables = 'ulimit -f 1; exec "$@" > results', {"HOME": "/dev/null", "PYTHONUNBUFFERED": unbuffered}
    answer = by_a_shell(limited, [*command, "--format", format_], tmp_path, **variables)
    assert answer.returncode == 1, (answer.returncode, answer.stderr)
    assert answer.stderr.splitlines()[1:] == ["Error: File too large. Check the path and the disk."]


def test_from_a_working_folder_that_was_deleted_pictures_are_classified(digits: Path, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    command = [sys.executable, "-m", "runtime_app", "classify", str(digits), "--bundle", str(TINY)]
    answer = subprocess.run(
        ["sh", "-c", 'rmdir ../gone; exec "$@"', "sh", *command],
        cwd=tmp_path / "gone",
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0 and "seven.png" in answer.stdout, answer.stderr


_BY_NOBODY = """
import os, pwd, runpy
known = pwd.getpwuid
def getpwuid(number):
    if number == os.getuid():
        raise KeyError(number)
    return known(number)
pwd.getpwuid = getpwuid
runpy.run_module("runtime_app", run_name="__main__", alter_sys=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="asks POSIX' list of users")
def test_a_user_whom_the_system_does_not_know_needs_no_home(digits: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _BY_NOBODY, "classify", str(digits), "--bundle", str(TINY)],
        cwd=digits,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0 and "seven.png" in answer.stdout, answer.stderr
