"""Everything that is measured on one case, kept so that it can be pooled any way afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.metrics import overlap
from napari_wsss.metrics.surface import TOLERANCE_MM, hausdorff, surface_dice
from napari_wsss.types import Array, LabelMap, Spacing


@dataclass(frozen=True, eq=False)
class CaseMeasure:
    """Counts and distances of one case.

    Attributes:
        case: its id.
        patient: whose it is; cases of one patient are pooled.
        slices: (Z, C + 1, C + 1) int64, confusion matrix of every slice.
        voxel_ml: volume of one voxel in ml.
        hausdorff: per class in mm, nan where undefined.
        hausdorff95: likewise, 95th percentile.
        surface_dice: per class, nan where undefined.
    """

    case: str
    patient: str
    slices: Array
    voxel_ml: float
    hausdorff: tuple[float, ...]
    hausdorff95: tuple[float, ...]
    surface_dice: tuple[float, ...]

    @property
    def matrix(self) -> Array:
        """(C + 1, C + 1), all slices pooled."""
        return np.asarray(self.slices.sum(axis=0))


def measure_case(
    case: str, patient: str, labels: LabelMap, reference: LabelMap, *, classes: int, spacing: Spacing,
    tolerance: float = TOLERANCE_MM,
) -> CaseMeasure:  # fmt: skip
    """Measure a label map (Z, Y, X) against its reference.

    Args:
        case: id of the case.
        patient: id of the patient.
        labels: mask to judge, values 0 … ``classes``.
        reference: the truth, same shape.
        classes: number C of lesion classes.
        spacing: voxel size along Z, Y, X in mm.
        tolerance: of the surface Dice, in mm.

    Raises:
        InputError: shapes differ or a label is above ``classes``; the text begins with the case.
    """
    try:
        slices = _slice_matrices(labels, reference, classes)
    except InputError as error:
        raise InputError(f"{case}: {error}") from error
    pairs = [(labels == index + 1, reference == index + 1) for index in range(classes)]
    return CaseMeasure(
        case=case,
        patient=patient,
        slices=slices,
        voxel_ml=float(np.prod(spacing)) / 1000.0,
        hausdorff=tuple(hausdorff(*pair, spacing) for pair in pairs),
        hausdorff95=tuple(hausdorff(*pair, spacing, percentile=95.0) for pair in pairs),
        surface_dice=tuple(surface_dice(*pair, spacing, tolerance) for pair in pairs),
    )


def case_rows(measures: Sequence[CaseMeasure], classes: Sequence[str]) -> list[dict[str, Any]]:
    """Give one row per case and class, ready for JSON (None = undefined)."""
    return [_case_row(measure, index, name) for measure in measures for index, name in enumerate(classes)]


def slice_dice(measure: CaseMeasure, index: int) -> list[float]:
    """Give the Dice of lesion class ``index`` in every slice; 1 where mask and reference are both empty."""
    return [overlap.dice(overlap.class_counts(matrix, index)) for matrix in measure.slices]


def _slice_matrices(labels: LabelMap, reference: LabelMap, classes: int) -> Array:
    if labels.shape != reference.shape:
        overlap.confusion(labels, reference, classes)  # says what is wrong
    pairs = zip(labels, reference, strict=True)
    return np.stack([overlap.confusion(plane, truth, classes) for plane, truth in pairs])


def _case_row(measure: CaseMeasure, index: int, name: str) -> dict[str, Any]:
    counts = overlap.class_counts(measure.matrix, index)
    values = {
        "dice": overlap.dice(counts),
        "sensitivity": overlap.sensitivity(counts),
        "specificity": overlap.specificity(counts),
        "volume_difference": overlap.volume_difference(counts),
        "hausdorff": measure.hausdorff[index],
        "hausdorff95": measure.hausdorff95[index],
        "surface_dice": measure.surface_dice[index],
        "volume_ml": counts.predicted * measure.voxel_ml,
        "reference_ml": counts.actual * measure.voxel_ml,
    }
    defined = {key: None if np.isnan(value) else float(value) for key, value in values.items()}
    return {"case": measure.case, "patient": measure.patient, "class": name, **defined}
