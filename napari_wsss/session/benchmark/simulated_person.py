"""A simulated person: opens patients, and corrects what is proposed until it is the reference mask."""

from __future__ import annotations

import numpy as np

from napari_wsss.data.reference import in_classes
from napari_wsss.errors import InputError
from napari_wsss.metrics.effort import Effort, effort_of_patient
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap


def draw_patients(project: Project, seed: int = 0) -> list[str]:
    """Give the train patients a person could correct, in the order in which they are opened.

    They are those with a reference mask and, by their image-level labels, a lesion. The same seed gives the same order,
    so that the first three are among the first ten.
    """
    able = sorted(
        {
            case.patient
            for case in project.cases.values()
            if case.subset == "train"
            and case.reference is not None
            and (project.labels.volume_labels(case.id) == 1).any()
        }
    )
    return [able[place] for place in np.random.default_rng(seed).permutation(len(able))]


def scans_of(project: Project, patient: str) -> list[str]:
    """Give the scans of a patient that have a reference mask."""
    cases = sorted(project.cases.values(), key=lambda case: case.id)
    return [case.id for case in cases if case.patient == patient and case.reference is not None]


def wanted(project: Project, case_id: str) -> LabelMap:
    """Give the reference mask of a case, (Z, Y, X), in the project's classes. Raises InputError: it has none."""
    reference = project.load_reference(case_id)
    if reference is None:
        raise InputError(f"case '{case_id}' has no reference mask.")
    return in_classes(reference, project.labels.volume_labels(case_id))


def effort_in(project: Project, recipe: Recipe, patient: str) -> Effort:
    """Count what a person would change in the proposals that a project keeps of a patient."""
    workspace = workspace_of(project, recipe)
    return effort_of_patient(
        (workspace.mask(recipe, recipe.proposal, case_id), wanted(project, case_id))
        for case_id in scans_of(project, patient)
    )
