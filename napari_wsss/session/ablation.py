"""Ablation: the recipe with one part taken away, beside the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from napari_wsss.errors import InputError, RecipeError
from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.metrics.paired import paired_t_test
from napari_wsss.params import nearest
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.progress import Work, told_by
from napari_wsss.session.branches import branch, recipe_of_branch, run_branch
from napari_wsss.session.evaluation import keep_tables
from napari_wsss.session.jobs import Worker
from napari_wsss.session.measuring import EMPTY, mask_rows, measure_masks
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project
from napari_wsss.store.shelf import plain_name

NAME = "ablation"
"""Of the tables in the project's ``metrics`` folder."""

FULL = "full"
"""Name of the recipe as it is."""

TESTED = ("dice", "sensitivity", "volume_difference", "absolute_volume_difference")
"""Figures of a patient that are tested."""

Rows = list[dict[str, Any]]


def wanted_variants(recipe: Recipe, names: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    """Give name → settings of the variants asked for, all when None.

    Raises:
        RecipeError: the recipe has none, or none of such a name, or one that is called as the whole recipe is.
        ProjectError: a name cannot be that of a folder.
    """
    if not recipe.ablations:
        raise RecipeError(f"recipe '{recipe.name}' has no ablations; add some under 'ablations' in a recipe file.")
    chosen = tuple(recipe.ablations) if names is None else tuple(names)
    for name in chosen:
        if name not in recipe.ablations:
            known = nearest(name, tuple(recipe.ablations))
            raise RecipeError(f"recipe '{recipe.name}' has no variant '{name}'. {known}")
    if FULL in chosen:
        raise RecipeError(f"recipe '{recipe.name}': '{FULL}' is the whole recipe; give this variant another name.")
    return {plain_name(name): recipe.ablations[name] for name in chosen}


def ablate(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project,
    recipe: Recipe,
    worker: Worker,
    variants: Mapping[str, Sequence[str]],
    subsets: Sequence[str],
    device: str,
) -> Work[dict[str, Any]]:
    """Run each variant in a branch ``ablations``/NAME of a project in which the whole recipe has been run.

    Models and maps that do not differ are taken from the project, or from a variant before. Returns as
    :func:`score_variants`.
    """
    folders: dict[str, str] = {}
    with ExitStack() as opened:
        sources = [project]
        for name, settings in variants.items():
            changed = recipe.with_overrides(settings)
            variant = opened.enter_context(branch(project, f"ablations/{name}", changed))
            yield from told_by(run_branch(variant, changed, worker, device, sources), name)
            sources.append(variant)
            folders[name] = str(variant.folder)
    given = {"recipe": recipe.model_dump(mode="json"), "folders": folders, "subsets": list(subsets)}
    tables: dict[str, Any] = yield from worker.call(NAME, project=str(project.folder), **given)
    return tables


def score_variants(
    project: Project, recipe: Recipe, folders: Mapping[str, Path], subsets: Sequence[str]
) -> Work[dict[str, Any]]:
    """Score the whole recipe and its variants on the same patients; keep the tables in the ``metrics`` folder.

    Compared are the proposal and the segmenter's masks: what a person gets in the end.

    Returns:
        ``masks``: a row per variant, mask and class, the whole recipe ("full") and marking nothing first;
        ``tests``: a row per variant, mask, class and figure, with the whole recipe's mean (``first``), the variant's
        (``second``) and the two-tailed paired t-test over patients; ``patients``; ``variants``: their settings.

    Raises:
        InputError: no patient of ``subsets`` has a reference mask.
    """
    tables: dict[str, Any] = {"masks": [], "patients": [], "cases": []}
    for name, folder in {FULL: project.folder, **folders}.items():
        opened = Project.open(folder, lock=False)
        own = recipe if name == FULL else recipe_of_branch(opened)
        rows = yield from told_by(_score(opened, own, subsets), name)
        for table, found in rows.items():
            tables[table] += [{"variant": name, **row} for row in found if name == FULL or row["mask"] != EMPTY]
    if not tables["masks"]:
        raise InputError(f"nothing to score: no patient of {' and '.join(subsets)} has a reference mask.")
    tables |= {
        "recipe": recipe.name,
        "scored": list(subsets),
        "variants": {name: list(recipe.ablations[name]) for name in folders},
        "tests": _tests(tables["patients"], list(folders)),
        "rule": EMPTY_MASK_RULE,
    }
    keep_tables(project, NAME, tables, ("masks", "tests", "patients", "cases"))
    return tables


def _score(project: Project, recipe: Recipe, subsets: Sequence[str]) -> Work[dict[str, Rows]]:
    workspace = workspace_of(project, recipe)
    kinds = {"proposal": recipe.proposal} | {name: name for name in recipe.giving("prediction")}
    measures = yield from measure_masks(workspace, recipe, kinds, workspace.subset(*subsets))
    return mask_rows(measures, workspace.labels.classes)


def _tests(patients: Rows, variants: Sequence[str]) -> Rows:
    places = dict.fromkeys((row["mask"], row["class"]) for row in patients if row["mask"] != EMPTY)
    return [
        {"variant": name, "mask": mask, "class": cls, "figure": figure}
        | paired_t_test(_by_patient(patients, FULL, mask, cls, figure), _by_patient(patients, name, mask, cls, figure))
        for mask, cls in places
        for name in variants
        for figure in TESTED
    ]


def _by_patient(patients: Rows, variant: str, mask: str, cls: str, figure: str) -> dict[str, float | None]:
    wanted = {"variant": variant, "mask": mask, "class": cls}
    return {row["patient"]: row[figure] for row in patients if wanted.items() <= row.items()}
