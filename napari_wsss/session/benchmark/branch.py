"""A branch of the benchmark: image-level labels alone, run with its time kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.plan import PlannedStep, plan
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_outside
from napari_wsss.pipeline.share import share_results
from napari_wsss.pipeline.standing import unfinished
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Work, telling
from napari_wsss.session.benchmark.time import Stopwatch
from napari_wsss.session.branches import branch
from napari_wsss.session.jobs import Worker
from napari_wsss.session.running import job_of
from napari_wsss.session.settings import Settings
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.types import Subset

FOLDER = "benchmark"
"""Of a project: its branches and tables."""


@contextmanager
def bare_branch(
    parent: Project, place: str, recipe: Recipe, subsets: Mapping[str, Subset] | None = None
) -> Iterator[Project]:
    """Open a branch as :func:`~napari_wsss.session.branches.branch`, without anything a person did to masks.

    Masks that were accepted or rejected in the project, and settings of single cases, do not take part: what is scored
    is what image-level labels alone give.
    """
    with branch(parent, place, recipe, subsets) as project:
        Settings(project).store({"cases": {}})
        for name in ("accepted", "rejected"):
            shutil.rmtree(project.folder / name, ignore_errors=True)
        yield project


def run_timed(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project,
    recipe: Recipe,
    worker: Worker,
    device: str,
    stages: Sequence[str],
    cases: Sequence[str] | None,
    sources: Sequence[Path],
) -> Work[None]:
    """Run stages in a branch; what is valid is not done again.

    Args:
        project: the branch.
        recipe: the one it keeps.
        worker: the processes that have torch.
        device: "auto", "cpu", "cuda" or "mps".
        stages: which.
        cases: narrows maps, proposals and predictions; all when None.
        sources: folders of other branches; what they finished under the same keys is shared, and its time counted.
    """
    watch, workspace = Stopwatch(project), workspace_of(project, recipe)
    needed = {name for last, step in recipe.steps.items() if step.stage in stages for name in recipe.upstream(last)}
    for folder in sources:
        with Project.open(folder, read_only=True) as source:
            shared = yield from share_results(recipe, workspace_of(source, recipe), workspace)
            watch.take_over(source, needed & set(shared))
    planned = plan(recipe, workspace, stages)
    if not _to_do(recipe, workspace, planned, cases):
        return
    watch.begin(planned, len(project.cases))
    try:
        job = job_of(project, recipe, stages, device, cases=None if cases is None else list(cases))
        yield from telling(worker.run(project, job, earlier=False), watch.hear)
    finally:
        watch.save()


def _to_do(
    recipe: Recipe, workspace: Workspace, planned: Sequence[PlannedStep], cases: Sequence[str] | None
) -> list[str]:
    """Give the steps that are not valid, looking at ``cases`` alone where they are given."""
    stages = {step.stage for step in planned}
    keys = Keys(recipe, workspace, pinned_outside(recipe, workspace, tuple(stages)))
    open_steps = [step.step for step in planned if step.state != "valid"]
    if cases is None:
        return open_steps
    return [
        name
        for name in open_steps
        if recipe.step(name).works_on == "cohort" or unfinished(Job(name, recipe, workspace, keys), cases)
    ]
