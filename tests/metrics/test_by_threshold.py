"""One pass gives what cutting at every threshold gives."""

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.metrics.by_threshold import confusion_by_threshold
from napari_wsss.metrics.overlap import confusion
from napari_wsss.refine.threshold import Threshold, threshold

VALUES = [0.7, 0.0, 0.1, 0.2, 0.35, 0.35, 0.3, 0.9, 1.0]


@pytest.mark.parametrize("classes", [1, 3])
def test_equal_to_cutting_and_counting(classes):
    rng = np.random.default_rng(classes)
    maps = rng.random((classes, 3, 20, 20)).astype(np.float32)
    maps[rng.random(maps.shape) < 0.2] = 0
    exact = rng.random(maps.shape) < 0.2  # voxels that lie on a threshold, where rounding decides
    maps[exact] = np.asarray(VALUES, np.float32)[rng.integers(0, len(VALUES), exact.sum())]
    truth = rng.integers(0, classes + 1, maps.shape[1:]).astype(np.uint8)
    found = confusion_by_threshold(maps, truth, VALUES)
    for value, matrix in zip(VALUES, found, strict=True):
        np.testing.assert_array_equal(matrix, confusion(threshold(maps, Threshold(value=value)), truth, classes))


def test_by_hand():
    maps = np.array([[[[0.0, 0.2, 0.5, 1.0]]]], np.float32)
    truth = np.array([[[1, 0, 1, 1]]], np.uint8)
    np.testing.assert_array_equal(
        confusion_by_threshold(maps, truth, [0.0, 0.5, 1.0]),
        [[[0, 1], [1, 2]], [[1, 0], [1, 2]], [[1, 0], [2, 1]]],
    )


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(InputError, match="label 2"):
        confusion_by_threshold(np.zeros((1, 1, 1, 2), np.float32), np.array([[[0, 2]]], np.uint8), [0.5])
