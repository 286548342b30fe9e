"""The window's process never loads torch: all docks opened and a slider moved, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gui

SCRIPT = """
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
from live_desk import Stage, simulated_project

stage = Stage(simulated_project(Path(sys.argv[1]), (6, 48, 40), cases=1))
before = int(stage.desk.layers.mask.sum())
stage.slider("refined", "value").value = 0.8
for chip in stage.dock.steps.chips.chips.values():
    chip.click()
stage.settle()
assert int(stage.desk.layers.mask.sum()) != before
stage.close()
came = {"torch", "torchvision", "monai", "lightning_fabric"} & set(sys.modules)
assert not came, came
"""


def test_no_torch_after_opening_every_dock_and_tuning(tmp_path):
    benchmarks = Path(__file__).parents[2] / "benchmarks"
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(tmp_path), str(benchmarks)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
