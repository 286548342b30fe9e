from __future__ import annotations

import numpy as np
import pytest

from napari_wsss.metrics.measure import measure_case

SPACING = (5.0, 2.0, 10.0)  # 0.1 ml a voxel


def _volume(*rows):
    return np.array(rows, dtype=np.uint8)[:, None, :]


def _measure(case, mask, reference, patient=None, classes=1):
    return measure_case(case, patient or case, mask, reference, classes=classes, spacing=SPACING)


@pytest.fixture(scope="session")
def volume():
    """Make a label map whose slices are single rows of voxels."""
    return _volume


@pytest.fixture(scope="session")
def measure():
    """Measure one case with voxels of 0.1 ml."""
    return _measure


@pytest.fixture(scope="session")
def four_cases():
    """Two patients with a lesion, the first in two cases, and one without."""
    ill = _volume([0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0])
    half = _volume([0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0])  # TP 1, FN 1
    both = _volume([0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0])  # TP 2, FP 2
    none = _volume([0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0])
    alarm = _volume([1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0])
    return [
        _measure("a1", half, ill, "A"),
        _measure("a2", both, ill, "A"),
        _measure("b", none, ill, "B"),
        _measure("c", alarm, none, "C"),
    ]
