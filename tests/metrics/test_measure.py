from __future__ import annotations

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.metrics.measure import case_rows, slice_dice


def test_slices_add_up_to_the_case(four_cases):
    first = four_cases[0]
    assert first.slices.shape == (2, 2, 2)
    assert first.matrix.tolist() == [[10, 0], [1, 1]]
    assert first.voxel_ml == pytest.approx(0.1)


def test_slice_dice_by_hand(four_cases):
    assert [slice_dice(one, 0) for one in four_cases] == [[2 / 3, 1], [4 / 6, 1], [0, 1], [0, 1]]


def test_case_rows_by_hand(four_cases):
    rows = case_rows(four_cases, ("tumour",))
    assert [row["case"] for row in rows] == ["a1", "a2", "b", "c"]
    assert rows[0] | {"hausdorff": 0, "hausdorff95": 0, "surface_dice": 0} == {
        "case": "a1",
        "patient": "A",
        "class": "tumour",
        "dice": 2 / 3,
        "sensitivity": 0.5,
        "specificity": 1.0,
        "volume_difference": -0.5,
        "hausdorff": 0,
        "hausdorff95": 0,
        "surface_dice": 0,
        "volume_ml": 0.1,
        "reference_ml": 0.2,
    }
    assert rows[3]["dice"] == 0.0
    assert rows[3]["sensitivity"] is None


@pytest.mark.parametrize("fault", ["shape", "label"])
def test_faults_name_the_case(measure, volume, fault):
    mask = volume([0] * 6, [9] * 6) if fault == "label" else volume([0] * 6, [0] * 6, [0] * 6)
    with pytest.raises(InputError, match=r"^patient-7: "):
        measure("patient-7", mask, np.zeros((2, 1, 6), dtype=np.uint8))
