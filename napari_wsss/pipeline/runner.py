"""Run a recipe's stages over a workspace; what is still valid is not done again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from napari_wsss.errors import ModelError, ProjectError
from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.cases import each_case
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.step import STAGES, Stage, Step
from napari_wsss.pipeline.steps import PrepareSlices
from napari_wsss.pipeline.workspace import ArrayShelf, ModelShelf, Workspace, existing
from napari_wsss.progress import Note, Work

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


def pinned_models(recipe: Recipe, workspace: Workspace) -> dict[str, str]:
    """Give the key of the model in use for every cohort step that has one."""
    shelf = ModelShelf(workspace.models)
    current = {name: shelf.current(name) for name, step in recipe.steps.items() if step.works_on == "cohort"}
    return {name: key for name, key in current.items() if key is not None}


def plan(recipe: Recipe, workspace: Workspace, stages: Sequence[str] = STAGES) -> list[PlannedStep]:
    """Say what :func:`run` would do, without doing any of it."""
    keys = Keys(recipe, workspace, _pinned_outside(recipe, workspace, stages))
    planned = []
    for name, step in recipe.steps.items():
        if step.stage not in stages:
            continue
        job = Job(name, recipe, workspace, keys)
        if step.works_on == "cohort":
            shelf, key = ModelShelf(workspace.models), keys.fresh(name)
            state: State = "valid" if shelf.finished(name, key) else "stale" if shelf.current(name) else "missing"
            planned.append(
                PlannedStep(step.stage, name, state, 0 if state == "valid" else int(getattr(step, "epochs", 1)))
            )
        elif step.gives != "evidence":
            todo = _unfinished(job, list(workspace.cases))
            any_kept = any(_kept_key(job, case_id) for case_id in todo)
            state = "valid" if not todo else "stale" if any_kept else "missing"
            planned.append(PlannedStep(step.stage, name, state, len(todo)))
    return planned


def run(
    recipe: Recipe,
    workspace: Workspace,
    stages: Sequence[str] = STAGES,
    *,
    device: str = "auto",
    case_ids: Sequence[str] | None = None,
) -> Work[dict[str, Any]]:
    """Run ``stages`` in order and give what was done per step.

    A model that an earlier stage made, and that is not part of ``stages``, is taken as it is, with a note when its
    settings or labels have changed since. ``case_ids`` narrows maps, proposals and predictions; training always
    sees all training cases.

    Raises:
        ProjectError: something an earlier stage makes is missing.
    """
    wanted = [stage for stage in STAGES if stage in stages]
    keys = Keys(recipe, workspace, _pinned_outside(recipe, workspace, wanted))
    chosen = existing(workspace, case_ids)
    done: dict[str, Any] = {}
    yield from _outdated(recipe, keys, wanted)
    for stage in wanted:
        masks: list[str] = []
        for name, step in recipe.steps.items():
            if step.stage != stage:
                continue
            job = Job(name, recipe, workspace, keys, device)
            if step.works_on == "cohort":
                done[name] = yield from _train(job)
            elif step.live:
                masks += [name] if step.gives == "mask" else []
            else:
                done[name] = yield from _run_cases(job, _for_step(step, workspace, chosen))
        if masks:
            done.update((yield from _propose(Job(masks[0], recipe, workspace, keys, device), masks, chosen)))
    return done


def _pinned_outside(recipe: Recipe, workspace: Workspace, stages: Sequence[str]) -> dict[str, str]:
    current = pinned_models(recipe, workspace)
    return {name: key for name, key in current.items() if recipe.step(name).stage not in stages}


def _outdated(recipe: Recipe, keys: Keys, stages: Sequence[Stage]) -> list[Note]:
    """Say which models are used although labels or settings have changed since they were trained."""
    notes = []
    for name, key in keys.pinned.items():
        needed = any(name in recipe.upstream(other) for other, step in recipe.steps.items() if step.stage in stages)
        if needed and keys.fresh(name) != key:
            command = recipe.step(name).stage
            notes.append(
                Note(
                    f"'{name}' was trained with other labels or settings; `{command}` brings it up to date.", "warning"
                )
            )
    return notes


def _for_step(step: Step, workspace: Workspace, chosen: list[str]) -> list[str]:
    """Network inputs are prepared for training cases too, whichever cases were asked for."""
    return sorted({*chosen, *workspace.training_cases()}) if isinstance(step, PrepareSlices) else chosen


def _train(job: Job) -> Work[dict[str, Any]]:
    step, shelf = job.step, ModelShelf(job.workspace.models)
    yield from _prepare_inputs(job, job.workspace.training_cases())
    key = job.keys.fresh(job.name)
    trained = not shelf.finished(job.name, key)
    if trained:
        _require_masks(job)
        job.keys.pin(job.name, key)
        folder = shelf.place(job.name, key)
        card: dict[str, Any] = yield from step.train(job, folder)  # type: ignore[attr-defined]
    shelf.use(job.name, key)
    job.keys.pin(job.name, key)
    return {"trained": trained, "model": shelf.place(job.name, key).name} | (
        {name: card[name] for name in ("best", "epochs", "seconds")} if trained else {}
    )


def _run_cases(job: Job, case_ids: list[str]) -> Work[dict[str, Any]]:
    _require_models(job)
    todo = _unfinished(job, case_ids)
    if todo:
        yield from _prepare_inputs(job, todo)
        yield from job.step.run(job, todo)  # type: ignore[attr-defined]
    return {"cases": len(case_ids), "made": len(todo)}


def _propose(job: Job, masks: list[str], case_ids: list[str]) -> Work[dict[str, Any]]:
    """Make every mask of every case; a case is loaded once for all of them."""
    recipe, todo = job.recipe, {name: set(_unfinished(job.of(name), case_ids)) for name in masks}
    roots = sorted({root for name in masks for root in recipe.upstream(name) if recipe.step(root).gives == "maps"})
    wanted = sorted(set().union(*todo.values()))
    for root in roots:
        _require_arrays(job.of(root), wanted)

    def propose(case_id: str) -> None:
        arrays = {root: job.arrays(root, case_id) for root in roots}
        graph = Graph(recipe, job.keys, case_id, job.scan(case_id), arrays, ArrayCache())
        for name in masks:
            if case_id in todo[name]:
                job.of(name).write_mask(case_id, graph.value(name))

    if wanted:
        yield from each_case("propose", wanted, propose)
    return {name: {"cases": len(case_ids), "made": len(todo[name])} for name in masks}


def _prepare_inputs(job: Job, case_ids: Sequence[str]) -> Work[None]:
    """Bring the network inputs that ``job`` links to up to date; they are cheap and nobody asks for them by name."""
    for name in job.step.links().values():
        upstream = job.of(name)
        if isinstance(upstream.step, PrepareSlices) and (todo := _unfinished(upstream, case_ids)):
            yield from upstream.step.run(upstream, todo)


def _unfinished(job: Job, case_ids: Sequence[str]) -> list[str]:
    return [case_id for case_id in case_ids if _kept_key(job, case_id) != job.key(case_id)]


def _kept_key(job: Job, case_id: str) -> str | None:
    """Give the key under which this step's result of a case was made, or None."""
    if job.step.gives in ("mask", "prediction"):
        return job.workspace.masks.key(job.name, case_id)
    return ArrayShelf(job.workspace.cache, job.name, case_id).key


def _require_models(job: Job) -> None:
    for name in job.step.links().values():
        step = job.recipe.step(name)
        if step.works_on == "cohort" and name not in job.keys.pinned:
            if (folder := ModelShelf(job.workspace.models).damaged(name)) is not None:
                raise ModelError(
                    f"{folder}: the model is cut short or was changed; `napari-wsss {step.stage} PROJECT` makes it anew"
                )
            raise ProjectError(f"'{name}' is not trained yet: run `napari-wsss {step.stage} PROJECT` first.")


def _require_arrays(job: Job, case_ids: Sequence[str]) -> None:
    _require_models(job)
    if missing := _unfinished(job, case_ids):
        raise ProjectError(
            f"'{job.name}' is missing or out of date for {len(missing)} of {len(case_ids)} cases, such as "
            f"{missing[0]}: run `napari-wsss {job.step.stage} PROJECT` first."
        )


def _require_masks(job: Job) -> None:
    for name in job.step.links().values():
        upstream = job.of(name)
        if upstream.step.gives == "mask" and (missing := _unfinished(upstream, job.workspace.training_cases())):
            raise ProjectError(
                f"'{name}' is missing or out of date for {len(missing)} training cases, such as {missing[0]}: "
                f"run `napari-wsss {upstream.step.stage} PROJECT` first."
            )
