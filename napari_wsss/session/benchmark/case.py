"""Everything the benchmark measures on the mask of one case, kept until mask, labels or reference change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_wsss.data.case import Case
from napari_wsss.data.labels import LabelArray
from napari_wsss.data.reference import in_classes
from napari_wsss.errors import WsssError
from napari_wsss.files import write_json
from napari_wsss.metrics.lesions import lesion_counts
from napari_wsss.metrics.overlap import confusion
from napari_wsss.metrics.surface import hausdorff
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.workspace import Workspace
from napari_wsss.progress import Progress, Work
from napari_wsss.store.project import Project
from napari_wsss.types import LabelMap

FILE = "scores.json"
"""In the branch's folder: mask → case → what was measured."""

VERSION = 1
"""Raised when something else is measured, so that what was kept before does not count."""

Score = dict[str, Any]
"""Of one mask of one case, ready for JSON; see :func:`score_of`."""


def case_scores(
    project: Project, keys: Keys, kinds: Mapping[str, str], case_ids: Sequence[str]
) -> Work[tuple[dict[str, dict[str, Score]], dict[str, str]]]:
    """Measure masks of a branch.

    Args:
        project: the branch; what was measured is kept in its folder.
        keys: of the run that is scored; a mask kept under another key, from an earlier run, counts as none.
        kinds: name in the tables → step.
        case_ids: cases; those without a mask are left out.

    Returns:
        Name → case id → score; and case id → why it could not be measured.
    """
    before = _read(project.folder / FILE)
    found: dict[str, dict[str, Score]] = {kind: {} for kind in kinds}
    unread: dict[str, str] = {}
    for done, case_id in enumerate(case_ids, start=1):
        try:
            for kind, step in kinds.items():
                score = _scored(keys, step, case_id, before.get(kind, {}).get(case_id, {}))
                found[kind] |= {} if score is None else {case_id: score}
        except WsssError as error:
            unread[case_id] = " ".join(str(error).split())
        yield Progress("score", done, len(case_ids), case_id)
    write_json(project.folder / FILE, before | {kind: before.get(kind, {}) | found[kind] for kind in kinds})
    return found, unread


def score_of(case: Case, slices: LabelArray, mask: LabelMap, reference: LabelMap | None, classes: int) -> Score:
    """Measure one mask.

    Args:
        case: the case.
        slices: image-level labels of its slices, (Z, C).
        mask: (Z, Y, X), values 0 … ``classes``.
        reference: likewise; None where there is none.
        classes: number of lesion classes.

    Returns:
        ``positive`` and ``negative``: slices labelled so, ``marked_positive`` and ``marked_negative`` those of them in
        which something is marked, ``area``: percent of the image marked in the former, summed. With a reference:
        ``matrix``, ``hausdorff95`` (mm, a value a class, None where undefined), ``lesions``, ``found``, ``false``.
    """
    marked = (mask > 0).mean(axis=(1, 2)) * 100.0
    positive, negative = (slices == 1).any(axis=1), (slices == 0).all(axis=1)
    score: Score = {
        "positive": int(positive.sum()),
        "negative": int(negative.sum()),
        "marked_positive": int((marked[positive] > 0).sum()),
        "marked_negative": int((marked[negative] > 0).sum()),
        "area": float(marked[positive].sum()),
    }
    if reference is None:
        return score
    pairs = [(mask == value, reference == value) for value in range(1, classes + 1)]
    distances = [hausdorff(*pair, case.geometry.spacing, percentile=95.0) for pair in pairs]
    counted = lesion_counts(mask, reference)
    return score | {
        "matrix": confusion(mask, reference, classes).tolist(),
        "hausdorff95": [None if np.isnan(value) else value for value in distances],
        "lesions": counted.lesions,
        "found": counted.found,
        "false": counted.false,
    }


def _scored(keys: Keys, step: str, case_id: str, kept: Score) -> Score | None:
    """Give the score of the mask that the run made, the one kept if it still holds; None where there is no mask."""
    workspace, key = keys.workspace, keys.key(step, case_id)
    mask = workspace.mask(keys.recipe, step, case_id) if workspace.mask_key(keys.recipe, step, case_id) == key else None
    if mask is None:
        return None
    stamp = [VERSION, key, workspace.labels.digest([case_id]), *_reference_stamp(workspace.cases[case_id])]
    return kept if kept.get("stamp") == stamp else _measured(workspace, case_id, mask) | {"stamp": stamp}


def _measured(workspace: Workspace, case_id: str, mask: LabelMap) -> Score:
    case, labels = workspace.cases[case_id], workspace.labels
    reference = case.load_reference()
    if reference is not None:
        reference = in_classes(reference, labels.volume_labels(case_id))
    return score_of(case, labels.slice_labels(case_id), mask, reference, len(labels.classes))


def _reference_stamp(case: Case) -> list[Any]:
    if case.reference is None or not case.reference.exists():
        return [None]
    return [str(case.reference), case.reference.stat().st_mtime_ns]


def _read(path: Path) -> dict[str, dict[str, Score]]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
