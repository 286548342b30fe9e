"""Volumes without their skull."""

from pathlib import Path

import numpy as np
import pytest

from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.errors import InputError
from napari_wsss.pipeline.steps import PrepareVolumes
from napari_wsss.refine.skull import Skull, inside_skull


def head():
    """A ball of 30 HU in a shell of 900 HU, some air and skin of 20 HU around."""
    z, y, x = np.mgrid[-6:7, -24:25, -24:25]
    radius = np.sqrt((z * 2.5) ** 2 + y**2 + x**2)
    scan = np.full(radius.shape, -1000.0, np.float32)
    scan[radius < 23] = 20
    scan[radius < 20] = 900
    scan[radius < 17] = 30
    return scan


def volume(array):
    return Volume(array[None], Geometry(array.shape, np.eye(4)), ("ct",), Source("nifti", Path("a.nii")))


def test_the_skull_goes_and_the_brain_stays():
    scan = head()
    step = PrepareVolumes(grid="scan", intensity="window", skull=True)
    (with_skull,), (without,) = (step.replace(skull=on).prepared(volume(scan)) for on in (False, True))
    assert with_skull[scan == 900].min() == 1
    assert without[scan == 900].max() == 0
    assert without[scan == 20].max() == 0
    brain = inside_skull(scan, Skull())
    np.testing.assert_array_equal(without[brain], with_skull[brain])
    assert (without[scan == 30] > 0).mean() > 0.9


def test_on_other_scans_it_is_refused():
    with pytest.raises(InputError, match="leave it off"):
        PrepareVolumes(skull=True).prepared(volume(head().clip(0, 100)))
