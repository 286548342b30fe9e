"""Search of thresholds and calibration over a project folder, as tasks of the worker process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_wsss.files import write_json
from napari_wsss.pipeline.calibrate import calibrate
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.search import search_thresholds
from napari_wsss.progress import Work
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

SEARCH_FILE = "threshold-search.json"
CALIBRATION_FILE = "calibration.json"
"""Where the latest results are kept, in the project's ``metrics`` folder."""


def search_thresholds_of(
    project: str, recipe: Mapping[str, Any], masks: str, at: str | None, step: float
) -> Work[dict[str, Any]]:
    """Search thresholds and keep the table; see :func:`napari_wsss.pipeline.search.search_thresholds`."""
    opened = Project.open(Path(project), lock=False)
    parsed = Recipe.parse(recipe, where="recipe")
    table = yield from search_thresholds(parsed, workspace_of(opened, parsed), masks, at, step)
    write_json(opened.metrics_folder / SEARCH_FILE, table)
    return table


def calibrate_project(
    project: str, recipe: Mapping[str, Any], masks: str, knobs: Sequence[str] | None, minutes: float | None
) -> Work[dict[str, Any]]:
    """Calibrate and keep the outcome; see :func:`napari_wsss.pipeline.calibrate.calibrate`."""
    opened = Project.open(Path(project), lock=False)
    parsed = Recipe.parse(recipe, where="recipe")
    outcome = yield from calibrate(parsed, workspace_of(opened, parsed), masks, knobs, minutes=minutes)
    write_json(opened.metrics_folder / CALIBRATION_FILE, outcome)
    return outcome
