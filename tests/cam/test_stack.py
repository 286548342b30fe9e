"""Names on disk, there and back."""

import numpy as np

from napari_wsss.cam.stack import LayerMaps, MapStack, layers_in


def _layer(number, scales):
    maps = {scale: np.full((1, 2, 3, 3), number + scale, np.float16) for scale in scales}
    return LayerMaps(maps, {scale: np.full((2, 2), number * scale) for scale in scales})


def test_names():
    stack = MapStack([_layer(0, (0.5, 1.0)), _layer(1, (0.5, 1.0))], np.zeros((2, 1), np.float32))
    arrays = stack.arrays()
    assert set(arrays) == {
        "scale-0.5", "scale-1", "scale-0.5-1", "scale-1-1", "grid-0.5", "grid-1", "grid-0.5-1", "grid-1-1", "logits"
    }  # fmt: skip
    assert stack.maps is stack.layers[0].maps
    assert stack.grids is stack.layers[0].grids


def test_there_and_back():
    layers = [_layer(number, (0.5, 1.5, 2.0)) for number in range(12)]
    arrays = MapStack(layers, np.zeros((2, 1), np.float32)).arrays() | {"size": np.asarray(64)}
    back = layers_in(dict(reversed(arrays.items())))
    assert len(back) == 12
    for before, after in zip(layers, back, strict=True):
        assert set(after.maps) == {0.5, 1.5, 2.0}
        assert all(after.maps[scale] is before.maps[scale] for scale in before.maps)
        assert all(after.grids[scale] is before.grids[scale] for scale in before.grids)


def test_maps_without_grids():
    (layer,) = layers_in({"scale-1": np.zeros((1, 1, 2, 2)), "logits": np.zeros((1, 1))})
    assert layer.grids == {}
