"""Maps of a volume as those of the scan's slices: every place and score where it belongs."""

import numpy as np
import pytest

from napari_wsss.cam.volume import VolumeMap, cell_grid
from napari_wsss.data.volume import Geometry
from napari_wsss.data.volume_box import VolumeBox
from napari_wsss.pipeline.scan import Scan
from napari_wsss.pipeline.steps import FuseMaps
from napari_wsss.pipeline.steps.volume_maps import map_arrays

SHAPE = (12, 22, 30)
GEOMETRY = Geometry(SHAPE, np.diag([1.0, 1.0, 2.5, 1.0]))


def found(box, stride=4):
    sides = [side // stride for side in box.shape]
    maps = np.random.default_rng(0).random((1, *sides)).astype(np.float32)
    scores = np.arange(sides[0], dtype=np.float32)[:, None]
    return VolumeMap(maps / maps.max(), cell_grid(box.shape, stride), scores)


@pytest.mark.parametrize("grid", ["fit", "fill", "scan"])
def test_the_soft_map_is_the_volumes_map_brought_back(grid):
    box = VolumeBox.of(GEOMETRY, grid, (24, 28, 32))
    volume = found(box)
    scan = Scan(np.zeros((1, *SHAPE), np.float32), GEOMETRY.spacing, np.ones((12, 1), np.int8))
    step = FuseMaps(maps="maps", scales=(1.0,), scope_of_range="volume", gate="volume")
    evidence = step.compute({"maps": map_arrays(box, volume)}, scan)
    there = box.invert(volume.maps, volume.grid)
    np.testing.assert_allclose(evidence, (there - there.min()) / np.ptp(there), atol=2e-3)  # kept in half precision


def test_a_slice_has_the_score_of_the_plane_it_lies_in():
    box = VolumeBox.of(GEOMETRY, "fill", (24, 28, 32))  # a slice takes two planes, a plane of cells four: two slices
    assert map_arrays(box, found(box))["logits"][:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
