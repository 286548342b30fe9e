"""Slices come singly or in runs, in any order, and make up the volume."""

import numpy as np
import pytest

from napari_wsss.pipeline.stack import Stack, cut, depth_of

MASK = np.arange(6 * 2 * 3, dtype=np.uint8).reshape(6, 2, 3)
EVIDENCE = np.stack([MASK, MASK + 100]).astype(np.float32)


@pytest.mark.parametrize("volume", [MASK, EVIDENCE], ids=["mask", "evidence"])
@pytest.mark.parametrize("runs", [[(0, 6)], [(4, 5), (1, 2), (0, 1), (2, 4), (5, 6)], [(0, 4), (4, 5), (5, 6)]])
def test_slices_put_in_any_order_make_up_the_volume(volume, runs):
    stack = Stack(6)
    assert stack.empty
    for first, last in runs:
        stack.put(first, cut(volume, first, last))
        np.testing.assert_array_equal(stack.get(first, last), cut(volume, first, last))
    assert stack.complete
    np.testing.assert_array_equal(stack.get(0, 6), volume)
    assert stack.nbytes == volume.nbytes
    np.testing.assert_array_equal(stack.get(3, 4), cut(volume, 3, 4))


def test_single_slices_take_no_more_memory_than_themselves():
    stack = Stack(6)
    stack.put(4, cut(EVIDENCE, 4, 5))
    assert stack.nbytes == EVIDENCE.nbytes // 6
    assert stack.get(4, 5).base is None, "a view would keep the array it was cut from"
    stack.put(1, cut(EVIDENCE, 1, 2))
    assert stack.nbytes == EVIDENCE.nbytes // 3


def test_what_is_missing_comes_in_runs_of_a_given_length():
    stack = Stack(6)
    assert stack.missing(0, 6, 4) == [(0, 4), (4, 6)]
    stack.put(2, MASK[2:3])
    assert stack.missing(0, 6, 4) == [(0, 2), (3, 6)]
    assert stack.missing(1, 4, 1) == [(1, 2), (3, 4)]
    assert stack.missing(2, 3, 4) == []
    assert stack.has(2, 3)
    assert not stack.has(2, 4)


def test_depth_is_counted_along_z():
    assert (depth_of(MASK), depth_of(EVIDENCE)) == (6, 6)
