"""Patients: all voxels of a patient's cases pooled, so that one with many scans counts once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_wsss.metrics import overlap
from napari_wsss.metrics.measure import CaseMeasure
from napari_wsss.metrics.overlap import Counts

FIGURES: dict[str, Callable[[Counts], float]] = {
    "dice": overlap.dice,
    "iou": overlap.iou,
    "sensitivity": overlap.sensitivity,
    "specificity": overlap.specificity,
    "volume_difference": overlap.volume_difference,
    "absolute_volume_difference": lambda counts: abs(overlap.volume_difference(counts)),
}
"""What is said of a patient with a lesion: name → function of the counts."""


@dataclass(frozen=True)
class Patient:
    """One class of one patient.

    Attributes:
        name: of the patient.
        counts: voxels.
        marked_ml: volume of the mask in ml.
    """

    name: str
    counts: Counts
    marked_ml: float


def patients_of(measures: Sequence[CaseMeasure], index: int) -> list[Patient]:
    """Pool the cases of each patient for lesion class ``index``, in order of first appearance."""
    names = dict.fromkeys(measure.patient for measure in measures)
    return [_pool(name, [measure for measure in measures if measure.patient == name], index) for name in names]


def patient_rows(measures: Sequence[CaseMeasure], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Give one row per class and patient with a reference lesion of it, ready for JSON (None = undefined).

    Keys: patient, class, and those of :data:`FIGURES`.
    """
    return [
        {"patient": patient.name, "class": name, **{key: _defined(of(patient.counts)) for key, of in FIGURES.items()}}
        for index, name in enumerate(classes)
        for patient in patients_of(measures, index)
        if patient.counts.actual
    ]


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _pool(name: str, measures: Sequence[CaseMeasure], index: int) -> Patient:
    matrix = np.sum([measure.matrix for measure in measures], axis=0)
    marked = sum(overlap.class_counts(one.matrix, index).predicted * one.voxel_ml for one in measures)
    return Patient(name, overlap.class_counts(matrix, index), marked)
