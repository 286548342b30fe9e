"""Scans as 3-D networks take them."""

from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.preprocess import normalise
from napari_wsss.data.preprocess_volume import PreprocessVolume, prepare_volume
from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.errors import RecipeError


def volume(array, spacing=(1.0, 1.0, 1.0)):
    z, y, x = spacing
    geometry = Geometry(array.shape[1:], np.diag([x, y, z, 1.0]))
    names = tuple(f"c{number}" for number in range(len(array)))
    return Volume(array, geometry, names, Source("nifti", Path("a.nii")))


@pytest.mark.parametrize("grid", ["fit", "fill", "scan"])
def test_intensities_then_box(grid):
    array = np.random.default_rng(0).integers(0, 900, (2, 6, 20, 18)).astype(np.int16)
    params = PreprocessVolume(grid=grid, shape=(16, 24, 32), intensity="zscore")
    scan = volume(array, (4.0, 1.0, 1.0))
    prepared = prepare_volume(scan, params)
    assert prepared.dtype == np.float16
    channels, box = normalise(scan, params), params.box(scan.geometry)
    assert prepared.shape == (2, *box.shape)
    for found, channel in zip(prepared, channels, strict=True):
        np.testing.assert_allclose(found, box.apply(channel, fill=channel.min()), rtol=1e-3, atol=1e-3)


def test_margins_look_like_the_background():
    array = np.zeros((1, 2, 8, 8), np.float32)
    array[0, :, 2:6, 2:6] = np.random.default_rng(0).random((2, 4, 4)) + 5
    prepared = prepare_volume(volume(array), PreprocessVolume(shape=(8, 8, 8), intensity="zscore"))
    assert (prepared[0, :3] == prepared.min()).all()
    assert prepared[0, 3:5].max() > 0


def test_values_beyond_half_precision_are_clipped():
    array = np.full((1, 8, 8, 8), 1e6, np.float32)
    prepared = prepare_volume(volume(array), PreprocessVolume(shape=(8, 8, 8), intensity="none"))
    assert (prepared == np.finfo(np.float16).max).all()


@pytest.mark.parametrize("shape", [[96, 96, 4], [2048, 96, 96], [96, 96]])
def test_unusable_shapes_are_refused(shape):
    with pytest.raises(RecipeError, match="shape"):
        PreprocessVolume.parse({"shape": shape})


def test_what_is_not_inside_goes_dark_and_the_rest_is_equalised():
    array = np.arange(64, dtype=np.float32).reshape(1, 4, 4, 4)
    inside = np.zeros((4, 4, 4), bool)
    inside[1:3] = True
    plain, even = (
        prepare_volume(volume(array), PreprocessVolume(grid="scan", intensity="none", equalise=equalise), inside)[0]
        for equalise in (False, True)
    )
    np.testing.assert_array_equal(plain, np.where(inside, array[0], 0))
    # 32 different values: evenly from 1/32 to 1
    np.testing.assert_allclose(even[1:3].ravel(), np.arange(1, 33) / 32, rtol=1e-3)
    assert even[[0, 3]].max() == 0


def test_without_a_region_the_background_stays_out_of_the_equalisation():
    array = np.zeros((1, 2, 4, 4), np.float32)
    array[0, 0] = np.arange(1, 17).reshape(4, 4)
    even = prepare_volume(volume(array), PreprocessVolume(grid="scan", intensity="none", equalise=True))[0]
    np.testing.assert_allclose(even[0].ravel(), np.arange(1, 17) / 16, rtol=1e-3)
    assert even[1].max() == 0
