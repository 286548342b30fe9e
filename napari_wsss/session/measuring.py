"""Measure the masks that a project keeps against its reference masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_wsss.data.reference import in_classes
from napari_wsss.errors import InputError
from napari_wsss.metrics.measure import CaseMeasure, case_rows, measure_case
from napari_wsss.metrics.patients import patient_rows
from napari_wsss.metrics.ranking import rank_classes
from napari_wsss.metrics.summary import summarise
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.recipe import Recipe
from napari_wsss.pipeline.runner import pinned_models
from napari_wsss.pipeline.step import ASKED
from napari_wsss.pipeline.workspace import ArrayShelf, Workspace
from napari_wsss.progress import Note, Progress, Work
from napari_wsss.types import LabelMap

EMPTY = "Empty"
"""Name of the row that says what marking nothing at all would score; tables II and III of paper 3 have it."""

CLASSIFIERS = (*ASKED, "volume-classifier")
"""What the steps give whose scores can be judged by image-level labels."""

Measures = dict[str, list[CaseMeasure]]
"""Kind of mask → what was measured on each case."""


def measure_masks(
    workspace: Workspace, recipe: Recipe, kinds: Mapping[str, str], case_ids: Sequence[str]
) -> Work[Measures]:
    """Measure masks on the cases that have both a mask and a reference.

    Args:
        workspace: what was made.
        recipe: the recipe that made it.
        kinds: name in the tables → step.
        case_ids: cases; those without a reference are passed over.

    Returns:
        :data:`EMPTY` first, then each of ``kinds`` of which there is a mask; nothing where there is no mask at all.
    """
    case_ids = [case_id for case_id in case_ids if workspace.cases[case_id].reference is not None]
    yield from _warnings(workspace, recipe, kinds, case_ids)
    found: Measures = {name: [] for name in (EMPTY, *kinds)}
    for done, case_id in enumerate(case_ids, start=1):
        masks = {name: workspace.mask(recipe, step, case_id) for name, step in kinds.items()}
        made = {name: mask for name, mask in masks.items() if mask is not None}
        if made:
            made = {EMPTY: np.zeros_like(next(iter(made.values())))} | made
        for name, measure in measures_of_case(workspace, case_id, made).items():
            found[name].append(measure)
        yield Progress("evaluate", done, len(case_ids), case_id)
    return {name: measures for name, measures in found.items() if measures}


def mask_rows(measures: Measures, classes: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of the tables ``masks``, ``patients`` and ``cases``, ready for JSON."""
    rows: dict[str, list[dict[str, Any]]] = {"masks": [], "patients": [], "cases": []}
    for name, measured in measures.items():
        rows["masks"] += summarise(name, measured, classes)
        rows["patients"] += [{"mask": name, **row} for row in patient_rows(measured, classes)]
        rows["cases"] += [{"mask": name, **row} for row in case_rows(measured, classes)]
    return rows


def classifier_rows(workspace: Workspace, recipe: Recipe, case_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Judge every classifier on the labelled slices, by the logits kept with its maps."""
    rows: list[dict[str, Any]] = []
    for classifier, name in classifiers_behind_maps(recipe).items():
        shelves = {case_id: ArrayShelf(workspace.cache, name, case_id) for case_id in case_ids}
        scored = [case_id for case_id, shelf in shelves.items() if shelf.key is not None]
        if not scored:
            continue
        logits = np.concatenate([shelves[case_id].read()["logits"] for case_id in scored]).astype(np.float64)
        labels = np.concatenate([workspace.labels.slice_labels(case_id) for case_id in scored])
        if logits.shape != labels.shape:
            continue  # a class was added since; the maps say so themselves when they are used
        probabilities = 1.0 / (1.0 + np.exp(-logits))
        ranked = rank_classes(probabilities, labels, workspace.labels.classes)
        rows += [{"classifier": classifier, **row} for row in ranked]
    return rows


def classifiers_behind_maps(recipe: Recipe) -> dict[str, str]:
    """Give classifier → the first step whose maps are read out of it: its scores are kept with them."""
    found: dict[str, str] = {}
    for name in recipe.giving("maps"):
        models = [step for step in recipe.upstream(name) if recipe.step(step).gives in CLASSIFIERS]
        if models:
            found.setdefault(models[-1], name)
    return found


def _warnings(workspace: Workspace, recipe: Recipe, kinds: Mapping[str, str], case_ids: Sequence[str]) -> list[Note]:
    """Say which masks are missing or out of date."""
    notes, keys = [], Keys(recipe, workspace, pinned_models(recipe, workspace))
    for step in kinds.values():
        kept = {case_id: workspace.mask_key(recipe, step, case_id) for case_id in case_ids}
        stale = [case_id for case_id, key in kept.items() if key not in (None, keys.key(step, case_id))]
        missing = [case_id for case_id, key in kept.items() if key is None]
        if stale:
            text = f"'{step}' of {len(stale)} cases was made with other labels or settings than now."
            notes.append(Note(text, "warning"))
        if missing:
            text = f"'{step}' is missing for {len(missing)} of {len(kept)} cases; they are left out."
            notes.append(Note(text, "warning"))
    return notes


def measures_of_case(workspace: Workspace, case_id: str, masks: Mapping[str, LabelMap]) -> dict[str, CaseMeasure]:
    """Measure masks (Z, Y, X) of a case, by name. Raises InputError when the case has no reference."""
    case, classes = workspace.cases[case_id], len(workspace.labels.classes)
    reference = case.load_reference() if masks else None
    if reference is None:
        if masks:
            raise InputError(f"case '{case_id}' has no reference mask.")
        return {}
    reference = in_classes(reference, workspace.labels.volume_labels(case_id))
    return {
        name: measure_case(case_id, case.patient, mask, reference, classes=classes, spacing=case.geometry.spacing)
        for name, mask in masks.items()
    }
