"""Maps of several layers: cut to slices and fused."""

import numpy as np

from napari_wsss.pipeline.question import cut_root
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps import FuseMaps


def _maps(side, row, height):
    """One class, three slices; each slice's peak is in ``row``."""
    maps = np.zeros((1, 3, side, side), np.float16)
    maps[0, :, row, row] = [height, 2 * height, 3 * height]
    return maps


SIDE = 8
ARRAYS = {
    "scale-1": _maps(8, 1, 1000),
    "scale-1-1": _maps(8, 6, 0.01),
    "grid-1": np.array([[0.5 / 8, 1 / 8]] * 2),
    "grid-1-1": np.array([[0.5 / 8, 1 / 8]] * 2),
    "logits": np.ones((3, 1), np.float32),
    "size": np.asarray(SIDE),
}
SCAN = Scan(np.zeros((1, 3, SIDE, SIDE), np.float32), (1.0, 1.0, 1.0), np.array([[1], [0], [1]], np.int8))
STEP = FuseMaps(maps="maps", scales=(1.0,))


def test_each_layer_counts_alike_in_open_slices():
    evidence = STEP.compute({"maps": ARRAYS}, SCAN)
    assert evidence.shape == (1, 3, SIDE, SIDE)
    for z in (0, 2):
        assert sorted(map(tuple, np.argwhere(evidence[0, z] == 1))) == [(1, 1), (6, 6)]
    assert not evidence[0, 1].any()


def test_one_layer_alone():
    alone = {name: array for name, array in ARRAYS.items() if not name.endswith("-1-1")}
    evidence = STEP.compute({"maps": alone}, SCAN)
    assert np.argwhere(evidence[0, 0]).tolist() == [[1, 1]]


def test_every_layer_is_cut_to_the_slice():
    region = slice(2, 3)
    cut = {name: cut_root(name, array, region) for name, array in ARRAYS.items()}
    assert cut["scale-1-1"].shape == (1, 1, SIDE, SIDE)
    assert cut["grid-1-1"] is ARRAYS["grid-1-1"]
    np.testing.assert_array_equal(
        STEP.compute({"maps": cut}, SCAN.cut(region)), STEP.compute({"maps": ARRAYS}, SCAN)[:, region]
    )
