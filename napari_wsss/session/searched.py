"""What the latest threshold search found, as rows of the evaluation beside fixed thresholds (paper 3).

The search looks at masks, so its rows name how many.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from napari_wsss.errors import RecipeError
from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.overrides import without
from napari_wsss.pipeline.propose import graph_of
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.search import FIXED
from napari_wsss.pipeline.setting import Setting, with_setting
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.progress import Progress, Work
from napari_wsss.session.measuring import Measures, measures_of_case
from napari_wsss.session.tuning_tasks import SEARCH_FILE
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap


def measure_searched(project: Project, workspace: Workspace, recipe: Recipe, case_ids: Sequence[str]) -> Work[Measures]:
    """Measure the mask that was searched, and the proposal, with fixed thresholds and with those that were found.

    Everything else is as it is set now. What was found is the pair with the highest mIoU, as in the paper. Nothing is
    kept.

    Args:
        project: where the search left its table.
        workspace: its cases, labels and maps.
        recipe: the recipe in use.
        case_ids: cases with a reference mask; those without maps are left out.

    Returns:
        Name of the row, such as "and, searched with 60 reference masks of 60 patients" → what was measured on each
        case. Nothing where no search was made with this recipe.
    """
    table = _latest(project, recipe)
    if table is None:
        return {}
    kinds = list(dict.fromkeys([table["at"], recipe.effective(recipe.proposal)]))
    settings = {f"fixed at {FIXED:g}": table["fixed"]["settings"], table["text"]: table["best_miou"]["settings"]}
    found: Measures = {f"{kind}, {words}": [] for kind in kinds for words in settings}
    case_ids = [case_id for case_id in case_ids if _has_maps(workspace, recipe, table["at"], case_id)]
    for done, case_id in enumerate(case_ids, start=1):
        masks = {
            f"{kind}, {words}": mask
            for words, setting in settings.items()
            for kind, mask in _masks(workspace, recipe, setting, kinds, case_id).items()
        }
        for name, measure in measures_of_case(workspace, case_id, masks).items():
            found[name].append(measure)
        yield Progress("evaluate searched thresholds", done, len(case_ids), case_id)
    return {name: measures for name, measures in found.items() if measures}


def _latest(project: Project, recipe: Recipe) -> Mapping[str, Any] | None:
    """Give the table of the latest search, unless it belongs to another recipe or to steps that are gone."""
    path = project.metrics_folder / SEARCH_FILE
    if not path.exists():
        return None
    table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    try:
        with_setting(recipe, table["fixed"]["settings"])
    except RecipeError:
        return None
    return table if table["recipe"] == recipe.name and table["at"] in recipe.steps else None


def _masks(
    workspace: Workspace, recipe: Recipe, setting: Setting, kinds: Sequence[str], case_id: str
) -> dict[str, LabelMap]:
    """Give step → mask (Z, Y, X) of a case under a setting; the case's own settings hold but for these knobs."""
    recipe = with_setting(recipe, setting)
    own = {case_id: without(workspace.overrides.get(case_id, ()), setting)}
    workspace = replace(workspace, overrides={**workspace.overrides, **own})
    keys = Keys(recipe, workspace, pinned_models(recipe, workspace))
    graph = graph_of(Job(kinds[0], recipe, workspace, keys), case_id, kinds)
    return {kind: graph.value(kind) for kind in kinds}


def _has_maps(workspace: Workspace, recipe: Recipe, at: str, case_id: str) -> bool:
    maps = [name for name in recipe.upstream(at) if recipe.step(name).gives == "maps"]
    return all(ArrayShelf(workspace.cache, name, case_id).key is not None for name in maps)
