"""Blocks of planes and their labels, by hand."""

import numpy as np
import pytest

from napari_wsss.data.blocks import block_labels, block_places
from napari_wsss.data.volume_box import VolumeBox


def box(planes, begin, end, slices=12):
    """Give a box of ``planes``, whose scan takes planes ``begin`` … ``end`` - 1 (centred)."""
    found = VolumeBox((slices, 8, 8), (planes, 8, 8), (end - begin, 8, 8))
    assert found.inside[0] == slice(begin, end)
    return found


@pytest.mark.parametrize(
    ("where", "depth", "step", "expected"),
    [
        ((96, 0, 96), 32, None, [(0, 32), (32, 64), (64, 96)]),
        ((96, 0, 96), 32, 16, [(0, 32), (16, 48), (32, 64), (48, 80), (64, 96)]),
        ((96, 17, 79), 32, None, [(16, 48), (48, 80)]),
        ((96, 20, 76), 48, None, [(16, 64), (32, 80)]),  # the last one ends with the scan
        ((96, 40, 56), 32, None, [(40, 72)]),  # thinner than a block
        ((100, 0, 100), 32, None, [(0, 32), (32, 64), (64, 96)]),  # the rest is no whole cell
        ((40, 0, 40), 48, None, [(0, 40)]),
        ((40, 0, 40), 0, None, [(0, 40)]),
    ],
)
def test_places_by_hand(where, depth, step, expected):
    assert block_places(box(*where), depth, step) == expected


def test_labels_follow_from_the_slices():
    # Four slices of 8 planes each.
    slices = np.array([[0, 1], [0, -1], [0, 0], [1, -1]], np.int8)
    where = box(32, 0, 32, slices=4)
    found = block_labels(where, [(0, 16), (8, 24), (16, 32), (0, 32)], slices)
    assert found.tolist() == [[0, 1], [0, -1], [1, -1], [1, 1]]


def test_nothing_is_known_of_a_block_between_two_slices():
    found = block_labels(box(64, 0, 64, slices=2), [(0, 8), (8, 24)], np.array([[0], [1]], np.int8))
    assert found.tolist() == [[-1], [0]]
    assert block_labels(box(64, 0, 64), [], np.zeros((12, 3), np.int8)).shape == (0, 3)
