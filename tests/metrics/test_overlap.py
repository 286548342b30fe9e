from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score

from napari_wsss.errors import InputError
from napari_wsss.metrics import overlap


def labels(*values):
    return np.array(values, dtype=np.uint8)


# reference  0 0 0 0 1 1 1 1 0 0
# mask       0 0 0 1 1 1 0 0 0 0   → TP 2, FP 1, FN 2, TN 5
REFERENCE = labels(0, 0, 0, 0, 1, 1, 1, 1, 0, 0)
MASK = labels(0, 0, 0, 1, 1, 1, 0, 0, 0, 0)


def test_one_class_by_hand():
    matrix = overlap.confusion(MASK, REFERENCE, 1)
    assert matrix.tolist() == [[5, 1], [2, 2]]
    counts = overlap.class_counts(matrix, 0)
    assert counts == overlap.Counts(2, 1, 2, 5)
    assert overlap.dice(counts) == 4 / 7
    assert overlap.iou(counts) == 2 / 5
    assert overlap.sensitivity(counts) == 2 / 4
    assert overlap.specificity(counts) == 5 / 6
    assert overlap.volume_difference(counts) == (3 - 4) / 4
    assert overlap.pixel_accuracy(matrix) == 7 / 10
    assert overlap.mean_iou(matrix) == pytest.approx((5 / 8 + 2 / 5) / 2)


def test_two_classes_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    mask, reference = rng.integers(0, 3, (2, 4, 9, 8)).astype(np.uint8)
    matrix = overlap.confusion(mask, reference, 2)
    flat = reference.ravel(), mask.ravel()
    assert (matrix == confusion_matrix(*flat)).all()
    for index in range(2):
        expected = f1_score(*flat, labels=[index + 1], average=None)[0]
        assert overlap.dice(overlap.class_counts(matrix, index)) == pytest.approx(expected)
    assert overlap.mean_iou(matrix) == pytest.approx(jaccard_score(*flat, average="macro"))


@pytest.mark.parametrize(("miou", "dsc"), [(47.7, 64.6), (54.2, 70.3), (56.8, 72.4), (50.7, 67.3)])
def test_printed_dsc_is_what_table_ii_of_paper_3_prints(miou, dsc):
    assert 100 * overlap.printed_dsc(miou / 100) == pytest.approx(dsc, abs=0.06)


@pytest.mark.parametrize(
    ("mask", "reference", "expected"),
    [
        (labels(0, 0), labels(0, 0), (1.0, 1.0, 1.0, math.nan, math.nan)),  # nothing there, nothing claimed
        (labels(1, 0), labels(0, 0), (0.0, 0.0, 0.25, math.nan, math.nan)),  # false alarm
        (labels(0, 0), labels(1, 0), (0.0, 0.0, 0.25, 0.0, -1.0)),  # missed
        (labels(1, 1), labels(1, 1), (1.0, 1.0, 1.0, 1.0, 0.0)),  # no background left
    ],
)
def test_empty_mask_rule(mask, reference, expected):
    dice, iou, mean_iou, sensitivity, volume = expected
    matrix = overlap.confusion(mask, reference, 1)
    counts = overlap.class_counts(matrix, 0)
    assert overlap.dice(counts) == dice
    assert overlap.iou(counts) == iou
    assert overlap.mean_iou(matrix) == mean_iou
    assert overlap.sensitivity(counts) == pytest.approx(sensitivity, nan_ok=True)
    assert overlap.volume_difference(counts) == pytest.approx(volume, nan_ok=True)


def test_specificity_is_undefined_without_background():
    counts = overlap.class_counts(overlap.confusion(labels(1, 0), labels(1, 1), 1), 0)
    assert math.isnan(overlap.specificity(counts))


def test_no_voxels_at_all():
    matrix = overlap.confusion(labels(), labels(), 1)
    assert math.isnan(overlap.pixel_accuracy(matrix))


def test_other_shape_and_foreign_label_are_refused():
    with pytest.raises(InputError, match=r"\(2,\).*\(3,\)"):
        overlap.confusion(labels(0, 1), labels(0, 1, 1), 1)
    with pytest.raises(InputError, match="label 255, but there are 1 classes"):
        overlap.confusion(labels(0, 255), labels(0, 1), 1)


def test_counts_of_large_volumes_do_not_overflow():
    mask = np.ones((60, 256, 256), dtype=np.uint8)
    assert overlap.class_counts(overlap.confusion(mask, mask, 1), 0).true_positive == 60 * 256 * 256
