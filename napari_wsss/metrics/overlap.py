"""Overlap of two label maps, all from one confusion matrix.

The empty-mask rule: where mask and reference are both empty, Dice and IoU are 1, for nothing was to be found
and nothing was claimed. What has no denominator (sensitivity without a lesion, …) is nan: undefined, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_wsss.errors import InputError
from napari_wsss.types import Array, LabelMap

NOTHING = float("nan")

EMPTY_MASK_RULE = (
    "Empty masks: where mask and reference are both empty, Dice and IoU count as 1; where only one of them is, as 0. "
    "Per-patient Dice pools all voxels of a patient. Patients without any reference lesion are left out of the "
    "per-patient means and reported apart: how many there are, in how many of them something was marked, and how much. "
    "Surface distances are undefined where either mask is empty; such cases are left out of the mean and counted."
)
"""To be printed wherever these figures are."""


@dataclass(frozen=True)
class Counts:
    """Voxels of one class: found, claimed wrongly, missed, rightly left alone."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def predicted(self) -> int:
        """Voxels the mask claims."""
        return self.true_positive + self.false_positive

    @property
    def actual(self) -> int:
        """Voxels of the reference."""
        return self.true_positive + self.false_negative


def confusion(labels: LabelMap, reference: LabelMap, classes: int) -> Array:
    """Count voxels by reference and predicted label.

    Args:
        labels: mask to judge, any shape, values 0 … ``classes``.
        reference: the truth, same shape.
        classes: number C of lesion classes.

    Returns:
        (C + 1, C + 1) int64; row = reference label, column = predicted label, background first.

    Raises:
        InputError: shapes differ, or a label is above ``classes``.
    """
    if labels.shape != reference.shape:
        raise InputError(f"The mask has shape {labels.shape}, its reference {reference.shape}: they must be the same.")
    highest = max((int(array.max()) for array in (labels, reference) if array.size), default=0)
    if highest > classes:
        raise InputError(f"A mask holds label {highest}, but there are {classes} classes (labels 0 … {classes}).")
    pairs = reference.astype(np.int64) * (classes + 1) + labels
    counts = np.bincount(pairs.ravel(), minlength=(classes + 1) ** 2)
    return counts.reshape(classes + 1, classes + 1)


def class_counts(matrix: Array, index: int) -> Counts:
    """Read the counts of lesion class ``index`` (0 … C − 1) against everything else from a confusion matrix."""
    label = index + 1
    found = int(matrix[label, label])
    claimed, actual, total = int(matrix[:, label].sum()), int(matrix[label].sum()), int(matrix.sum())
    return Counts(found, claimed - found, actual - found, total - claimed - actual + found)


def dice(counts: Counts) -> float:
    """Give 2·TP / (2·TP + FP + FN), 0 … 1; 1 where both are empty."""
    return _ratio(2 * counts.true_positive, counts.predicted + counts.actual, empty=1.0)


def iou(counts: Counts) -> float:
    """Give TP / (TP + FP + FN), 0 … 1; 1 where both are empty."""
    union = counts.true_positive + counts.false_positive + counts.false_negative
    return _ratio(counts.true_positive, union, empty=1.0)


def sensitivity(counts: Counts) -> float:
    """Give TP / (TP + FN), 0 … 1; nan without a reference."""
    return _ratio(counts.true_positive, counts.actual)


def specificity(counts: Counts) -> float:
    """Give TN / (TN + FP), 0 … 1; nan where the reference fills everything."""
    return _ratio(counts.true_negative, counts.true_negative + counts.false_positive)


def volume_difference(counts: Counts) -> float:
    """Give (mask − reference) / reference, −1 (nothing marked) … ; 0 is the right volume; nan without a reference."""
    return _ratio(counts.predicted - counts.actual, counts.actual)


def pixel_accuracy(matrix: Array) -> float:
    """Give the share of voxels with the right label ("PA" of paper 1); nan without voxels."""
    return _ratio(int(np.trace(matrix)), int(matrix.sum()))


def mean_iou(matrix: Array) -> float:
    """Give the mean IoU over background and every lesion class ("mIoU" of paper 1); absent everywhere counts as 1."""
    found = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - found
    return float(np.mean([_ratio(int(a), int(b), empty=1.0) for a, b in zip(found, union, strict=True)]))


def printed_dsc(miou: float) -> float:
    """Give 2·mIoU / (1 + mIoU), 0 … 1: what tables II and III of paper 3 print as "AVG DSC".

    It turns a mean of IoUs, background among them, as one would turn a single IoU into its Dice. It is no mean of Dice.
    """
    return 2 * miou / (1 + miou)


def _ratio(numerator: int, denominator: int, empty: float = NOTHING) -> float:
    return numerator / denominator if denominator else empty
