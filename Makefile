# make setup | check | test | soak | demo | docs | clean; each brings its own set-up, so `make test` alone is enough.
# Variables: PYTHON=python3.12, PYTEST_ARGS="tests/data -x", DEMO=folder.

PYTHON ?= python3
PYTEST_ARGS ?=
# Files by name, not those of many tests first: the longest tests stand in files of few, and would come last.
WORKERS ?= --numprocesses auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder
DEMO ?= demo

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet --constraint constraints.txt
SCREEN := xvfb xauth libegl1 libgl1 libgl1-mesa-dri libopengl0 libglib2.0-0 libdbus-1-3 libfontconfig1 \
	libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 \
	libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1

.PHONY: setup check test soak demo docs clean

setup: .venv/.installed .venv/.screen

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/debian-packages "a Python environment" python3-venv
	$(PYTHON) -m venv .venv
	@touch $@

# torch first and torchvision without its dependencies: whatever torch is there (or preferred by pip's own settings) stays.
.venv/.installed: .venv/.python constraints.txt setup.cfg pyproject.toml
	$(INSTALL) setuptools
	$(INSTALL) torch
	$(INSTALL) --no-deps torchvision
	$(INSTALL) --editable '.[gui,onnx,test]'
	@$(INSTALL) --editable '.[crf-reference]' >/dev/null 2>&1 \
		|| echo "Left out pydensecrf2, a reference for the CRF's tests: building it needs a C++ compiler (g++)."
	@touch $@

# Only the missing stamp makes this run again, so a machine that refuses says so each time and goes on.
.venv/.screen: | .venv/.python
	@[ "$$(uname)" != Linux ] || .ci/debian-packages "a virtual screen" $(SCREEN) && touch $@ || true

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Threads that wait sleep: several workers share the cores with the processes that their tests start.
test: setup
	@if [ "$$(uname)" != Linux ] || [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then screen=; \
	elif command -v xvfb-run >/dev/null; then screen='xvfb-run --auto-servernum --server-args "-screen 0 1600x1200x24"'; \
	else echo "The docks are tested on a screen: none is here and xvfb-run is missing (apt-get install xvfb)." >&2; exit 1; fi; \
	eval "OMP_WAIT_POLICY=PASSIVE $$screen $(BIN)/python -m pytest $(WORKERS) $(PYTEST_ARGS)"

# The application killed fifty times at random moments while it edits and accepts.
soak: setup
	WSSS_KILLS=50 $(MAKE) test PYTEST_ARGS="tests/soak $(PYTEST_ARGS)"

demo: setup
	$(BIN)/napari-wsss demo $(DEMO)

docs: setup
	$(INSTALL) --editable '.[docs]'
	$(BIN)/mkdocs build --strict

clean:
	rm -rf build dist site .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
