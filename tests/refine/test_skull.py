import numpy as np
import pytest

from napari_wsss.errors import InputError
from napari_wsss.refine.skull import Skull, inside_skull, remove_skull


@pytest.fixture(scope="module")
def head():
    """A CT of a head: air, skin, a ring of bone, brain with a bleed; the last slice lies above the bone."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-40:40, -40:40]
    radius = np.sqrt(y**2 + (x * 1.2) ** 2)
    plane = np.full((80, 80), -1000.0)
    plane[radius < 34] = 20  # skin
    plane[radius < 32] = 900  # bone
    plane[radius < 28] = 35  # brain
    plane[(y - 5) ** 2 + (x - 8) ** 2 < 25] = 75  # bleed
    scan = np.stack([plane] * 3 + [np.where(radius < 20, 20.0, -1000.0)])
    return (scan + rng.normal(0, 4, scan.shape)).astype(np.int16), radius


def test_inside_is_the_brain_with_its_bleed(head):
    scan, radius = head
    inside = inside_skull(scan, Skull(percentile=88))
    assert inside[:3, radius < 26].all()
    assert not inside[:3, radius > 29].any()
    assert not inside[3].any(), "a slice without skull has no inside"


def test_without_smoothing(head):
    scan, radius = head
    inside = inside_skull(scan, Skull(percentile=88, smoothing=0))
    assert (inside[0] == (radius < 28)).mean() > 0.995


def test_the_rest_takes_the_darkest_value(head):
    scan, _ = head
    inside = inside_skull(scan, Skull(percentile=88))
    removed = remove_skull(scan, Skull(percentile=88))
    assert (removed[inside] == scan[inside]).all()
    assert (removed[~inside] == scan.min()).all()
    assert removed.dtype == scan.dtype


@pytest.mark.parametrize(
    "scan", [np.linspace(0, 1, 64).reshape(1, 8, 8), np.linspace(0, 4000, 64).reshape(1, 8, 8), np.zeros((1, 8, 8))]
)
def test_other_scans_are_refused(scan):
    with pytest.raises(InputError, match=r"Hounsfield units .* leave it off"):
        inside_skull(scan, Skull())
