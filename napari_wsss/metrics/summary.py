"""One table row per class from many cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from napari_wsss.metrics import overlap
from napari_wsss.metrics.measure import CaseMeasure, slice_dice
from napari_wsss.metrics.patients import FIGURES, Patient, patients_of


def summarise(name: str, measures: Sequence[CaseMeasure], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Sum up one kind of mask over many cases.

    Args:
        name: what is judged ("refined", "segmenter", …), first column of the row.
        measures: of every case.
        classes: C names.

    Returns:
        one row per class, ready for JSON (None = undefined). ``pixel_accuracy`` and ``mean_iou`` pool the
        voxels of all cases and all classes, as in tables II and III of paper 1; ``printed_dsc`` follows from
        ``mean_iou`` as in tables II and III of paper 3. ``dice``, ``dice_sd``, ``iou``, ``sensitivity``,
        ``specificity``, ``volume_difference`` and ``absolute_volume_difference`` are means over the ``patients`` that
        have a reference lesion, voxels pooled per patient. ``patients_without_lesion`` are reported apart:
        in ``false_alarms`` of them something was marked, ``false_alarm_ml`` on average over all of them.
        ``dice_slice`` is the mean over all slices, ``dice_lesion_slice`` over those with a lesion in the
        reference. ``hausdorff``, ``hausdorff95`` and ``surface_dice`` are means over the cases where they are defined;
        ``surface_undefined`` counts the cases with a reference lesion where they are not.
    """
    if not measures:
        return []
    pooled = np.sum([measure.matrix for measure in measures], axis=0)
    miou = overlap.mean_iou(pooled)
    shared = {
        "pixel_accuracy": overlap.pixel_accuracy(pooled), "mean_iou": miou, "printed_dsc": overlap.printed_dsc(miou)
    }  # fmt: skip
    rows = []
    for index, label in enumerate(classes):
        values = {
            **_patient_values(patients_of(measures, index)),
            **shared,
            **_slice_values(measures, index),
            **_surface_values(measures, index),
        }
        rows.append({"mask": name, "class": label, **{key: _plain(value) for key, value in values.items()}})
    return rows


def _patient_values(patients: Sequence[Patient]) -> dict[str, float | int]:
    ill = [patient.counts for patient in patients if patient.counts.actual]
    free = [patient for patient in patients if not patient.counts.actual]
    figures = {name: [of(counts) for counts in ill] for name, of in FIGURES.items()}
    return {
        "dice": _mean(figures["dice"]),
        "dice_sd": float(np.std(figures["dice"])) if ill else overlap.NOTHING,
        **{name: _mean(values) for name, values in figures.items() if name != "dice"},
        "patients": len(ill),
        "patients_without_lesion": len(free),
        "false_alarms": sum(patient.counts.predicted > 0 for patient in free),
        "false_alarm_ml": _mean(patient.marked_ml for patient in free),
    }


def _slice_values(measures: Sequence[CaseMeasure], index: int) -> dict[str, float | int]:
    scores = [score for measure in measures for score in slice_dice(measure, index)]
    actual = [overlap.class_counts(matrix, index).actual for measure in measures for matrix in measure.slices]
    shown = [score for score, count in zip(scores, actual, strict=True) if count]
    return {
        "dice_slice": _mean(scores),
        "slices": len(scores),
        "dice_lesion_slice": _mean(shown),
        "lesion_slices": len(shown),
    }


def _surface_values(measures: Sequence[CaseMeasure], index: int) -> dict[str, float | int]:
    ill = [measure for measure in measures if overlap.class_counts(measure.matrix, index).actual]
    return {
        "hausdorff": _mean(measure.hausdorff[index] for measure in ill),
        "hausdorff95": _mean(measure.hausdorff95[index] for measure in ill),
        "surface_dice": _mean(measure.surface_dice[index] for measure in ill),
        "surface_undefined": sum(bool(np.isnan(measure.hausdorff95[index])) for measure in ill),
    }


def _mean(values: Iterable[float]) -> float:
    """Mean of what is defined; nan of nothing."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else overlap.NOTHING


def _plain(value: float) -> float | int | None:
    if isinstance(value, int):
        return value
    return None if np.isnan(value) else float(value)
