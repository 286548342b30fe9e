"""Differential prediction from the window: the worker is asked, arrays travel as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

import numpy as np

from napari_wsss.errors import Cancelled, JobError, ProjectError
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import ASKED
from napari_wsss.progress import Work, drain
from napari_wsss.refine.differential import Ask
from napari_wsss.session.jobs import Worker
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.types import Array, BoolArray, FloatArray

TASK = "classify"


def askers(worker: Worker, project: Path, recipe: Recipe, models: Mapping[str, str], case_id: str) -> dict[str, Ask]:
    """Give, for each step that trains a classifier, the function that has the worker ask it about a case.

    Args:
        worker: the process with torch; started when first asked.
        project: the project's folder.
        recipe: the recipe in use.
        models: step → key of the trained model to ask.
        case_id: the case.
    """
    return {name: _asker(worker, project, recipe, models.get(name), name, case_id) for name in recipe.giving(*ASKED)}


def _asker(  # noqa: PLR0917 (all are needed, none has a default)
    worker: Worker, project: Path, recipe: Recipe, key: str | None, classifier: str, case_id: str
) -> Ask:
    turn = Lock()  # the worker does one job at a time; threads that compute pieces of a volume wait for one another

    def ask(regions: BoolArray, slices: Array) -> FloatArray:
        if key is None:
            raise ProjectError(
                f"differential prediction needs '{classifier}', which is not trained yet: train it first."
            )
        with turn, TemporaryDirectory(prefix="napari-wsss-classify-", ignore_cleanup_errors=True) as folder:
            files = {name: str(Path(folder, f"{name}.npy")) for name in ("regions", "slices", "scores")}
            np.save(files["regions"], regions)
            np.save(files["slices"], slices)
            given = {"project": str(project), "recipe": recipe.model_dump(mode="json"), "classifier": classifier}
            try:
                drain(worker.call(TASK, **given, key=key, case=case_id, **files))
            # Cancelled too: who waits here did not ask for it, and must not take it for an answer no longer wanted.
            except (JobError, Cancelled) as error:
                raise JobError(f"Differential prediction: {error} Or choose brightest or darkest.") from error
            scores: FloatArray = np.load(files["scores"])
        return scores

    return ask


def classify(  # noqa: PLR0917 (a message's fields, by name)
    project: str,
    recipe: Mapping[str, Any],
    classifier: str,
    key: str,
    case: str,
    regions: str,
    slices: str,
    scores: str,
) -> Work[None]:
    """Do it, in the worker: classify slices of a case with places blanked; see :func:`class_scores`.

    Args:
        project: the project's folder.
        recipe: the recipe in use.
        classifier: step that trained the classifier.
        key: of its model.
        case: the case.
        regions: ``.npy`` file, bool (N, Y, X).
        slices: ``.npy`` file, int (N,).
        scores: ``.npy`` file to write, (N, C) float32.
    """
    from napari_wsss.pipeline.classify import class_scores

    opened = Project.open(Path(project), lock=False)
    parsed = Recipe.parse(recipe, where="recipe")
    workspace = workspace_of(opened, parsed)
    job = Job(classifier, parsed, workspace, Keys(parsed, workspace, {classifier: key}))
    found = yield from class_scores(job, classifier, case, np.load(regions), np.load(slices))
    np.save(scores, found)
