"""Lesions found, missed and invented."""

import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.metrics.lesions import LesionCounts, lesion_counts


def volume(*places):
    array = np.zeros((3, 8, 8), np.uint8)
    for place in places:
        array[place] = 1
    return array


LARGE = np.s_[0, 0:2, 0:5]
"""Ten voxels."""
FAR = np.s_[2, 7, 7]


def test_a_tenth_is_enough():
    reference = volume(LARGE)
    assert lesion_counts(volume(np.s_[0, 0, 0]), reference) == LesionCounts(1, 1, 0)
    larger = volume(np.s_[0, 0:2, 0:5], np.s_[0, 2, 0])  # eleven voxels
    assert lesion_counts(volume(np.s_[0, 0, 0]), larger) == LesionCounts(1, 0, 0)


def test_what_touches_no_lesion_is_false():
    assert lesion_counts(volume(LARGE, FAR), volume(LARGE)) == LesionCounts(1, 1, 1)
    assert lesion_counts(volume(FAR), volume()) == LesionCounts(0, 0, 1)
    assert lesion_counts(volume(), volume(LARGE, FAR)) == LesionCounts(2, 0, 0)


def test_corners_touch_across_slices():
    diagonal = volume(np.s_[0, 0, 0], np.s_[1, 1, 1], np.s_[2, 2, 2])
    assert lesion_counts(diagonal, diagonal) == LesionCounts(1, 1, 0)


def test_one_mark_can_find_several_lesions():
    bridge = volume(np.s_[0, 0, :])
    assert lesion_counts(bridge, volume(np.s_[0, 0, 0], np.s_[0, 0, 7])) == LesionCounts(2, 2, 0)


def test_all_classes_together():
    reference = volume(LARGE)
    reference[0, 0, :] *= 2
    assert lesion_counts(volume(LARGE), reference) == LesionCounts(1, 1, 0)


def test_shapes_must_fit():
    with pytest.raises(InputError, match="must be the same"):
        lesion_counts(np.zeros((1, 2, 2)), np.zeros((1, 2, 3)))
