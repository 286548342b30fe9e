"""The same budget for every recipe: epochs scaled until a run is estimated to take so many minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_wsss.errors import InputError
from napari_wsss.files import read_yaml, write_yaml
from napari_wsss.pipeline.plan import PlannedStep, plan
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.progress import Work
from napari_wsss.session.jobs import Worker
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

Epochs = dict[str, int]
"""Training step → epochs."""


def epochs_of(recipe: Recipe) -> Epochs:
    """Give the epochs of every training step."""
    return {name: int(step.epochs) for name, step in recipe.steps.items() if hasattr(step, "epochs")}


def with_epochs(recipe: Recipe, epochs: Epochs) -> Recipe:
    """Give the recipe with these epochs."""
    for name, number in epochs.items():
        recipe = recipe.with_knobs(name, epochs=number)
    return recipe


def epochs_within(  # noqa: PLR0917 (all are needed, none has a default)
    minutes: float, own: Epochs, most: Epochs, planned: Sequence[PlannedStep], rates: Mapping[str, float], cases: int
) -> Epochs:
    """Scale all epochs by one factor so that the whole run takes ``minutes``.

    Args:
        minutes: for all stages together.
        own: epochs of the recipe.
        most: epochs that are not exceeded: longer than published is not asked for.
        planned: steps of the run.
        rates: step → seconds a case, or an epoch; a step without takes no time.
        cases: how many.

    Returns:
        Epochs, at least 1 each, and never above the larger of ``own`` and ``most``.
    """
    fixed = sum(rates.get(step.step, 0.0) * cases for step in planned if step.step not in own)
    training = sum(rates.get(name, 0.0) * number for name, number in own.items())
    factor = max(0.0, minutes * 60.0 - fixed) / training if training else 1.0
    return {
        name: min(max(1, int(number * factor + 1e-9)), max(number, most.get(name, number)))
        for name, number in own.items()
    }


def within_budget(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project, recipe: Recipe, published: Recipe, worker: Worker, minutes: float, device: str, kept: Path
) -> Work[Recipe]:
    """Give the recipe with epochs that fit, estimated on this machine; what was decided before stays decided.

    Args:
        project: a branch in which the recipe is to be run.
        recipe: with its settings.
        published: without them; its epochs are not exceeded.
        worker: the processes that have torch.
        minutes: for all stages together.
        device: "auto", "cpu", "cuda" or "mps".
        kept: file that keeps the decision: a benchmark that goes on later goes on with the same epochs.
    """
    dumped = recipe.model_dump(mode="json")
    asked = {"minutes": minutes, "recipe": dumped, "cases": len(project.cases)}
    decided = _kept(kept)
    if {name: decided.get(name) for name in asked} != asked:
        rates = yield from worker.call("estimate", project=str(project.folder), recipe=dumped, device=device)
        planned = plan(recipe, workspace_of(project, recipe))
        epochs = epochs_within(minutes, epochs_of(recipe), epochs_of(published), planned, rates, len(project.cases))
        decided = asked | {"epochs": epochs, "seconds": rates}
        write_yaml(kept, decided)
    return with_epochs(recipe, decided["epochs"])


def _kept(path: Path) -> dict[str, Any]:
    try:
        return dict(read_yaml(path) or {})
    except InputError:
        return {}
