"""Effort of corrections, counted by hand."""

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.metrics.effort import ASSUMPTION, Effort, effort_of_patient


def masks():
    """Of 4 slices of 3 × 5, one of which is right."""
    shown, wanted = np.zeros((2, 4, 3, 5), np.uint8)
    shown[0, 0, :3] = wanted[0, 0, :3] = 1  # right
    shown[1, 0, 0] = 1  # too much: 1 voxel
    wanted[2, 1:, 1:] = 1  # missed: 2 × 4 voxels
    return shown, wanted


def test_voxels_slices_and_patients():
    assert effort_of_patient([masks()]) == Effort(patients=1, slices=2, voxels=9)


def test_a_wrong_class_is_changed_as_well():
    shown, wanted = masks()
    shown[0, 0, :2] = 2
    assert effort_of_patient([(shown, wanted)]) == Effort(1, 3, 11)


def test_all_scans_of_a_patient_are_one_patient():
    shown, wanted = masks()
    assert effort_of_patient([(shown, wanted), (wanted, wanted), (None, wanted)]) == Effort(1, 2 + 2, 9 + 11)


def test_minutes_follow_from_the_assumption_and_add_up():
    both = Effort(1, 2, 9) + Effort(2, 0, 0)
    assert both == Effort(3, 2, 9)
    assert both.minutes == pytest.approx((3 * 20 + 2 * 15) / 60)
    assert Effort().minutes == 0.0
    assert "20 s" in ASSUMPTION
    assert "15 s" in ASSUMPTION


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"shape \(4, 3, 5\), the one wanted \(3, 3, 5\)"):
        effort_of_patient([(masks()[0], masks()[1][1:])])
