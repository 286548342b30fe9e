"""Score a project's classifier, proposals and predictions; or two folders of masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.data.masks import read_mask
from napari_wsss.data.matching import match_references
from napari_wsss.data.readers import list_scans
from napari_wsss.data.reference import in_classes
from napari_wsss.errors import InputError
from napari_wsss.files import write_json, write_text
from napari_wsss.metrics.measure import CaseMeasure, case_rows, measure_case
from napari_wsss.metrics.overlap import EMPTY_MASK_RULE
from napari_wsss.metrics.ranking import rank_classes
from napari_wsss.metrics.summary import summarise
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.propose import scored_masks
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.report.content import Table
from napari_wsss.report.tables import as_csv
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap


def evaluate_project(
    project: Project, workspace: Workspace, recipe: Recipe, subsets: Sequence[str]
) -> Work[dict[str, Any]]:
    """Score what a project holds on the cases of ``subsets``; keep the tables in its ``metrics`` folder.

    Returns:
        ``classifier``: a row per class (slice AUC and accuracy); ``masks``: a row per mask step and class;
        ``cases``: a row per mask step, case and class; ``rule``: how empty masks count.

    Raises:
        InputError: there is nothing to score, or nothing to score it against.
    """
    case_ids = workspace.subset(*subsets)
    with_reference = [case_id for case_id in case_ids if workspace.cases[case_id].reference is not None]
    classes = workspace.labels.classes
    tables: dict[str, Any] = {
        "recipe": recipe.name,
        "subsets": list(subsets),
        "classifier": _classifier_rows(workspace, recipe, case_ids),
        "masks": [],
        "cases": [],
        "rule": EMPTY_MASK_RULE,
    }
    keys = Keys(recipe, workspace, pinned_models(recipe, workspace))
    for kind in scored_masks(keys, with_reference):
        kept = {case_id: workspace.mask_key(recipe, kind, case_id) for case_id in with_reference}
        stale = [case_id for case_id, key in kept.items() if key not in (None, keys.key(kind, case_id))]
        if stale:
            yield Note(f"'{kind}' of {len(stale)} cases was made with other labels or settings than now.", "warning")
        if missing := [case_id for case_id, key in kept.items() if key is None]:
            yield Note(f"'{kind}' is missing for {len(missing)} of {len(kept)} cases; they are left out.", "warning")
        measures = yield from _measure(kind, workspace, recipe, with_reference)
        tables["masks"] += summarise(kind, measures, classes)
        tables["cases"] += [{"mask": kind, **row} for row in case_rows(measures, classes)]
    if not tables["masks"] and not tables["classifier"]:
        raise InputError(
            f"nothing to score in {' and '.join(subsets)}: {len(case_ids)} cases, {len(with_reference)} with a "
            "reference mask. Run the stages first, and give references with `init --reference`."
        )
    stem = "-".join(subsets)
    write_json(project.metrics_folder / f"{stem}.json", tables)
    write_text(project.metrics_folder / f"{stem}-masks.csv", as_csv(Table(tables["masks"])))
    write_text(project.metrics_folder / f"{stem}-cases.csv", as_csv(Table(tables["cases"])))
    return tables


def compare_folders(pred: Path, ref: Path) -> Work[dict[str, Any]]:
    """Score a folder of masks against references of the same names; every value but 0 is a class.

    Raises:
        InputError: no name in common, a mask without reference, or shapes that differ.
    """
    masks, references = list_scans(pred), list_scans(ref)
    matched, _ = match_references({name: {"mask": path} for name, path in masks.items()}, references)
    if missing := sorted(set(masks) - set(matched)):
        raise InputError(f"{ref}: no reference for {', '.join(missing[:5])} ({len(missing)} of {len(masks)} masks).")
    pairs = {name: (read_mask(masks[name]), read_mask(matched[name])) for name in masks}
    for name, ((_, grid), (_, other)) in pairs.items():
        if grid.axcodes != other.axcodes:
            raise InputError(
                f"{masks[name]}: its axes run {grid.axcodes}, those of its reference {matched[name]} {other.axcodes}. "
                "Save both on one grid: voxels are compared one by one."
            )
    highest = max(max(int(mask.max()), int(reference.max())) for (mask, _), (reference, _) in pairs.values())
    classes = [str(value) for value in range(1, max(highest, 1) + 1)]
    measures = []
    for done, (name, ((mask, geometry), (reference, _))) in enumerate(pairs.items(), start=1):
        measures.append(measure_case(name, name, mask, reference, classes=len(classes), spacing=geometry.spacing))
        yield Progress("evaluate", done, len(pairs), name)
    return {
        "masks": summarise(pred.name, measures, classes),
        "cases": case_rows(measures, classes),
        "rule": EMPTY_MASK_RULE,
    }


def _measure(kind: str, workspace: Workspace, recipe: Recipe, case_ids: Sequence[str]) -> Work[list[CaseMeasure]]:
    """Measure one kind of mask on the cases that have both the mask and a reference."""
    measures = []
    for done, case_id in enumerate(case_ids, start=1):
        mask = workspace.mask(recipe, kind, case_id)
        if mask is not None:
            measures.append(_measured(workspace, case_id, mask))
        yield Progress(f"evaluate {kind}", done, len(case_ids), case_id)
    return measures


def _measured(workspace: Workspace, case_id: str, mask: LabelMap) -> CaseMeasure:
    case, classes = workspace.cases[case_id], len(workspace.labels.classes)
    reference = case.load_reference()
    if reference is None:
        raise InputError(f"case '{case_id}' has no reference mask.")
    reference = in_classes(reference, workspace.labels.volume_labels(case_id))
    return measure_case(case_id, case.patient, mask, reference, classes=classes, spacing=case.geometry.spacing)


def _classifier_rows(workspace: Workspace, recipe: Recipe, case_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Judge the classifier on the labelled slices, by the logits kept with the maps."""
    rows: list[dict[str, Any]] = []
    for name in recipe.giving("maps"):
        shelves = {case_id: ArrayShelf(workspace.cache, name, case_id) for case_id in case_ids}
        scored = [case_id for case_id, shelf in shelves.items() if shelf.key is not None]
        if not scored:
            continue
        logits = np.concatenate([shelves[case_id].read()["logits"] for case_id in scored]).astype(np.float64)
        labels = np.concatenate([workspace.labels.slice_labels(case_id) for case_id in scored])
        if logits.shape != labels.shape:
            continue  # a class was added since; the maps say so themselves when they are used
        probabilities = 1.0 / (1.0 + np.exp(-logits))
        rows += [{"classifier": name, **row} for row in rank_classes(probabilities, labels, workspace.labels.classes)]
    return rows
