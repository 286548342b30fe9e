"""Statistics against tables computed by hand, and against scikit-image."""

from pathlib import Path

import numpy as np
import pytest
from skimage.measure import regionprops

from napari_wsss.data.volume import Geometry, Source, Volume
from napari_wsss.edit.statistics import measure
from napari_wsss.errors import InputError
from napari_wsss.progress import drain

OBLIQUE = np.array(
    [
        [0.8 * np.cos(0.3), -0.6 * np.sin(0.3), 0.0, -30.0],
        [0.8 * np.sin(0.3), 0.6 * np.cos(0.3), 0.0, 12.0],
        [0.0, 0.0, 2.5, 40.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
)
"""Voxels of 0.8 × 0.6 × 2.5 mm, turned by 0.3 rad around the body's long axis."""


def grid(shape, affine=None):
    return Geometry(shape, np.diag([1.0, 1.0, 1.0, 1.0]) if affine is None else affine)


def scan_of(array, geometry):
    names = tuple(f"c{number}" for number in range(len(array)))
    return Volume(array, geometry, names, Source("nifti", Path("scan.nii.gz")))


def box(shape, low, high, value=1):
    mask = np.zeros(shape, np.uint8)
    mask[tuple(slice(*ends) for ends in zip(low, high, strict=True))] = value
    return mask


def test_box_on_an_oblique_anisotropic_grid_by_hand():
    """6 × 4 × 3 voxels along x, y, z; edges between the outermost voxel centres 4.0, 1.8 and 5.0 mm."""
    mask = box((7, 9, 11), (2, 3, 4), (5, 7, 10))
    (whole, lesion) = drain(measure(mask, grid(mask.shape, OBLIQUE), 1))
    assert (whole.lesion, lesion.lesion) == (None, 1)
    assert lesion.voxels == whole.voxels == 72
    assert lesion.volume == pytest.approx(72 * 0.8 * 0.6 * 2.5)
    assert lesion.slices == (2, 4)
    # six faces between the centres, twelve bevels half a voxel wide each way, eight corner triangles
    a, b, c = 4.0, 1.8, 5.0
    p, q, r = 0.4, 0.3, 1.25
    bevels = 4 * (a * np.hypot(q, r) + b * np.hypot(p, r) + c * np.hypot(p, q))
    corners = 8 * 0.5 * np.sqrt((p * q) ** 2 + (q * r) ** 2 + (p * r) ** 2)
    assert lesion.surface == pytest.approx(2 * (a * b + b * c + a * c) + bevels + corners, rel=1e-5)
    half_a_voxel_more = np.sqrt(4.0**2 + 1.8**2 + 7.5**2)
    assert lesion.diameter == pytest.approx(half_a_voxel_more, rel=1e-5)
    middle = OBLIQUE @ [6.5, 4.5, 3.0, 1.0]
    np.testing.assert_allclose(lesion.centroid, middle[:3])
    assert mask[lesion.place] == 1


def test_one_voxel():
    mask = box((3, 3, 3), (1, 1, 1), (2, 2, 2))
    lesion = drain(measure(mask, grid(mask.shape, np.diag([1.0, 1.0, 4.0, 1.0])), 1))[1]
    assert (lesion.voxels, lesion.volume, lesion.diameter) == (1, 4.0, pytest.approx(4.0))
    assert lesion.surface == pytest.approx(8 * 0.5 * np.sqrt(0.25**2 + 1.0 + 1.0))  # an octahedron
    assert lesion.place == (1, 1, 1)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 1.0, 1.0)])
def test_ball_comes_near_what_geometry_says(spacing):
    """Volume within 1 %; the mesh follows the steps of the voxels, so surface and diameter are a little larger."""
    radius, count = 15.0, [int(15 / size) + 3 for size in spacing]
    z, y, x = np.ogrid[tuple(slice(-n, n + 1) for n in count)]
    mask = ((z * spacing[0]) ** 2 + (y * spacing[1]) ** 2 + (x * spacing[2]) ** 2 <= radius**2).astype(np.uint8)
    ball = drain(measure(mask, grid(mask.shape, np.diag([*spacing[::-1], 1.0])), 1))[1]
    assert ball.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.01)
    assert 1.0 < ball.surface / (4 * np.pi * radius**2) < 1.15
    assert 2 * radius <= ball.diameter <= 2 * radius + max(spacing)
    np.testing.assert_allclose(ball.centroid, [count[2] * spacing[2], count[1] * spacing[1], count[0] * spacing[0]])


def test_surface_diameter_and_volume_do_not_depend_on_how_the_body_lay():
    rng = np.random.default_rng(3)
    mask = np.zeros((8, 9, 10), np.uint8)
    mask[1:7, 1:8, 1:9] = rng.random((6, 7, 8)) < 0.4
    turned = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    affine = np.diag([0.8, 0.6, 2.5, 1.0])
    moved = np.eye(4)
    moved[:3, :3], moved[:3, 3] = turned, (5.0, -7.0, 90.0)
    straight, oblique = (drain(measure(mask, grid(mask.shape, place), 1)) for place in (affine, moved @ affine))
    for one, other in zip(straight, oblique, strict=True):
        assert (other.voxels, other.place) == (one.voxels, one.place)
        np.testing.assert_allclose(
            [other.volume, other.surface, other.diameter], [one.volume, one.surface, one.diameter], rtol=1e-5
        )
        np.testing.assert_allclose(other.centroid, (moved @ [*one.centroid, 1.0])[:3])


def test_a_tilted_gantry_keeps_the_volume_of_its_slices():
    tilted = np.diag([1.0, 1.0, 2.0, 1.0])
    tilted[1, 2] = 0.5  # every slice half a millimetre further to the front
    lesion = drain(measure(box((5, 6, 6), (1, 1, 1), (4, 4, 4)), grid((5, 6, 6), tilted), 1))[1]
    assert lesion.volume == pytest.approx(27 * 2.0)
    np.testing.assert_allclose(lesion.centroid, (2.0, 3.0, 4.0))


def test_same_diameter_as_scikit_image():
    rng = np.random.default_rng(5)
    for _ in range(4):
        mask = np.zeros((10, 11, 12), np.uint8)
        mask[2:8, 2:9, 2:10] = rng.random((6, 7, 8)) < 0.6
        mask[4:6, 4:7, 3:9] = 1  # holds it together
        whole = drain(measure(mask, grid(mask.shape), 1))[0]
        (peer,) = regionprops(mask, spacing=(1.0, 1.0, 1.0))
        assert whole.diameter == pytest.approx(peer.feret_diameter_max, rel=1e-5)
        np.testing.assert_allclose(whole.centroid, peer.centroid[::-1])


def test_lesions_touch_by_corners_and_come_by_size():
    mask = box((6, 8, 8), (0, 0, 0), (1, 1, 1)) + box((6, 8, 8), (1, 1, 1), (2, 3, 3))  # one lesion of 5
    mask[5, 5:8, 5:8] = 1
    found = drain(measure(mask, grid(mask.shape), 1))
    assert [(figures.lesion, figures.voxels) for figures in found] == [(None, 14), (1, 9), (2, 5)]
    assert found[0].surface == pytest.approx(found[1].surface + found[2].surface)
    assert found[0].diameter > max(found[1].diameter, found[2].diameter)
    assert found[0].slices == (0, 5)


def test_classes_apart_and_a_class_with_nothing():
    mask = box((3, 4, 4), (0, 0, 0), (2, 2, 2)) + box((3, 4, 4), (0, 2, 0), (2, 4, 2), value=3)
    found = drain(measure(mask, grid(mask.shape), 3))
    assert [(figures.index, figures.lesion, figures.voxels) for figures in found] == [
        (0, None, 8),
        (0, 1, 8),
        (1, None, 0),
        (2, None, 8),
        (2, 1, 8),
    ]
    empty = found[2]
    assert empty.volume == 0.0
    assert (empty.centroid, empty.surface, empty.diameter, empty.place) == (None, None, None, None)


def test_grey_values_of_every_channel():
    geometry = grid((1, 2, 3))
    array = np.array([[[[1, 2, 3], [4, 5, 6]]], [[[-100, 20, 40], [0, 0, 0]]]], np.int16)
    mask = np.array([[[1, 1, 1], [0, 0, 0]]], np.uint8)
    lesion = drain(measure(mask, geometry, 1, scan_of(array, geometry)))[1]
    first, second = lesion.intensities
    assert (first.mean, first.lowest, first.highest) == (2.0, 1.0, 3.0)
    assert first.sd == pytest.approx(np.sqrt(2 / 3))
    assert second.mean == pytest.approx(-40 / 3)


def test_a_single_image_is_measured_in_its_plane():
    affine = np.diag([0.5, 0.5, 9.0, 1.0])  # the thickness counts for nothing but the volume
    mask = box((1, 20, 20), (0, 2, 3), (1, 8, 7))
    lesion = drain(measure(mask, grid(mask.shape, affine), 1))[1]
    assert lesion.area == pytest.approx(24 * 0.25)
    assert lesion.volume == pytest.approx(24 * 0.25 * 9.0)
    assert lesion.surface is None
    assert lesion.diameter == pytest.approx(np.hypot(3.0, 1.5))
    large = np.ones((1, 300, 300), np.uint8)  # more points than are compared with one another directly
    assert drain(measure(large, grid(large.shape), 1))[1].diameter == pytest.approx(np.hypot(300.0, 299.0))


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match="its grid has"):
        drain(measure(np.zeros((2, 3, 4), np.uint8), grid((2, 3, 5)), 1))


def test_it_can_be_stopped_after_each_lesion(monkeypatch):
    monkeypatch.setattr("napari_wsss.edit.statistics.PAUSE", 0.0)
    mask = np.zeros((3, 9, 9), np.uint8)
    mask[1, ::2, ::2] = 1
    work = measure(mask, grid(mask.shape), 1)
    event = next(work)
    assert (event.done, event.total) == (1, 25)
    work.close()
