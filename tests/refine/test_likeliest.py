"""Lesion probabilities become a mask."""

import numpy as np
import pytest

from napari_wsss.refine.grow import Grow, grow
from napari_wsss.refine.likeliest import Likeliest, likeliest_mask


def unseen():
    raise AssertionError("the scan is only read where the mask grows")


def masked(lesion, image=unseen, spacing=(1.0, 1.0, 1.0), **knobs):
    return likeliest_mask(lesion, Likeliest(**knobs), image, spacing)


def test_the_likeliest_class_from_the_cutoff_on():
    lesion = np.array([[0.6, 0.5, 0.49, 0.2, 0.7], [0.3, 0.5, 0.2, 0.8, 0.75]], dtype=np.float32)[:, None, None]
    assert masked(lesion).ravel().tolist() == [1, 1, 0, 2, 2]
    assert masked(lesion, cutoff=0.75).ravel().tolist() == [0, 0, 0, 2, 2]


@pytest.mark.parametrize(
    ("share", "sizes"),
    [(0.0, [8, 4, 2, 1]), (0.25, [8, 4, 2]), (0.26, [8, 4]), (0.5, [8, 4]), (0.51, [8]), (1.0, [8])],
)
def test_parts_that_are_small_beside_the_largest_are_dropped(share, sizes):
    lesion = np.zeros((2, 2, 4, 16), dtype=np.float32)
    lesion[0, :, :2, :2] = 1.0  # 8 voxels
    lesion[0, 0, :, 4] = 1.0  # 4
    lesion[0, 0, 0, 8] = lesion[0, 1, 1, 9] = 1.0  # 2, which touch at a corner
    lesion[0, 0, 0, 14] = 1.0  # 1
    lesion[1, 1, 3, 15] = 0.75  # another class has its own largest part
    mask = masked(lesion, share=share)
    expected = np.zeros((2, 4, 16), dtype=np.uint8)
    expected[:, :2, :2] = 1
    expected[0, :, 4] = 4 in sizes
    expected[0, 0, 8] = expected[1, 1, 9] = 2 in sizes
    expected[0, 0, 14] = 1 in sizes
    expected[1, 3, 15] = 2
    np.testing.assert_array_equal(mask, expected)


def test_what_stays_grows_as_by_the_filter():
    rng, spacing = np.random.default_rng(0), (3.0, 0.5, 0.5)
    image = rng.normal(1, 0.1, (1, 2, 32, 32)).astype(np.float32)
    image[0, 1, 10:20, 10:18] = 3
    lesion = np.zeros((1, 2, 32, 32), dtype=np.float32)
    lesion[0, 1, 12:18, 12:18] = 0.9
    lesion[0, 0, 2, 2] = 0.9  # dropped first
    mask = masked(lesion, lambda: image, spacing, share=0.5, grow=6.0)
    seed = np.zeros((2, 32, 32), dtype=np.uint8)
    seed[1, 12:18, 12:18] = 1
    np.testing.assert_array_equal(mask, grow(seed, image, spacing, Grow(distance=6.0)))
    np.testing.assert_array_equal(mask[1] > 0, image[0, 1] == 3)
    assert not masked(lesion * 0, unseen, spacing, grow=6.0).any()
