"""A scan becomes napari layers: channels, colour."""

from pathlib import Path

import numpy as np

from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.widgets._layers import image_layers


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
