"""What a Dask worker does: one case of one step at a time, with everything it needs read from the project folder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypedDict

from napari_wsss.errors import Cancelled
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.propose import propose
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Note, Work, drain
from napari_wsss.session.protocol import Message, decode, error_to_json
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project, is_project
from napari_wsss.version import __version__

if TYPE_CHECKING:
    from napari_wsss.pipeline.trained import Kept

_LOOK = 0.3
"""Seconds between two questions to the scheduler whether the work is still wanted."""

_one_at_a_time = Lock()
"""A network changes device and mode while it is asked: a worker with several threads works with one."""


class Outcome(TypedDict, total=False):
    """What comes back of a case.

    Attributes:
        notes: what the person should know.
        error: see :func:`~napari_wsss.session.protocol.error_to_json`; absent where all went well.
    """

    notes: list[Note]
    error: Message


@dataclass(frozen=True)
class _Desk:
    """What the cases of one run have in common; models are loaded once."""

    recipe: Recipe
    workspace: Workspace
    keys: Keys
    device: str
    models: Kept = field(default_factory=dict)

    def job(self, step: str) -> Job:
        return Job(step, self.recipe, self.workspace, self.keys, self.device)


def do_case(order: str, step: str, case_id: str, stop: str) -> Outcome:
    """Do a step of a recipe for one case; results go to the project folder.

    Args:
        order: JSON: ``project`` (its folder), ``recipe``, ``models`` (step → key of the model to take), ``device``, and
            ``run``, another text for each run: labels and masks of the project may have changed since the last one.
        step: its name in the recipe; that of a live step asks for all masks of the case that are kept.
        case_id: the case.
        stop: name of the Dask event that is set when the work is no longer wanted.
    """
    notes: list[Note] = []
    try:
        with _one_at_a_time:
            _follow(_desk(order), step, case_id, stop, notes)
    except Exception as error:  # noqa: BLE001 (told on the other side, in the person's words)
        return {"notes": notes, "error": error_to_json(error, f"{step}, {case_id}")}
    return {"notes": notes}


def welcome(project: str) -> str:
    """Say which version a worker has; "" where it does not see the project folder."""
    return __version__ if is_project(Path(project)) else ""


def _follow(desk: _Desk, step: str, case_id: str, stop: str, notes: list[Note]) -> None:
    from distributed import Event

    from napari_wsss.pipeline.trained import models_kept
    from napari_wsss.session.crf_task import on_gpu

    last = time.monotonic()
    with models_kept(desk.models), closing(on_gpu(_work(desk.job(step), case_id), desk.device)) as work:
        for event in work:
            if isinstance(event, Note):
                notes.append(event)
            if time.monotonic() > last + _LOOK:
                last = time.monotonic()
                if Event(stop).is_set():
                    raise Cancelled(f"{step} was stopped.")


def _work(job: Job, case_id: str) -> Work[None]:
    if job.step.live:
        drain(propose(job, [case_id]))  # whoever spreads the cases has told its notes
    else:
        yield from job.step.run(job, [case_id])  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def _desk(order: str) -> _Desk:
    given: Mapping[str, Any] = decode(order)
    recipe = Recipe.parse(given["recipe"], where="recipe")
    workspace = workspace_of(Project.open(Path(given["project"]), lock=False), recipe)
    return _Desk(recipe, workspace, Keys(recipe, workspace, given["models"]), given["device"])
