"""Run a recipe's stages over a workspace; what is still valid is not done again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari_wsss.engine import ranks
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.propose import propose
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.spread import Spread, over_cases
from napari_wsss.pipeline.standing import require_masks, require_models, unfinished
from napari_wsss.pipeline.step import INPUTS, STAGES, Stage, Step
from napari_wsss.pipeline.workspace import ModelShelf, Workspace, existing
from napari_wsss.progress import Note, Work, drain


def pinned_models(recipe: Recipe, workspace: Workspace) -> dict[str, str]:
    """Give the key of the model in use for every cohort step that has one."""
    shelf = ModelShelf(workspace.models)
    current = {name: shelf.current(name) for name, step in recipe.steps.items() if step.works_on == "cohort"}
    return {name: key for name, key in current.items() if key is not None}


def run(
    recipe: Recipe,
    workspace: Workspace,
    stages: Sequence[str] = STAGES,
    *,
    device: str = "auto",
    case_ids: Sequence[str] | None = None,
    spread: Spread | None = None,
) -> Work[dict[str, Any]]:
    """Run ``stages`` in order and give what was done per step.

    A model that an earlier stage made, and that is not part of ``stages``, is taken as it is, with a note when its
    settings or labels have changed since. ``case_ids`` narrows maps, proposals and predictions; training always
    sees all training cases. ``spread`` does the work on single cases in other processes; without one it is done here.

    Several processes of one training (:mod:`napari_wsss.engine.ranks`) all call this alike. The leading one does
    everything; the others do their share of every training and keep silent.

    Raises:
        ProjectError: something an earlier stage makes is missing.
    """
    work = _run(recipe, workspace, stages, device, case_ids, spread)
    with ranks.parting():
        return (yield from work) if ranks.leads() else drain(work)


def _run(  # noqa: PLR0917 (the arguments of run)
    recipe: Recipe,
    workspace: Workspace,
    stages: Sequence[str],
    device: str,
    case_ids: Sequence[str] | None,
    spread: Spread | None,
) -> Work[dict[str, Any]]:
    wanted = [stage for stage in STAGES if stage in stages]
    keys = Keys(recipe, workspace, pinned_outside(recipe, workspace, wanted))
    chosen = existing(workspace, case_ids)
    done: dict[str, Any] = {}
    yield from _outdated(recipe, keys, wanted)
    for stage in wanted:
        if tuple(stages) != STAGES and not any(step.stage == stage for step in recipe.steps.values()):
            yield Note(f"{stage}: the recipe '{recipe.name}' has no step for it.")
        for name, step in recipe.steps.items():
            if step.stage != stage:
                continue
            job = Job(name, recipe, workspace, keys, device)
            if step.works_on == "cohort":
                done[name] = yield from _train(job, spread)
            elif not step.live and ranks.leads():
                done[name] = yield from _run_cases(job, _for_step(step, workspace, chosen), spread)
        if stage == "propose" and ranks.leads():
            job = Job(recipe.proposal, recipe, workspace, keys, device)
            done.update((yield from propose(job, chosen, spread)))
    return done


def pinned_outside(recipe: Recipe, workspace: Workspace, stages: Sequence[str]) -> dict[str, str]:
    """Give the models in use that ``stages`` do not train: they are taken as they are."""
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
    return sorted({*chosen, *workspace.training_cases()}) if step.gives in INPUTS else chosen


def _train(job: Job, spread: Spread | None) -> Work[dict[str, Any]]:
    step, shelf = job.step, ModelShelf(job.workspace.models)
    if ranks.leads():
        yield from prepare_inputs(job, job.workspace.training_cases(), spread)
    ranks.barrier()
    key = ranks.from_leader(job.keys.fresh(job.name))
    trained = ranks.from_leader(not shelf.finished(job.name, key))
    if trained:
        require_masks(job)
        job.keys.pin(job.name, key)
        if shelf.begun_otherwise(job.name, key):
            yield Note(
                f"'{job.name}' begins anew: labels, masks or settings have changed since its training was interrupted."
            )
        with ranks.written_by_leader(shelf.place(job.name, key)) as folder:
            card: dict[str, Any] = yield from step.train(job, folder)  # type: ignore[attr-defined]
    if ranks.leads():
        shelf.use(job.name, key)
    job.keys.pin(job.name, key)
    return {"trained": trained, "model": shelf.place(job.name, key).name} | (
        {name: card[name] for name in ("best", "epochs", "seconds")} if trained else {}
    )


def _run_cases(job: Job, case_ids: list[str], spread: Spread | None) -> Work[dict[str, Any]]:
    require_models(job)
    todo = unfinished(job, case_ids)
    if todo:
        yield from prepare_inputs(job, todo, spread)
        yield from over_cases(job, todo, spread)
    return {"cases": len(case_ids), "made": len(todo)}


def prepare_inputs(job: Job, case_ids: Sequence[str], spread: Spread | None = None) -> Work[None]:
    """Bring the network inputs that ``job`` links to up to date; they are cheap and nobody asks for them by name."""
    for name in job.step.links().values():
        upstream = job.of(name)
        if upstream.step.gives in INPUTS and (todo := unfinished(upstream, case_ids)):
            yield from over_cases(upstream, todo, spread)
