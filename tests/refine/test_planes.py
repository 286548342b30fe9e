import pytest

from napari_wsss.refine.planes import neighbours, voxel_volume


@pytest.mark.parametrize(
    ("mode", "corners", "touching"), [("3d", False, 7), ("3d", True, 27), ("2d", False, 5), ("2d", True, 9)]
)
def test_neighbours(mode, corners, touching):
    assert neighbours(3, mode, corners=corners).sum() == touching


def test_voxel_volume():
    assert voxel_volume((3.0, 0.5, 2.0)) == 3.0
