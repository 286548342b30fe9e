from __future__ import annotations

import math

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.metrics.ranking import accuracy, area_under_curve, rank_classes

SCORES = np.array([0.9, 0.4, 0.6, 0.1, 0.7])
LABELS = np.array([1, 1, 0, 0, -1], dtype=np.int8)


def test_auc_by_hand_leaves_unknown_labels_out():
    # Pairs (lesion, none): 0.9 > 0.6, 0.9 > 0.1, 0.4 < 0.6, 0.4 > 0.1 → 3 of 4.
    assert area_under_curve(SCORES, LABELS) == 0.75


def test_accuracy_by_hand_leaves_unknown_labels_out():
    assert accuracy(SCORES, LABELS) == 0.5
    assert accuracy(SCORES, LABELS, threshold=0.4) == 0.75


def test_undefined_without_both_kinds():
    assert math.isnan(area_under_curve(SCORES[:2], LABELS[:2]))
    assert accuracy(SCORES[:2], LABELS[:2]) == 0.5
    assert math.isnan(accuracy(SCORES[4:], LABELS[4:]))


def test_rows_per_class_are_ready_for_json():
    scores, labels = np.stack([SCORES, SCORES], axis=1), np.stack([LABELS, np.full(5, -1)], axis=1)
    assert rank_classes(scores, labels, ("tumour", "bleed")) == [
        {"class": "tumour", "images": 4, "positive": 2, "auc": 0.75, "accuracy": 0.5},
        {"class": "bleed", "images": 0, "positive": 0, "auc": None, "accuracy": None},
    ]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="expected"):
        rank_classes(np.zeros((3, 1)), np.zeros((3, 2)), ("a", "b"))
