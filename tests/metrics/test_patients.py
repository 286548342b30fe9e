"""Figures by patient."""

import json

import pytest

from napari_wsss.metrics.patients import patient_rows, patients_of


def test_cases_of_a_patient_are_pooled(four_cases):
    a, b, c = patients_of(four_cases, 0)
    assert [patient.name for patient in (a, b, c)] == ["A", "B", "C"]
    # a1: TP 1, FN 1; a2: TP 2, FP 2; 12 voxels each.
    counts = a.counts
    assert (counts.true_positive, counts.false_positive, counts.false_negative, counts.true_negative) == (3, 2, 1, 18)
    assert [patient.marked_ml for patient in (a, b, c)] == pytest.approx([0.5, 0.0, 0.3])


def test_rows_are_of_patients_with_a_lesion(four_cases):
    first, second = patient_rows(four_cases, ("tumour",))
    assert first == {
        "patient": "A",
        "class": "tumour",
        "dice": 6 / 9,
        "iou": 3 / 6,
        "sensitivity": 3 / 4,
        "specificity": 18 / 20,
        "volume_difference": 1 / 4,
        "absolute_volume_difference": 1 / 4,
    }
    assert second["patient"] == "B"
    assert (second["dice"], second["volume_difference"], second["absolute_volume_difference"]) == (0.0, -1.0, 1.0)


def test_what_is_undefined_is_none(measure, volume):
    full = volume([1, 1, 1], [1, 1, 1])
    (row,) = patient_rows([measure("x", full, full)], ("tumour",))
    assert row["specificity"] is None
    assert json.loads(json.dumps(row, allow_nan=False)) == row
