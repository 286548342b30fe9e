"""Branches: projects inside a project, over the same scans, labels and accepted masks, that differ in one respect."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from napari_wsss.data.cohort import Case
from napari_wsss.data.labels import LabelTable
from napari_wsss.files import share_file
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.share import share_results
from napari_wsss.pipeline.step import STAGES
from napari_wsss.progress import Work
from napari_wsss.session.jobs import Worker
from napari_wsss.session.recipe_choice import RecipeChoice
from napari_wsss.session.running import job_of
from napari_wsss.session.settings import Settings
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project, is_project
from napari_wsss.types import Subset


@contextmanager
def branch(
    parent: Project, place: str, recipe: Recipe, subsets: Mapping[str, Subset] | None = None
) -> Iterator[Project]:
    """Open the branch of a project at ``place``, made at the first time, in the state the project is in now.

    Args:
        parent: the project.
        place: folder inside the project's.
        recipe: with its settings; the branch keeps it as a recipe of its own.
        subsets: patient → set; the project's own sets when None.

    Raises:
        ProjectError: the branch is open elsewhere, or cannot be written.
    """
    project = _opened(parent, parent.folder / place, _cases(parent, subsets))
    with project:
        project.check_writable()
        _bring_up(project, parent, recipe)
        yield project


def run_branch(project: Project, recipe: Recipe, worker: Worker, device: str, sources: Sequence[Project]) -> Work[None]:
    """Run all stages in a branch; what ``sources`` have finished under the same keys is shared."""
    target = workspace_of(project, recipe)
    for source in sources:
        yield from share_results(recipe, workspace_of(source, recipe), target)
    yield from worker.run(project, job_of(project, recipe, STAGES, device, cases=None), earlier=False)


def recipe_of_branch(project: Project) -> Recipe:
    """Give the recipe that a branch keeps."""
    return RecipeChoice(project, Settings(project)).recipe


def _cases(parent: Project, subsets: Mapping[str, Subset] | None) -> dict[str, Case]:
    if subsets is None:
        return dict(parent.cases)
    return {
        name: case.replace(subset=subsets[case.patient])
        for name, case in parent.cases.items()
        if case.patient in subsets
    }


def _opened(parent: Project, folder: Path, cases: Mapping[str, Case]) -> Project:
    labels = LabelTable(parent.labels.classes, {case_id: parent.labels.case(case_id) for case_id in cases})
    if not is_project(folder):
        shutil.rmtree(folder, ignore_errors=True)  # what a start that was interrupted left
        return Project.create(folder, f"{parent.name}: {folder.name}", cases.values(), labels)
    project = Project.open(folder)
    project.cases, project.labels = dict(cases), labels
    return project


def _bring_up(project: Project, parent: Project, recipe: Recipe) -> None:
    """Write what the branch shares with its parent, and its recipe."""
    project.settings = {}
    project.save_labels()
    # The settings are part of the recipe: a machine without a GPU is not to put smaller ones over them.
    RecipeChoice(project, Settings(project)).adopt(recipe.model_copy(update={"small": ()}), ())
    Settings(project).store({"cases": parent.settings.get("cases", {})})
    for name in ("accepted", "rejected"):
        shutil.rmtree(project.folder / name, ignore_errors=True)
        for file in (f"{case_id}{suffix}" for case_id in project.cases for suffix in (".yaml", ".nii.gz")):
            if (parent.folder / name / file).is_file():
                share_file(parent.folder / name / file, project.folder / name / file)
