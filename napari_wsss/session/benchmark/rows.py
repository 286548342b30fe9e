"""Rows of the benchmark's table: what a recipe's masks are worth over patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from napari_wsss.metrics import overlap
from napari_wsss.metrics.bootstrap import mean_interval, paired_difference, paired_ratio
from napari_wsss.session.benchmark.patients import Row, is_ill
from napari_wsss.types import Array

PROPOSAL, SEGMENTER, CEILING, EMPTY = "proposal", "segmenter", "ceiling", "Empty"
"""What is scored."""

_POOLED: Mapping[str, Callable[[Array], float]] = {
    "mean_iou": overlap.mean_iou,
    "printed_dsc": lambda matrix: overlap.printed_dsc(overlap.mean_iou(matrix)),
}
"""Authors' metrics that pool the voxels of all patients; the others are means over patients."""


def table_row(patients: Sequence[Row], own_metric: str) -> Row:
    """Sum up patients.

    Args:
        patients: one row each.
        own_metric: of the recipe; "" for none.

    Returns:
        Ready for JSON, None where undefined: ``shown`` (patients), ``patients`` (those with a lesion in the reference),
        over them ``dice`` (mean), ``dice_median``, ``dice_low`` and ``dice_high`` (95 % interval of the mean),
        ``hausdorff95`` over the ``hausdorff95_patients`` where it is defined, ``volume_difference``,
        ``absolute_volume_difference``; ``lesion_sensitivity`` over all ``lesions``; over all patients with a
        reference ``false_lesions`` a patient; ``patients_without_lesion`` and in how many of them something was marked,
        ``false_alarms``; ``own_metric`` and ``own``, its value; ``marked_positive`` and ``marked_negative``: share
        of the images labelled so in which something is marked; ``area``: percent of an image marked in the former.
    """
    known = [row for row in patients if "matrix" in row]
    ill = [row for row in known if is_ill(row)]
    free = [row for row in known if not is_ill(row)]
    dice = [row["dice"] for row in ill]
    low, high = mean_interval(dice) or (None, None)
    return {
        "shown": len(patients),
        "patients": len(ill),
        "dice": _mean(dice),
        "dice_median": float(np.median(dice)) if dice else None,
        "dice_low": low,
        "dice_high": high,
        "hausdorff95": _mean([row["hausdorff95"] for row in ill]),
        "hausdorff95_patients": sum(row["hausdorff95"] is not None for row in ill),
        "volume_difference": _mean([row["volume_difference"] for row in ill]),
        "absolute_volume_difference": _mean([row["absolute_volume_difference"] for row in ill]),
        "lesion_sensitivity": _share(ill, "found", "lesions"),
        "lesions": round(sum(row["lesions"] for row in ill)),
        "false_lesions": _mean([row["false"] for row in known]),
        "patients_without_lesion": len(free),
        "false_alarms": sum(row["marked"] > 0 for row in free),
        "own_metric": own_metric or None,
        "own": _own(known, ill, own_metric),
        "marked_positive": _share(patients, "marked_positive", "positive"),
        "marked_negative": _share(patients, "marked_negative", "negative"),
        "area": _share(patients, "area", "marked_positive"),
    }


def difference_row(first: Sequence[Row], second: Sequence[Row]) -> Row:
    """Compare the Dice of two systems patient by patient; see :func:`~napari_wsss.metrics.bootstrap.paired_difference`.

    Args:
        first: patients of the system that the other is held against.
        second: patients of the other.
    """
    return paired_difference(_dice(first), _dice(second))


def ratio_row(ceiling: Sequence[Row], reached: Sequence[Row]) -> Row:
    """Give what share of the ceiling's Dice is reached: a difference, and the ratio of the means."""
    return difference_row(ceiling, reached) | paired_ratio(_dice(ceiling), _dice(reached))


def _dice(patients: Sequence[Row]) -> Mapping[str, float | None]:
    return {row["patient"]: row.get("dice") for row in patients}


def _own(known: Sequence[Row], ill: Sequence[Row], metric: str) -> float | None:
    if metric in _POOLED:
        return float(_POOLED[metric](np.sum([row["matrix"] for row in known], axis=0))) if known else None
    return _mean([row[metric] for row in ill]) if metric else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _share(rows: Sequence[Mapping[str, Any]], part: str, whole: str) -> float | None:
    of = sum(row[whole] for row in rows)
    return float(sum(row[part] for row in rows) / of) if of else None
