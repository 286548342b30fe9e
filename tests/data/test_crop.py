import numpy as np
import pytest

from napari_wsss.data.crop import CropMirror, draw_windows
from napari_wsss.errors import InputError


def test_windows_reach_every_place_and_no_further():
    windows = draw_windows(CropMirror(crop=3), 500, np.random.default_rng(0))
    assert set(windows.top.tolist()) == set(windows.left.tolist()) == {0, 1, 2, 3}
    assert 0.4 < windows.mirrored.mean() < 0.6
    assert windows.crop == 3


def test_the_same_generator_draws_the_same():
    one, two = (draw_windows(CropMirror(), 9, np.random.default_rng(5)) for _ in range(2))
    for name in ("top", "left", "mirrored"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_a_crop_that_leaves_nothing_is_refused():
    assert CropMirror(crop=20).window(340) == 320
    with pytest.raises(InputError, match="32 pixels cut away of images of 32 leave nothing"):
        CropMirror(crop=32).window(32)


def test_nothing_cut_and_never_mirrored():
    windows = draw_windows(CropMirror(crop=0, mirror_probability=0), 20, np.random.default_rng(0))
    assert not windows.top.any()
    assert not windows.left.any()
    assert not windows.mirrored.any()
