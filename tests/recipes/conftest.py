"""A simulated cohort as a project, small enough for every recipe to run from labels to prediction in a test."""

import shutil
import sys
from pathlib import Path

import pytest

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.pipeline.runner import run
from napari_wsss.progress import drain
from napari_wsss.recipes import recipe_named
from napari_wsss.session import Session
from napari_wsss.session.evaluation import evaluate_project
from napari_wsss.session.workspaces import workspace_of

sys.path.insert(0, str(Path(__file__).parent))  # tiny.py

PATIENTS = 6


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """Folder of a project nobody has worked on: six heads of 7 × 56 × 48 voxels, one class, references beside them."""
    folder = tmp_path_factory.mktemp("cohort")
    found = drain(simulate_cohort(folder / "scans", patients=PATIENTS, shape=TINY_SHAPE))
    paths = {name: folder / "scans" / part for name, part in (("images", "images"), ("reference", "masks"))}
    tables = {name: folder / "scans" / f"{name}.csv" for name in ("labels", "split")}
    drain(Session.create(folder / "project", **paths, **tables)).close()
    assert found["classes"] == ["lesion"]
    return folder / "project"


@pytest.fixture
def project(cohort, tmp_path):
    """A copy of the cohort's project, opened."""
    shutil.copytree(cohort, tmp_path / "project")
    with Session.open(tmp_path / "project") as session:
        yield session.project


@pytest.fixture
def run_recipe(project):
    """Run a recipe at tiny settings, in this process; give what was done, and the tables of its evaluation."""

    def run_it(name, settings, **changes):
        recipe = recipe_named(name).with_overrides(settings)
        workspace = workspace_of(project, recipe)
        done = drain(run(recipe, workspace, device="cpu", **changes))
        return done, drain(evaluate_project(project, workspace, recipe, ("train", "val", "test")))

    return run_it
