"""Cross-validation: the recipe learnt several times, each time scored on patients it did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.data.folds import draw_folds
from napari_wsss.errors import InputError
from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.propose import scored_masks
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.progress import Work, told_by
from napari_wsss.session.branches import branch, recipe_of_branch, run_branch
from napari_wsss.session.evaluation import keep_tables
from napari_wsss.session.jobs import Worker
from napari_wsss.session.measuring import Measures, classifier_rows, mask_rows, measure_masks
from napari_wsss.session.tuning_report import chosen_with
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

NAME = "cross-validation"
"""Of the tables in the project's ``metrics`` folder."""

Rows = list[dict[str, Any]]


def cross_validate(  # noqa: PLR0917 (all are needed, none has a default)
    project: Project, recipe: Recipe, worker: Worker, folds: int, subsets: Sequence[str], device: str
) -> Work[dict[str, Any]]:
    """Run the recipe once a fold, in branches ``folds``/1, 2, …; score every patient in the fold that left it out.

    What an earlier call finished is not done again. Returns as :func:`score_folds`.

    Raises:
        InputError: too few patients for so many folds.
    """
    drawn = draw_folds(ill_patients(project, subsets), folds)
    folders = []
    for number, split in enumerate(drawn, start=1):
        with branch(project, f"folds/{number}", recipe, split) as fold:
            yield from told_by(run_branch(fold, recipe, worker, device, [project]), f"fold {number}")
            folders.append(str(fold.folder))
    given = {"recipe": recipe.model_dump(mode="json"), "folders": folders, "subsets": list(subsets)}
    tables: dict[str, Any] = yield from worker.call(NAME, project=str(project.folder), **given)
    return tables


def score_folds(
    project: Project, recipe: Recipe, folders: Sequence[Path], subsets: Sequence[str]
) -> Work[dict[str, Any]]:
    """Score finished folds and keep the tables in the project's ``metrics`` folder.

    Returns:
        ``masks``: a row per mask step and class over all patients, each scored in the fold that left it out, voxels
        pooled; ``by_fold``: likewise for every fold, with ``fold`` its number, then "mean" and "SD" over the folds;
        ``classifier``: a row per fold and class; ``patients`` and ``cases``: a row for each; ``rule``; ``notes``.

    Raises:
        InputError: no fold has a mask with a reference, or a classifier to score.
    """
    classes = project.labels.classes
    together: Measures = {}
    by_fold: Rows = []
    judged: Rows = []
    for number, folder in enumerate(folders, start=1):
        measures, rows = yield from told_by(_score_fold(folder), f"fold {number}")
        judged += [{"fold": str(number), **row} for row in rows]
        by_fold += [{"fold": str(number), **row} for row in mask_rows(measures, classes)["masks"]]
        for kind, measured in measures.items():
            together.setdefault(kind, []).extend(measured)
    if not together and not judged:
        raise InputError("nothing to score: no patient has a reference mask (`init --reference`) or a slice label.")
    tables = {
        "recipe": recipe.name,
        "folds": len(folders),
        "drawn_from": list(subsets),
        "classifier": judged,
        **mask_rows(together, classes),
        "by_fold": by_fold + _over_folds(by_fold),
        "rule": EMPTY_MASK_RULE,
        "notes": chosen_with(project, recipe),
    }
    keep_tables(project, NAME, tables, ("masks", "by_fold", "patients", "cases"))
    return tables


def ill_patients(project: Project, subsets: Sequence[str]) -> dict[str, bool]:
    """Give patient → whether a lesion is known, of the patients in ``subsets``."""
    found: dict[str, bool] = {}
    for case in project.cases.values():
        if case.subset in subsets:
            ill = bool((project.labels.volume_labels(case.id) == 1).any())
            found[case.patient] = found.get(case.patient, False) or ill
    return found


def _score_fold(folder: Path) -> Work[tuple[Measures, Rows]]:
    project = Project.open(folder, lock=False)
    recipe = recipe_of_branch(project)
    workspace = workspace_of(project, recipe)
    case_ids = workspace.subset("test")
    kinds = {kind: kind for kind in scored_masks(Keys(recipe, workspace, pinned_models(recipe, workspace)), case_ids)}
    measures = yield from measure_masks(workspace, recipe, kinds, case_ids)
    return measures, classifier_rows(workspace, recipe, case_ids)


def _over_folds(rows: Rows) -> Rows:
    """Give mean and standard deviation of every figure over the folds, for each mask and class."""
    places = list(dict.fromkeys((row["mask"], row["class"]) for row in rows))
    found = []
    for name, of in (("mean", np.mean), ("SD", np.std)):
        for mask, cls in places:
            alike = [row for row in rows if (row["mask"], row["class"]) == (mask, cls)]
            found.append({"fold": name, "mask": mask, "class": cls, **_each(alike, of)})
    return found


def _each(rows: Rows, of: Any) -> Mapping[str, float | None]:  # noqa: ANN401 (np.mean or np.std)
    figures = [key for key in rows[0] if key not in ("fold", "mask", "class")]
    known = {key: [row[key] for row in rows if row[key] is not None] for key in figures}
    return {key: float(of(values)) if values else None for key, values in known.items()}
