from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from napari_wsss.metrics.measure import case_rows
from napari_wsss.metrics.summary import summarise


def test_summary_by_hand(four_cases):
    (row,) = summarise("refined", four_cases, ("tumour",))
    # Patient A: TP 3, FP 2, FN 1 of 24 voxels; B: FN 2 of 12; C: FP 3 of 12.
    assert row["mask"] == "refined"
    assert row["class"] == "tumour"
    assert (row["patients"], row["patients_without_lesion"], row["false_alarms"]) == (2, 1, 1)
    assert row["dice"] == pytest.approx((6 / 9 + 0.0) / 2)
    assert row["dice_sd"] == pytest.approx(6 / 9 / 2)
    assert row["iou"] == pytest.approx((3 / 6 + 0.0) / 2)
    assert row["sensitivity"] == pytest.approx((3 / 4 + 0) / 2)
    assert row["specificity"] == pytest.approx((18 / 20 + 1) / 2)
    assert row["volume_difference"] == pytest.approx((1 / 4 - 1) / 2)
    assert row["absolute_volume_difference"] == pytest.approx((1 / 4 + 1) / 2)
    assert row["false_alarm_ml"] == pytest.approx(0.3)
    # All voxels together: TP 3, FP 5, FN 3, TN 37 of 48.
    assert row["pixel_accuracy"] == pytest.approx(40 / 48)
    miou = (37 / 45 + 3 / 11) / 2
    assert row["mean_iou"] == pytest.approx(miou)
    assert row["printed_dsc"] == pytest.approx(2 * miou / (1 + miou))


def test_slices_by_hand(four_cases):
    (row,) = summarise("refined", four_cases, ("tumour",))
    # Dice per slice: a1 2/3, 1; a2 4/6, 1; b 0, 1; c 0, 1.
    assert row["dice_slice"] == pytest.approx((2 / 3 + 1 + 4 / 6 + 1 + 0 + 1 + 0 + 1) / 8)
    assert row["dice_lesion_slice"] == pytest.approx((2 / 3 + 4 / 6 + 0) / 3)
    assert (row["slices"], row["lesion_slices"]) == (8, 3)


def test_surface_distances_leave_undefined_cases_out_and_count_them(four_cases):
    (row,) = summarise("refined", four_cases, ("tumour",))
    # a1: the missed voxel lies 10 mm from the found one; a2: 95 % of the way from 10 mm to 20 mm; b: nothing found.
    assert four_cases[0].hausdorff95 == pytest.approx((9.5,))
    assert math.isnan(four_cases[2].hausdorff95[0])
    assert row["surface_undefined"] == 1
    assert row["hausdorff"] == pytest.approx((10 + 20) / 2)
    assert row["hausdorff95"] == pytest.approx((four_cases[0].hausdorff95[0] + four_cases[1].hausdorff95[0]) / 2)


def test_only_patients_without_lesion(measure, volume):
    empty = volume([0, 0, 0, 0, 0, 0])
    (row,) = summarise("m", [measure("x", empty, empty)], ("tumour",))
    assert row["dice"] is None
    assert row["dice_sd"] is None
    assert row["hausdorff95"] is None
    assert row["dice_slice"] == 1.0
    assert row["mean_iou"] == 1.0
    assert (row["patients"], row["patients_without_lesion"], row["false_alarms"]) == (0, 1, 0)


def test_two_classes_give_two_rows(measure, volume):
    reference, mask = volume([1, 1, 0, 2, 2, 0]), volume([1, 1, 0, 1, 2, 0])
    infarct, bleed = summarise("m", [measure("x", mask, reference, classes=2)], ("infarct", "bleed"))
    assert infarct["dice"] == pytest.approx(4 / 5)
    assert bleed["dice"] == pytest.approx(2 / 3)
    assert infarct["mean_iou"] == bleed["mean_iou"] == pytest.approx((2 / 2 + 2 / 3 + 1 / 2) / 3)


def test_rows_are_ready_for_json(four_cases):
    rows = [*summarise("m", four_cases, ("tumour",)), *case_rows(four_cases, ("tumour",))]
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_nothing_to_sum_up():
    assert summarise("m", [], ("tumour",)) == []


def test_importing_metrics_leaves_torch_out():
    code = (
        "import sys, napari_wsss.metrics.summary, napari_wsss.metrics.ranking; "
        "sys.exit(bool({'torch', 'monai', 'lightning', 'torchvision'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
