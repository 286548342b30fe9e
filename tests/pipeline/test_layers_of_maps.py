"""Maps of several layers: cut to slices and fused."""

from dataclasses import replace

import numpy as np
import pytest

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


@pytest.mark.parametrize(
    ("labels", "whole", "shown"),
    [
        ([-1, -1, -1], 1, True),
        ([-1, -1, -1], 0, False),
        ([0, 0, -1], None, True),  # nobody labelled the whole, and the scores speak for it
        ([0, 0, 0], None, False),
        ([0, 1, 0], None, True),
    ],
)
def test_the_label_of_the_whole_opens_all_slices(labels, whole, shown):
    named = None if whole is None else np.array([whole], np.int8)
    scan = replace(SCAN, labels=np.array(labels, np.int8)[:, None], whole=named)
    scores = np.array([[-1], [2], [-1]], np.float32)
    step = FuseMaps(maps="maps", scales=(1.0,), gate="volume")
    evidence = step.compute({"maps": {**ARRAYS, "logits": scores}}, scan)
    assert [bool(part.any()) for part in evidence[0]] == [shown] * 3
    assert not step.slicewise
    silent = step.compute({"maps": {**ARRAYS, "logits": scores - 3}}, scan)
    assert silent.any() == (shown and (whole == 1 or 1 in labels))


def test_a_slice_alone_knows_the_label_of_the_whole():
    assert SCAN.cut(slice(1, 2)).volume_labels.tolist() == [1]


def test_every_layer_is_cut_to_the_slice():
    region = slice(2, 3)
    cut = {name: cut_root(name, array, region) for name, array in ARRAYS.items()}
    assert cut["scale-1-1"].shape == (1, 1, SIDE, SIDE)
    assert cut["grid-1-1"] is ARRAYS["grid-1-1"]
    np.testing.assert_array_equal(
        STEP.compute({"maps": cut}, SCAN.cut(region)), STEP.compute({"maps": ARRAYS}, SCAN)[:, region]
    )
