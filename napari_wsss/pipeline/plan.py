"""Plan: what a run would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.propose import mask_cases
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_outside
from napari_wsss.pipeline.standing import kept_key, unfinished
from napari_wsss.pipeline.step import STAGES
from napari_wsss.pipeline.workspace import ModelShelf, Workspace

State = Literal["valid", "missing", "stale"]


@dataclass(frozen=True)
class PlannedStep:
    """What a run would do for one step.

    Attributes:
        stage: the command it belongs to.
        step: its name.
        state: valid (nothing to do), missing (never done), stale (done, but something upstream changed).
        units: cases to work, or epochs to train.
        seconds: estimated time; None until it has been measured on this machine.
    """

    stage: str
    step: str
    state: State
    units: int
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object."""
        return asdict(self)


def plan(recipe: Recipe, workspace: Workspace, stages: Sequence[str] = STAGES) -> list[PlannedStep]:
    """Say what :func:`~napari_wsss.pipeline.runner.run` would do, without doing any of it."""
    keys = Keys(recipe, workspace, pinned_outside(recipe, workspace, stages))
    of_masks = mask_cases(keys, list(workspace.cases))
    planned = []
    for name, step in recipe.steps.items():
        if step.stage not in stages:
            continue
        job = Job(name, recipe, workspace, keys)
        if step.works_on == "cohort":
            planned.append(_training(job))
        elif not step.live or name in of_masks:
            planned.append(_cases(job, of_masks.get(name, list(workspace.cases))))
    return planned


def _training(job: Job) -> PlannedStep:
    shelf, step = ModelShelf(job.workspace.models), job.step
    if shelf.finished(job.name, job.keys.fresh(job.name)):
        return PlannedStep(step.stage, job.name, "valid", 0)
    state: State = "stale" if shelf.current(job.name) else "missing"
    return PlannedStep(step.stage, job.name, state, int(getattr(step, "epochs", 1)))


def _cases(job: Job, case_ids: Sequence[str]) -> PlannedStep:
    todo = unfinished(job, case_ids)
    any_kept = any(kept_key(job, case_id) for case_id in todo)
    state: State = "valid" if not todo else "stale" if any_kept else "missing"
    return PlannedStep(job.step.stage, job.name, state, len(todo))
