"""Outlines between painted slices, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from napari_wsss.edit.fill_between import FillBetween, signed_distance
from napari_wsss.edit.scene import Scene
from napari_wsss.errors import InputError


def scene_of(mask, **more):
    return Scene(np.zeros((1, *mask.shape), np.float32), (2.0, 1.0, 1.0), **more)


def square(side, size=15):
    half, middle = side // 2, size // 2
    plane = np.zeros((size, size), np.uint8)
    plane[middle - half : middle + half + 1, middle - half : middle + half + 1] = 1
    return plane


def test_signed_distance_by_hand():
    row = np.zeros((3, 7), bool)
    row[:, 2:5] = True
    assert signed_distance(row, (1.0, 0.5))[1].tolist() == [-1.0, -0.5, 0.5, 1.0, 0.5, -0.5, -1.0]


def test_a_square_grows_evenly():
    # On its axis a square of 5 gives −1 at 3 voxels from the middle and −2 at 4, one of 9 gives 2 and 1.
    mask = np.zeros((5, 15, 15), np.uint8)
    mask[0], mask[4] = square(5), square(9)
    result = FillBetween().apply(mask, scene_of(mask))
    for z, side in enumerate([5, 5, 7, 9, 9]):
        np.testing.assert_array_equal(result[z], square(side))


def test_equal_outlines_give_a_prism_whatever_the_gap():
    mask = np.zeros((9, 15, 15), np.uint8)
    mask[1] = mask[7] = square(7)
    result = FillBetween().apply(mask, scene_of(mask))
    assert (result[1:8] == square(7)).all()
    assert not result[[0, 8]].any()


def test_outlines_that_do_not_overlap_move_towards_each_other():
    mask = np.zeros((3, 7, 18), np.uint8)
    mask[0, 2:5, 2:5] = mask[2, 2:5, 12:15] = 1
    result = FillBetween().apply(mask, scene_of(mask))
    expected = np.zeros((7, 18), np.uint8)
    expected[2:5, 7:10] = 1
    np.testing.assert_array_equal(result[1], expected)


def test_filled_slices_stay_and_corrected_ones_rule():
    mask = np.zeros((5, 15, 15), np.uint8)
    mask[0], mask[2], mask[4] = square(7), square(3), square(7)
    filled = FillBetween().apply(mask, scene_of(mask))
    np.testing.assert_array_equal(filled[2], square(3))
    anew = FillBetween(painted="corrected").apply(mask, scene_of(mask, corrected=frozenset({0, 4})))
    assert (anew == square(7)).all()


def test_another_class_in_between_stays():
    mask = np.zeros((3, 15, 15), np.uint8)
    mask[0] = mask[2] = square(5)
    mask[1, 7, 7] = 2
    result = FillBetween().apply(mask, scene_of(mask))
    assert result[1, 7, 7] == 2
    assert np.count_nonzero(result[1] == 1) == 24


def test_a_mask_that_fills_the_slice():
    mask = np.zeros((3, 4, 4), np.uint8)
    mask[0] = mask[2] = 1
    assert FillBetween().apply(mask, scene_of(mask)).all()


def test_nothing_to_fill_is_told():
    mask = np.zeros((4, 15, 15), np.uint8)
    mask[1] = mask[2] = square(5)
    with pytest.raises(InputError, match="two slices that are not neighbours"):
        FillBetween().apply(mask, scene_of(mask))
    mask[3] = square(5)
    with pytest.raises(InputError, match="two painted slices"):
        FillBetween(scope="range").apply(mask, replace(scene_of(mask), span=(1, 2)))
