"""Who may import whom, and what stays out of memory."""

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "torchvision",
    "monai",
    "lightning",
    "lightning_fabric",
    "napari",
    "qtpy",
    "PyQt6",
    "magicgui",
    "vispy",
)
LIGHT = (
    "napari_wsss",
    "napari_wsss.data",
    "napari_wsss.data.preprocess",
    "napari_wsss.refine",
    "napari_wsss.metrics",
    "napari_wsss.pipeline",
    "napari_wsss.recipes",
    "napari_wsss.store",
    "napari_wsss.export",
    "napari_wsss.report",
    "napari_wsss.session",
    "napari_wsss.session.worker",
    "napari_wsss.cam",
    "napari_wsss.cam.settings",
    "napari_wsss.engine",
    "napari_wsss.engine.settings",
    "napari_wsss.models",
    "napari_wsss.models.settings",
    "napari_wsss.losses",
    "napari_wsss.cli",
)


def loaded_after(statement):
    program = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split())


def test_import_directions():
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("module", LIGHT)
def test_torch_and_qt_stay_out(module):
    assert not loaded_after(f"import {module}") & set(HEAVY)


def test_session_and_recipes_load_without_torch_and_qt():
    assert not loaded_after("from napari_wsss import Session; from napari_wsss.recipes import RECIPES") & set(HEAVY)


def test_window_loads_without_torch():
    assert not loaded_after("import napari_wsss.widgets") & {"torch", "torchvision", "monai", "lightning_fabric"}


def test_command_line_help_loads_nothing_heavy():
    statement = "from napari_wsss.cli import main; assert main(['--help']) == 0"
    assert not loaded_after(statement) & {*HEAVY, "numpy", "pydantic"}
