"""Propose: the masks of the live steps, made for whole cohorts and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari_wsss.pipeline.cache import ArrayCache
from napari_wsss.pipeline.cases import each_case
from napari_wsss.pipeline.graph import Graph
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.overrides import fitting
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.spread import Spread
from napari_wsss.pipeline.standing import require_arrays, require_model, unfinished
from napari_wsss.progress import Note, Work


def kept_masks(recipe: Recipe) -> list[str]:
    """Give the mask steps that somebody needs afterwards: rows of the evaluation, the proposal, what jobs learn from.

    A filter in between is computed on the way and not kept.
    """
    jobs = [step for step in recipe.steps.values() if not step.live]
    wanted = {*recipe.rows, recipe.proposal, *(link for job in jobs for link in job.links().values())}
    return [name for name, step in recipe.steps.items() if name in wanted and step.live and step.gives == "mask"]


def mask_cases(keys: Keys, case_ids: Sequence[str]) -> dict[str, list[str]]:
    """Give step → cases for which its mask is kept, in running order.

    The mask of a filter that is switched off is the mask of the step before, and is kept once, as that step's.
    """
    wanted = kept_masks(keys.recipe)
    found: dict[str, list[str]] = {}
    for case_id in case_ids:
        recipe = keys.recipe_of(case_id)
        for name in {recipe.effective(name) for name in wanted}:
            found.setdefault(name, []).append(case_id)
    return {name: found[name] for name in keys.recipe.steps if name in found}


def scored_masks(keys: Keys, case_ids: Sequence[str]) -> list[str]:
    """Give the masks to compare with references: the recipe's rows, and the proposal where it is none of them."""
    rows, proposal = list(keys.recipe.rows), keys.recipe.proposal
    recipes = [keys.recipe_of(case_id) for case_id in case_ids]
    if all(recipe.effective(proposal) in map(recipe.effective, rows) for recipe in recipes):
        return rows
    wanted = {*rows, proposal}
    return [name for name in keys.recipe.steps if name in wanted]


def propose(job: Job, case_ids: Sequence[str], spread: Spread | None = None) -> Work[dict[str, Any]]:
    """Make the masks that are kept, of every case; a case is loaded once for all of them.

    Args:
        job: of any step; it brings recipe, workspace, keys and device.
        case_ids: the cases.
        spread: makes the masks in other processes; without one they are made here.

    Returns:
        Step → how many cases it has and for how many its mask was made.

    Raises:
        ProjectError: maps are missing or out of date, or a model is missing.
    """
    yield from _misfits(job, case_ids)
    cases = mask_cases(job.keys, case_ids)
    todo = {name: set(unfinished(job.of(name), cases[name])) for name in cases}
    wanted = sorted(set().union(*todo.values()))
    _require_roots(job, wanted, list(cases))

    def work(case_id: str) -> None:
        names = [name for name in cases if case_id in todo[name]]
        graph = graph_of(job, case_id, names)
        for name in names:
            job.of(name).write_mask(case_id, graph.value(name))

    if wanted:
        yield from (each_case("propose", wanted, work) if spread is None else spread(job, wanted))
    return {name: {"cases": len(cases[name]), "made": len(todo[name])} for name in cases}


def graph_of(job: Job, case_id: str, names: Sequence[str]) -> Graph:
    """Load a case and give what computes its live steps ``names``. The maps they are made from must be there."""
    return Graph(job.recipe, job.keys, case_id, job.scan(case_id), _roots(job, case_id, names), ArrayCache())


def _misfits(job: Job, case_ids: Sequence[str]) -> list[Note]:
    """Say which settings of single cases do not fit the recipe."""
    notes = []
    for case_id in case_ids:
        _, faults = fitting(job.recipe, job.workspace.overrides.get(case_id, ()))
        notes += [Note(f"{case_id}: a setting of this case is left out. {fault}", "warning") for fault in faults]
    return notes


def _roots_of(recipe: Recipe, names: Sequence[str]) -> list[str]:
    """Give the jobs whose results the live steps ``names`` and those before them take, in running order."""
    live = {step for name in names for step in recipe.active(name) if recipe.step(step).live}
    links = {link for name in live for link in recipe.step(name).links().values()}
    return [name for name, step in recipe.steps.items() if name in links and not step.live]


def _require_roots(job: Job, case_ids: Sequence[str], names: Sequence[str]) -> None:
    """Refuse to begin before all that the masks are made from is there."""
    needed: dict[str, list[str]] = {}
    for case_id in case_ids:
        for root in _roots_of(job.recipe_of(case_id), names):
            needed.setdefault(root, []).append(case_id)
    for root, with_it in needed.items():
        if job.recipe.step(root).gives == "maps":
            require_arrays(job.of(root), with_it)
        else:
            require_model(job.of(root))


def _roots(job: Job, case_id: str, names: Sequence[str]) -> dict[str, Any]:
    """Give raw maps as arrays, and a trained classifier as a function that asks it."""
    roots = _roots_of(job.recipe_of(case_id), names)
    return {
        root: job.arrays(root, case_id) if job.recipe.step(root).gives == "maps" else _asking(job, root, case_id)
        for root in roots
    }


def _asking(job: Job, classifier: str, case_id: str) -> Callable[..., Any]:
    from napari_wsss.pipeline.classify import ask_model  # loads torch

    return ask_model(job, classifier, case_id)
