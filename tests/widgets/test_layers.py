"""A scan becomes napari layers: channels, colour, contrast."""

from pathlib import Path

import numpy as np

from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.widgets._layers import contrast_limits, image_layers


def volume(array, rgb=False, format_="nifti", affine=None):
    names = ("red", "green", "blue") if rgb else tuple(f"channel{n}" for n in range(len(array)))
    geometry = Geometry(array.shape[1:], np.eye(4) if affine is None else affine)
    return Volume(array, geometry, names, Source(format_, Path("scan")), rgb)


def test_colour_is_one_layer():
    array = np.random.default_rng(0).integers(0, 255, (3, 1, 6, 7), dtype=np.uint8)
    [(data, words, kind)] = image_layers(volume(array, rgb=True, format_="raster"))
    assert (kind, words["rgb"], data.shape) == ("image", True, (1, 6, 7, 3))
    np.testing.assert_array_equal(data[0, :, :, 1], array[1, 0])


def test_one_layer_a_channel_and_the_first_is_shown():
    array = np.random.default_rng(0).normal(size=(2, 4, 6, 7)).astype(np.float32)
    layers = image_layers(volume(array))
    assert [words["name"] for _, words, _ in layers] == ["channel0", "channel1"]
    assert [words["visible"] for _, words, _ in layers] == [True, False]
    assert all(np.shares_memory(data, array) for data, _, _ in layers)


def test_contrast_ignores_air_and_outliers():
    rng = np.random.default_rng(0)
    array = np.zeros((20, 40, 40), np.float32)
    array[:, 8:32, 8:32] = rng.uniform(100, 200, (20, 24, 24))
    array[3, 10, 10] = 1e6
    low, high = contrast_limits(array)
    assert low == 0.0
    assert 190 <= high <= 201


def test_contrast_keeps_negative_hounsfield_units():
    rng = np.random.default_rng(0)
    array = np.full((20, 40, 40), -1024, np.int16)
    array[:, 8:32, 8:32] = rng.integers(-100, 100, (20, 24, 24))
    low, high = contrast_limits(array)
    assert -110 <= low <= -90
    assert 90 <= high <= 100


def test_contrast_of_a_constant_scan():
    low, high = contrast_limits(np.full((2, 3, 4), 7.0, np.float32))
    assert low < high
