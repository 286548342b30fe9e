import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_wsss.refine.smooth import DETAIL, Smooth, smooth_outline

UNIT = (1.0, 1.0, 1.0)


def disc(radius, size=41, depth=1):
    y, x = np.mgrid[:size, :size] - size // 2
    return np.repeat((y**2 + x**2 <= radius**2)[None], depth, axis=0).astype(np.uint8)


def test_a_disc_stays():
    assert (smooth_outline(disc(10), UNIT, Smooth(size=3.0)) == disc(10)).mean() > 0.99


def test_a_thin_spur_and_a_thin_dent_go_and_the_size_stays():
    mask = disc(10)
    mask[0, 20, 31:36] = 1
    mask[0, :14, 20] = 0
    result = smooth_outline(mask, UNIT, Smooth(size=4.0))
    assert not result[0, 20, 33:36].any()
    assert result[0, 12:14, 20].all()
    assert abs(int(result.sum()) - int(mask.sum())) <= 4  # only voxels as full as the last one come on top


@pytest.mark.parametrize("mode", ["2d", "3d"])
def test_the_fullest_voxels_of_the_blurred_mask(mode):
    mask = (np.random.default_rng(0).random((3, 24, 24)) < 0.4).astype(np.uint8)
    sigma = [2 / DETAIL / step for step in (3.0, 1.0, 1.0)]
    sigma[0] = sigma[0] if mode == "3d" else 0
    blurred = gaussian_filter(mask.astype(np.float32), sigma, truncate=3.0, mode="nearest")
    parts = [(blurred, mask)] if mode == "3d" else list(zip(blurred, mask, strict=True))
    expected = [part >= np.sort(part.ravel())[-int(own.sum())] for part, own in parts]
    result = smooth_outline(mask, (3.0, 1.0, 1.0), Smooth(size=2.0, mode=mode))
    assert (result > 0).tolist() == (expected[0] if mode == "3d" else np.stack(expected)).tolist()


def test_slices_alone_equal_the_volume():
    mask = (np.random.default_rng(1).random((4, 30, 30)) < 0.3).astype(np.uint8)
    mask[2] = 0
    whole = smooth_outline(mask, UNIT, Smooth(size=2.0))
    alone = [smooth_outline(mask[z : z + 1], UNIT, Smooth(size=2.0)) for z in range(4)]
    assert np.concatenate(alone).tolist() == whole.tolist()
    assert not whole[2].any()


def test_another_class_is_not_overrun():
    mask = disc(10)
    mask[0, :, 20:] *= 2
    result = smooth_outline(mask, UNIT, Smooth(size=4.0))
    assert not (result[mask == 1] == 2).any()
    assert not (result[mask == 2] == 1).any()


def test_an_empty_mask():
    assert not smooth_outline(np.zeros((2, 5, 5), np.uint8), UNIT, Smooth()).any()
