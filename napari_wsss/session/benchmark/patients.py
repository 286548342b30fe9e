"""Patients of the benchmark: all voxels of a patient pooled; of several folds, the mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from napari_wsss.data.case import Case
from napari_wsss.metrics.foreground import foreground_counts
from napari_wsss.metrics.patients import FIGURES
from napari_wsss.session.benchmark.case import Score
from napari_wsss.types import Array

Row = dict[str, Any]

COUNTED = ("positive", "negative", "marked_positive", "marked_negative", "area")
LESIONS = ("lesions", "found", "false")
KEPT = ("dice", "iou", "volume_difference", "absolute_volume_difference")
"""Figures of :data:`~napari_wsss.metrics.patients.FIGURES` that a row has."""


def patient_rows(scores: Mapping[str, Score], cases: Mapping[str, Case]) -> list[Row]:
    """Pool the cases of each patient.

    Args:
        scores: case id → score.
        cases: of the project.

    Returns:
        A row a patient: ``patient``, ``subset``, ``cases`` (their ids), and sums of :data:`COUNTED`; ``matrix``,
        :data:`KEPT`, ``hausdorff95`` and :data:`LESIONS` over the cases with a reference, where there is one. Figures
        of a patient without a lesion in the reference are None, but for ``false``.
    """
    by_patient: dict[str, list[str]] = {}
    for case_id in scores:
        by_patient.setdefault(cases[case_id].patient, []).append(case_id)
    return [
        {"patient": patient, "subset": cases[ids[0]].subset, "cases": ids} | _pooled([scores[name] for name in ids])
        for patient, ids in by_patient.items()
    ]


def empty_rows(rows: Sequence[Row]) -> list[Row]:
    """Give the rows of marking nothing at all in the same patients."""
    found = []
    for row in rows:
        nothing = dict.fromkeys(("marked_positive", "marked_negative", "area"), 0)
        if "matrix" in row:
            matrix = np.zeros_like(row["matrix"])
            matrix[:, 0] = np.sum(row["matrix"], axis=1)
            nothing |= _figures(matrix) | {"hausdorff95": None, "found": 0, "false": 0}
        found.append(row | nothing)
    return found


def averaged(rows: Sequence[Row]) -> list[Row]:
    """Give one row a patient: the mean of figures that are defined and of lesions; voxels and slices are summed."""
    alike: dict[str, list[Row]] = {}
    for row in rows:
        alike.setdefault(row["patient"], []).append(row)
    return [_average(group) if len(group) > 1 else group[0] for group in alike.values()]


def is_ill(row: Row) -> bool:
    """Whether the patient has a lesion in the reference."""
    return row.get("dice") is not None


def _pooled(scores: Sequence[Score]) -> Row:
    row: Row = {name: sum(score[name] for score in scores) for name in COUNTED}
    known = [score for score in scores if "matrix" in score]
    if not known:
        return row
    distances = [value for score in known for value in score["hausdorff95"] if value is not None]
    row |= {name: sum(score[name] for score in known) for name in LESIONS}
    row |= _figures(np.sum([score["matrix"] for score in known], axis=0))
    return row | {"hausdorff95": float(np.mean(distances)) if distances else None}


def _figures(matrix: Array) -> Row:
    counts = foreground_counts(matrix)
    figures: Row = {name: float(FIGURES[name](counts)) if counts.actual else None for name in KEPT}
    return {"matrix": matrix, "marked": counts.predicted, **figures}


def _average(group: Sequence[Row]) -> Row:
    row = dict(group[0])
    for name in (*KEPT, "hausdorff95"):
        known = [one[name] for one in group if one.get(name) is not None]
        row |= {name: float(np.mean(known)) if known else None}
    for name in (*COUNTED, *LESIONS, "marked", "matrix"):
        if name in row:
            row[name] = sum(one[name] for one in group)
    return row | {name: row[name] / len(group) for name in LESIONS if name in row}
