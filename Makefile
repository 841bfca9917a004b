# Everything here does its own set-up on a fresh machine with Python >= 3.11; a second call installs nothing again.
PYTHON ?= python3
TRAIN := .venv-train/bin/python
RUNTIME := .venv-runtime/bin/python
DEMO := artifacts/demo
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check

.PHONY: demo app test test-train test-runtime test-bulk check lock
.DELETE_ON_ERROR:

# Train a small network on embedded data, export it through the gate, open the app on it.
demo: .venv-train/.ready .venv-runtime/.ready
	@$(TRAIN) -m trainer.demo $(DEMO)
	@ls $(DEMO)/bundles/*/bundle.json >/dev/null 2>&1 || \
	  $(TRAIN) -m exporter --run latest --runs $(DEMO)/runs --bundles $(DEMO)/bundles --name digits
	@$(RUNTIME) -m runtime_app.demo $(DEMO)

# Open the newest bundle.
app: .venv-runtime/.ready
	@$(RUNTIME) -m runtime_app

test: check test-train test-runtime test-bulk

# Two processes of one thread each; the window's tests keep the screen and the clock to themselves.
test-train: .venv-train/.ready-dev
	OMP_NUM_THREADS=1 $(TRAIN) -m pytest --numprocesses 2 tests/trainer tests/exporter

test-runtime: .venv-runtime/.ready-dev display-packages
	$(RUNTIME) -m pytest tests/runtime_app

test-bulk: .venv-bulk/.ready-dev
	.venv-bulk/bin/python -m pytest tests/bulk

check: .venv-train/.ready-dev
	$(TRAIN) -m ruff format --check .
	$(TRAIN) -m ruff check .
	$(TRAIN) -m mypy
	.venv-train/bin/lint-imports

# The app for people without Python: dist/evidence and one .zip, with the shipped bundle inside; then its tests.
.PHONY: package test-package
package: .venv-package/.ready
	.venv-package/bin/python -m package.build

test-package: .venv-runtime/.ready-dev display-packages
	@test -x dist/evidence/evidence || { echo "Nothing is packaged yet: run make package first." >&2; exit 2; }
	$(RUNTIME) -m pytest tests/packaging

# The same for Windows, built on Linux by Windows' own Python under wine; then its tests, under wine too.
.PHONY: package-windows test-package-windows wine-packages
package-windows: .venv-package/.ready wine-packages
	.venv-package/bin/python -m package.wine

test-package-windows: .venv-runtime/.ready-dev display-packages wine-packages
	@test -x dist/windows/evidence/evidence.exe || { echo "Nothing is packaged yet: run make package-windows first." >&2; exit 2; }
	$(RUNTIME) -m pytest tests/packaging/test_windows_app.py

wine-packages:
	@tests/display-packages.sh wine wine64 gcc-mingw-w64-x86-64

# Build the container images, run them, and say what held (needs docker); hadolint reads their files.
.PHONY: containers lint-containers
containers: .venv-runtime/.ready lint-containers
	$(RUNTIME) -m containers.check runtime bulk train

lint-containers: .venv-containers/.ready
	.venv-containers/bin/hadolint containers/runtime.Dockerfile containers/train.Dockerfile

# Ray alone scores nothing: it goes beside the CPU build.
.venv-bulk/.ready: requirements-runtime-cpu.txt

.venv-%/.ready: requirements-%.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/python $(PIP_INSTALL) $(addprefix -r ,$^)
	@touch $@

.venv-%/.ready-dev: .venv-%/.ready requirements-dev.txt
	.venv-$*/bin/python $(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

# Pictures of none of CIFAR-10's classes, out of Debian packages: what the shipped network learned not to know.
.PHONY: outliers
outliers: data/outliers/.ready

data/outliers/.ready: artifacts/checkpoints/cifarnet-cifar10/outliers.txt
	rm -rf data/outliers && mkdir -p data/outliers/.unpacked
	cd data/outliers/.unpacked && apt-get download $$(cut -d/ -f1 $(abspath $<) | sort -u)
	cd data/outliers/.unpacked && for package in *.deb; do dpkg-deb -x $$package $${package%%_*}; done
	cd data/outliers/.unpacked && xargs -d '\n' cp --parents -t .. < $(abspath $<)
	rm -rf data/outliers/.unpacked
	@touch $@

# The window is tested for real: a virtual screen, software OpenGL, and a program that clicks.
DISPLAY_PACKAGES := xvfb xdotool xclip libgl1 libgl1-mesa-dri python3-gi gir1.2-gtk-3.0

.PHONY: display-packages
display-packages:
	@tests/display-packages.sh $(DISPLAY_PACKAGES)

# Pin every version again from requirements/*.in (needs uv).
lock:
	for name in runtime runtime-cpu runtime-cuda bulk cli package train dev containers; do \
	  uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-header \
	    $$(test $$name = runtime || echo --constraint requirements-runtime.txt) \
	    requirements/$$name.in --output-file requirements-$$name.txt || exit 1; \
	done
