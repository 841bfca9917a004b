"""What is drawn part by part is on the screen as if all of it had been drawn."""

import subprocess
import sys

import pytest

from tests.runtime_app.samples import ROOT
from tests.runtime_app.window_driver import software_gl, x_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drives X11 programs")


def test_a_drawing_that_is_changed_equals_one_made_from_nothing() -> None:
    with x_server() as display:
        done = subprocess.run(
            [sys.executable, "-m", "tests.runtime_app.drawn_twice"],
            cwd=ROOT,
            env=software_gl(display),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
