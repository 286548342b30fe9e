"""Volumes filled up at their far ends."""

import numpy as np

from napari_wsss.data.filled import filled_up


def test_the_far_border_is_repeated_until_no_side_is_short():
    volume = np.arange(12, dtype=np.float16).reshape(1, 1, 3, 4)
    found = filled_up(volume, (2, 2, 5))
    assert found.shape == (1, 2, 3, 5)
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found[:, 0, :, :4], volume[:, 0])
    np.testing.assert_array_equal(found[..., 4], found[..., 3])
    np.testing.assert_array_equal(found[:, 1], found[:, 0])


def test_a_volume_that_is_large_enough_is_handed_on():
    volume = np.zeros((2, 4, 5, 6))
    assert filled_up(volume, (4, 5, 6)) is volume
