"""Boxes on disk and rectangles on the screen: whole voxels, every way a scan can be turned."""

import itertools

import numpy as np
import pytest

from napari_wsss.data.view import View
from napari_wsss.widgets._box_grid import box_of, rectangle_of

SHAPE = (5, 8, 12)
BOX = (1, 2, 3, 4, 6, 9)
VIEWS = [View(*turns) for turns in itertools.product((False, True), repeat=3)]


def test_by_hand():
    """Rows 2 … 5 and columns 3 … 8 of a slice: edges lie half a voxel outside the centres."""
    corners = [[1.5, 2.5], [1.5, 8.5], [5.5, 8.5], [5.5, 2.5]]
    np.testing.assert_array_equal(rectangle_of(BOX, View(), SHAPE), corners)


@pytest.mark.parametrize("view", VIEWS)
def test_a_rectangle_covers_the_voxels_of_its_box_as_shown(view):
    mask = np.zeros(SHAPE, bool)
    mask[1:4, 2:6, 3:9] = True
    rows, columns = np.nonzero(view.apply(mask)[2])
    rectangle = rectangle_of(BOX, view, SHAPE)
    np.testing.assert_array_equal(rectangle.min(axis=0), [rows.min() - 0.5, columns.min() - 0.5])
    np.testing.assert_array_equal(rectangle.max(axis=0), [rows.max() + 0.5, columns.max() + 0.5])


@pytest.mark.parametrize("view", VIEWS)
def test_there_and_back(view):
    assert box_of(rectangle_of(BOX, view, SHAPE), (1, 4), view, SHAPE) == BOX


def test_edges_go_to_the_nearest_voxel_border():
    drawn = np.array([[1.8, 2.2], [1.8, 8.9], [5.1, 8.9], [5.1, 2.2]])
    assert box_of(drawn, (0, 5), View(), SHAPE) == (0, 2, 3, 5, 6, 9)


def test_a_turned_shape_counts_with_its_outer_bounds():
    drawn = np.array([[3.5, 2.5], [5.5, 5.5], [3.5, 8.5], [1.5, 5.5]])
    assert box_of(drawn, (0, 5), View(), SHAPE) == (0, 2, 3, 5, 6, 9)


def test_nothing_reaches_beyond_the_scan():
    drawn = np.array([[-4.0, 6.0], [-4.0, 99.0], [3.5, 99.0], [3.5, 6.0]])
    assert box_of(drawn, (0, 5), View(), SHAPE) == (0, 0, 6, 5, 4, 12)


@pytest.mark.parametrize("drawn", [[[2.0, 2.0], [2.4, 2.9]], [[-9.0, 1.0], [-3.0, 5.0]]])
def test_a_click_and_a_shape_outside_the_scan_are_no_boxes(drawn):
    assert box_of(np.array(drawn), (0, 5), View(), SHAPE) is None
