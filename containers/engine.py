"""A container engine's command line: build an image, read its configuration, run it as the Dockerfiles' comments say."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime_app.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
# Health checks run by systemd, which need not be there: `check` runs them itself. podman asks for higher limits than some
# machines may give; these are enough for Ray.
_PODMAN_RUN = ["--read-only-tmpfs=false", "--no-healthcheck", "--ulimit", "nofile=16384", "--ulimit", "nproc=16384"]
_PODMAN_STORE = ["--cgroup-manager=cgroupfs", "--events-backend=file"]


@dataclass(frozen=True)
class Engine:
    """command: with its global options; build_options, run_options: what this machine needs besides."""

    command: list[str]
    build_options: list[str] = field(default_factory=list)
    run_options: list[str] = field(default_factory=list)

    def build(self, dockerfile: Path, tag: str, arguments: dict[str, str]) -> None:
        """Raises UserError (exit status 1) when the image cannot be built; the builder's own words go to stderr."""
        given = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
        command = [*self.command, "build", *self.build_options, *given, "-f", str(dockerfile), "-t", tag, str(ROOT)]
        if subprocess.run(command, stdout=2, env=os.environ | {"DOCKER_BUILDKIT": "1"}, check=False).returncode != 0:
            raise UserError(f"{dockerfile.name} could not be built.", "The builder's words are above.", exit_status=1)

    def configuration(self, tag: str) -> dict[str, Any]:
        """User, Labels, Healthcheck and the like, as the image says them."""
        done = subprocess.run([*self.command, "image", "inspect", tag], capture_output=True, text=True, check=True)
        image = json.loads(done.stdout)[0]
        return {"Healthcheck": image.get("HealthCheck") or image.get("Healthcheck")} | image["Config"]

    def run(
        self, tag: str, arguments: Iterable[object], *, options: Iterable[object] = (), entrypoint: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the image with a read-only root, no network and no capabilities; never raises for the status it gives."""
        safe = ["--rm", "--read-only", "--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        first = [] if entrypoint is None else ["--entrypoint", entrypoint]
        command = [
            *self.command,
            "run",
            *safe,
            *self.run_options,
            *map(str, options),
            *first,
            tag,
            *map(str, arguments),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)


def find_engine(name: str, store: Path | None, build_volumes: tuple[str, ...]) -> Engine:
    """docker where its daemon answers, or podman, which needs none. Raises UserError when it is not there.

    store: where podman keeps images, None for its own place; build_volumes: HOST:INSIDE:ro, for what pip needs here.
    """
    if shutil.which(name) is None:
        raise UserError(f"{name} is not installed.", "Install docker, or `apt-get install podman runc`.")
    if name == "docker":
        if build_volumes:
            raise UserError("docker cannot mount folders while it builds.", "Use --engine podman.")
        answer = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
        if answer.returncode != 0 or "Cannot connect" in answer.stdout + answer.stderr:
            raise UserError("No docker daemon answers here.", "Start it, or use --engine podman.")
        return Engine(["docker"])
    places = [] if store is None else ["--root", str(store / "images"), "--runroot", str(store / "run")]
    mounted = [word for volume in build_volumes for word in ("--volume", volume)]
    # runc takes every layout of control groups; without it podman's own choice has to do without them.
    with_runc = shutil.which("runc") is not None
    return Engine(
        ["podman", *_PODMAN_STORE, *(["--runtime", "runc"] if with_runc else []), *places],
        # docker's format keeps the health check; chroot isolation works where nothing else may.
        ["--format", "docker", "--isolation", "chroot", "--network", "host", "--pull-never", *mounted],
        [*_PODMAN_RUN, *([] if with_runc else ["--cgroups", "disabled"])],
    )
