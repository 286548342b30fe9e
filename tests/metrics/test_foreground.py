"""Dice of all lesion classes together."""

import numpy as np
import pytest

from napari_wsss.metrics.foreground import foreground_counts, foreground_dice
from napari_wsss.metrics.overlap import Counts, class_counts, dice


def test_with_one_class_it_is_its_dice():
    matrix = np.array([[90, 3], [2, 5]])
    assert foreground_dice(matrix) == dice(class_counts(matrix, 0)) == pytest.approx(10 / 15)


def test_a_voxel_of_the_wrong_class_is_not_found():
    # 3 + 4 found; marked 3 + 1 + 4 = 8; there 3 + 1 + 4 + 2 = 10
    assert foreground_dice(np.array([[50, 0, 0], [1, 3, 1], [1, 0, 4]])) == pytest.approx(2 * 7 / (8 + 10))
    assert foreground_counts(np.array([[50, 0, 0], [1, 3, 1], [1, 0, 4]])) == Counts(7, 1, 3, 50)


@pytest.mark.parametrize(("matrix", "expected"), [([[9, 0], [0, 0]], 1.0), ([[8, 1], [0, 0]], 0.0)])
def test_empty_masks(matrix, expected):
    assert foreground_dice(np.array(matrix)) == expected
