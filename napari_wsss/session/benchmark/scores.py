"""Score the finished branches of a benchmark: the rows of its tables, and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.errors import Cancelled, WsssError
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_outside
from napari_wsss.pipeline.step import STAGES
from napari_wsss.pipeline.workspace import ArrayShelf
from napari_wsss.progress import Progress, Work, told_by
from napari_wsss.session.benchmark.branch import FOLDER
from napari_wsss.session.benchmark.case import case_scores
from napari_wsss.session.benchmark.ceiling import STAGES as CEILING_STAGES
from napari_wsss.session.benchmark.differences import differences
from napari_wsss.session.benchmark.patients import Row, empty_rows, patient_rows
from napari_wsss.session.benchmark.pictures import Shown, write_pictures
from napari_wsss.session.benchmark.rows import CEILING, EMPTY, PROPOSAL, SEGMENTER, table_row
from napari_wsss.session.benchmark.run import Groups, Run, groups_of
from napari_wsss.session.benchmark.scored import Scored, places
from napari_wsss.session.benchmark.time import minutes_of
from napari_wsss.session.branches import recipe_of_branch
from napari_wsss.session.measuring import classifier_rows, classifiers_behind_maps
from napari_wsss.session.workspaces import workspace_of
from napari_wsss.store.project import Project

NO_CEILING = "–"


def score_benchmark(project: Project, runs: Sequence[Run], folds: int | None) -> Work[dict[str, Any]]:
    """Score the branches of a benchmark and draw its pictures into the project's folder ``benchmark/pictures``.

    A run that cannot be scored is a row that says so. What an earlier run left, with other settings, does not count.

    Returns:
        ``rows``: as :func:`~napari_wsss.session.benchmark.rows.table_row` gives them, with ``recipe``, ``masks``
        (proposal, segmenter, ceiling, Empty), ``group`` (whose patients), ``auc`` (slices; proposals alone),
        ``minutes`` and ``note``; ``differences``: every recipe against the first, and against its ceiling;
        ``patients``: a row for each that was scored; ``pictures``: file and caption of each.
    """
    groups = groups_of(folds, [case.subset for case in project.cases.values()])
    scored: dict[tuple[str, bool], Scored] = {}
    for done, run in enumerate(runs):
        yield Progress("score", done, len(runs), run.recipe)
        scored[run.recipe, run.ceiling] = yield from _score(run, groups)
    rows = [row for run in runs for row in _rows(run, scored[run.recipe, run.ceiling], groups)]
    shown = _shown(runs, scored, groups, folds)
    pictures = yield from write_pictures(project, shown, project.folder / FOLDER / "pictures")
    return {
        "rows": _empty(runs, scored, groups) + rows,
        "differences": differences(runs, scored, groups),
        "patients": [row for run in runs for row in _kept(run, scored[run.recipe, run.ceiling])],
        "pictures": pictures,
    }


def _score(run: Run, groups: Groups) -> Work[Scored]:
    scored = Scored(error=run.error)
    for number, folder in enumerate(run.folders, start=1):
        try:
            yield from told_by(_score_branch(run, Path(folder), str(number), scored, groups), run.recipe)
        except Cancelled:
            raise
        except WsssError as error:
            scored.error = scored.error or str(error)
    return scored


def _score_branch(run: Run, folder: Path, fold: str, scored: Scored, groups: Groups) -> Work[None]:
    project = Project.open(folder, lock=False)
    recipe = recipe_of_branch(project)
    workspace = workspace_of(project, recipe)
    keys = Keys(recipe, workspace, pinned_outside(recipe, workspace, CEILING_STAGES if run.ceiling else STAGES))
    for group in groups.all:
        case_ids, kinds = workspace.subset(*group.subsets), _kinds(run, recipe, group in groups.apart)
        found, unread = yield from case_scores(project, keys, kinds, case_ids)
        scored.unread |= unread
        for what, scores in found.items():
            rows = [row | {"fold": fold, "folder": str(folder)} for row in patient_rows(scores, workspace.cases)]
            if rows:
                scored.patients.setdefault((what, group.name), []).extend(rows)
        if not run.ceiling:
            aucs = [row["auc"] for row in classifier_rows(workspace, recipe, _with_own_maps(keys, case_ids))]
            known = [auc for auc in aucs if auc is not None]
            scored.auc.setdefault(group.name, []).extend([float(np.mean(known))] if known else [])
    scored.minutes.append(minutes_of(project, recipe))


def _with_own_maps(keys: Keys, case_ids: Sequence[str]) -> list[str]:
    """Give the cases without maps, and the scores kept with them, that an earlier run left."""
    behind = classifiers_behind_maps(keys.recipe).values()
    shelves = {case_id: [ArrayShelf(keys.workspace.cache, name, case_id) for name in behind] for case_id in case_ids}
    return [
        case_id
        for case_id, kept in shelves.items()
        if all(shelf.key in (None, keys.key(name, case_id)) for name, shelf in zip(behind, kept, strict=True))
    ]


def _kinds(run: Run, recipe: Recipe, unseen: bool) -> dict[str, str]:
    """Give what is scored → step: segmenters only on patients they never saw."""
    segmenter = recipe.giving("prediction")[-1:] if unseen else []
    if run.ceiling:
        return dict(zip((CEILING,), segmenter, strict=False))
    return {PROPOSAL: recipe.proposal} | dict(zip((SEGMENTER,), segmenter, strict=False))


def _rows(run: Run, scored: Scored, groups: Groups) -> list[Row]:
    minutes = float(np.mean(scored.minutes)) if scored.minutes else None
    rows = []
    for what, group in places(run, groups):
        patients = scored.table(what, group.name)
        if patients:
            auc = scored.auc.get(group.name) if what == PROPOSAL else None
            row = {"recipe": run.recipe, "masks": what, "group": group.name, **table_row(patients, run.own_metric)}
            rows.append(row | {"auc": float(np.mean(auc)) if auc else None, "minutes": minutes, "note": scored.note})
    what = CEILING if run.ceiling else NO_CEILING
    note = scored.note or f"{run.recipe}: nothing was made that can be scored."
    return rows or [{"recipe": run.recipe, "masks": what, "minutes": minutes, "note": note}]


def _empty(runs: Sequence[Run], scored: Mapping[tuple[str, bool], Scored], groups: Groups) -> list[Row]:
    """Give the rows of marking nothing, by the first recipe of which there are masks; none without references.

    They are of the patients kept apart; of those learnt from where no other has a reference.
    """
    for names in ([group.name for group in groups.apart], [groups.seen.name]):
        for run in (run for run in runs if not run.ceiling):
            patients = {name: scored[run.recipe, False].table(PROPOSAL, name) for name in names}
            known = {name: rows for name, rows in patients.items() if any("matrix" in row for row in rows)}
            if known:
                return [
                    {"recipe": NO_CEILING, "masks": EMPTY, "group": name} | table_row(empty_rows(rows), run.own_metric)
                    for name, rows in known.items()
                ]
    return []


def _shown(
    runs: Sequence[Run],
    scored: Mapping[tuple[str, bool], Scored],
    groups: Groups,
    folds: int | None,
) -> list[Shown]:
    """Say what there are pictures of: proposals as the tool is used, segmenters on patients they never saw."""
    shown = []
    for run in (run for run in runs if not run.ceiling):
        for what, of in ((PROPOSAL, groups.apart if folds else (groups.seen,)), (SEGMENTER, groups.apart)):
            patients = {group.name: scored[run.recipe, False].patients.get((what, group.name), []) for group in of}
            names = [name for name, rows in patients.items() if rows]
            if names:
                shown.append(Shown(run.recipe, what, " and ".join(names), [row for n in names for row in patients[n]]))
    return shown


def _kept(run: Run, scored: Scored) -> list[Row]:
    """Give the rows of the patients as they are kept: without what only the tables are made from."""
    inside = ("matrix", "folder", "cases", "marked")
    return [
        {"recipe": run.recipe, "masks": what, "group": group}
        | {name: value for name, value in row.items() if name not in inside}
        for (what, group), rows in scored.patients.items()
        for row in rows
    ]
