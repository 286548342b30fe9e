"""Every recipe, interrupted at every stage by Ctrl-C and by kill -9, ends with the masks and weights of a quiet run."""

import os
import shutil
import signal

import pytest
from interruptions import Runs, digests, interrupt_everywhere
from tiny import TINY

from napari_wsss.recipes import RECIPES, recipe_named

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture(scope="module")
def runs():
    runs = Runs()
    yield runs
    runs.close()


def test_every_recipe_has_tiny_settings():
    assert set(TINY) == set(RECIPES) - {"tied-deconvolution-vgg16"}, "which is tied-deconvolution with other settings"


@pytest.mark.parametrize("name", sorted(TINY))
def test_interrupted_and_quiet_runs_end_alike(name, runs, cohort, tmp_path):
    steps = recipe_named(name).steps
    learning = [step for step in steps if steps[step].works_on == "cohort"]
    settings = [*TINY[name], *(f"{step}.epochs=2" for step in learning)]  # one to stop in, one to go on with
    quiet, stopped = (shutil.copytree(cohort, tmp_path / place) for place in ("quiet", "stopped"))
    expected, _ = runs.run(quiet, name, settings)
    done = interrupt_everywhere(runs, stopped, name, settings, expected)
    again, _ = runs.run(stopped, name, settings)
    assert digests(quiet) == digests(stopped)
    assert {step for step in digests(quiet) if step.rpartition("-")[0] in learning}
    assert again.keys() <= expected.keys()
    assert {stage for stage, sent in done if sent == signal.SIGINT} == set(expected)
    assert {stage for stage, sent in done if sent == signal.SIGKILL} >= set(learning)
