"""Whole scans into a box and back: places by hand, agreement with torch and with the slices' letterbox."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from napari_wsss.data.letterbox import Letterbox
from napari_wsss.data.volume import Geometry
from napari_wsss.data.volume_box import VolumeBox, even_grid
from napari_wsss.errors import InputError

RNG = np.random.default_rng(0)


def geometry(shape, spacing=(1.0, 1.0, 1.0)):
    z, y, x = spacing
    return Geometry(shape, np.diag([x, y, z, 1.0]))


@pytest.mark.parametrize(
    ("shape", "spacing", "box", "content", "margins"),
    [
        ((155, 240, 240), (1, 1, 1), (96, 96, 96), (62, 96, 96), (17, 0, 0)),
        ((30, 50, 40), (5, 1, 1), (96, 64, 96), (96, 32, 26), (0, 16, 35)),  # 150 × 50 × 40 mm, the depth fills
        ((10, 256, 256), (1, 1, 1), (96, 96, 96), (4, 96, 96), (46, 0, 0)),
        ((1, 500, 20), (0.1, 1, 1), (32, 32, 32), (1, 32, 1), (15, 0, 15)),
    ],
)
def test_proportions_in_millimetres_by_hand(shape, spacing, box, content, margins):
    found = VolumeBox.of(geometry(shape, spacing), "fit", box)
    assert found.content == content
    assert found.margins == margins


def test_fill_stretches_each_axis_and_scan_takes_the_voxels_as_they_are():
    scan = geometry((5, 8, 6), (6.0, 1.0, 1.0))
    assert VolumeBox.of(scan, "fill", (16, 24, 32)).content == (16, 24, 32)
    own = VolumeBox.of(scan, "scan", (16, 24, 32))
    image = RNG.normal(size=(2, 5, 8, 6)).astype(np.float32)
    labels = (image > 0).astype(np.uint8)
    for there in (own.apply(image), own.invert(image)):
        assert np.array_equal(there, image)
    for there in (own.apply_labels(labels), own.invert_labels(labels)):
        assert np.array_equal(there, labels)


@pytest.mark.parametrize("box", [(5, 9, 7), (20, 33, 28)])
def test_enlarging_is_what_torch_does(box):
    image = RNG.normal(size=(2, 5, 9, 7)).astype(np.float32)
    expected = F.interpolate(torch.from_numpy(image)[None], box, mode="trilinear")[0].numpy()
    found = VolumeBox.of(geometry((5, 9, 7)), "fill", box).apply(image)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_shrinking_averages_all_voxels():
    image = RNG.random((8, 8, 8)).astype(np.float32)
    noise = VolumeBox.of(geometry((8, 8, 8)), "fit", (2, 2, 2)).apply(image)
    assert np.ptp(noise) < 0.5 * np.ptp(image[::4, ::4, ::4]), "a few voxels alone would waver more"
    constant = VolumeBox.of(geometry((9, 7, 5)), "fit", (4, 4, 4))
    np.testing.assert_allclose(constant.apply(np.full((9, 7, 5), 3.0), fill=3.0), 3.0, rtol=1e-6)


def test_margins_hold_the_fill_and_labels_end_there():
    box = VolumeBox.of(geometry((4, 8, 8)), "fit", (8, 8, 8))
    assert box.inside == (slice(2, 6), slice(0, 8), slice(0, 8))
    filled = box.apply(np.ones((4, 8, 8)), fill=-2.0)
    assert (filled[2:6] == 1).all()
    assert (filled[:2] == -2).all()
    assert (filled[6:] == -2).all()
    assert box.apply_labels(np.ones((4, 8, 8), np.uint8)).sum() == 4 * 8 * 8


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (4.0, 0.9, 0.9), (1.2, 1.2, 0.6)])
def test_a_blob_comes_back_where_it_was_and_is_round_in_the_box(spacing):
    shape, place = (32, 44, 52), np.array([15.0, 24, 29])
    axes = np.mgrid[:32, :44, :52]
    distances = sum(((axis - at) * side) ** 2 for axis, at, side in zip(axes, place, spacing, strict=True))
    box = VolumeBox.of(geometry(shape, spacing), "fit", (64, 64, 64))
    there = box.apply(np.exp(-distances / 25))
    assert centre_of(box.invert(there)) == pytest.approx(place, abs=0.05)
    middle = centre_of(there)
    spread = [
        (there * (axis - at) ** 2).sum() / there.sum() for axis, at in zip(np.mgrid[:64, :64, :64], middle, strict=True)
    ]
    assert spread == pytest.approx([spread[1]] * 3, rel=0.3)  # thick slices blur what they are interpolated from


def centre_of(image):
    return [(image * axis).sum() / image.sum() for axis in np.mgrid[tuple(slice(side) for side in image.shape)]]


def test_a_plane_goes_through_both_unchanged():
    z, y, x = np.mgrid[:12, :20, :16].astype(np.float32)
    plane = 2 * z + 3 * y - x
    box = VolumeBox.of(geometry((12, 20, 16), (2.0, 1.0, 1.5)), "fit", (36, 36, 36))
    inner = (slice(2, -2),) * 3
    np.testing.assert_allclose(box.invert(box.apply(plane))[inner], plane[inner], atol=1e-3)


@pytest.mark.parametrize("shape", [(6, 10, 8), (9, 7, 5)])
def test_labels_survive_enlarging_and_back(shape):
    labels = RNG.integers(0, 3, shape).astype(np.uint8)
    box = VolumeBox.of(geometry(shape, (2.0, 1.0, 1.0)), "fit", (40, 40, 40))
    assert np.array_equal(box.invert_labels(box.apply_labels(labels)), labels)


@pytest.mark.parametrize("grid", [None, np.array([(0.1, 0.2), (0.05, 0.3), (0.2, 0.15)])])
def test_slice_maps_lead_the_letterbox_to_the_same_places(grid):
    box = VolumeBox.of(geometry((9, 31, 22), (3.0, 1.0, 1.0)), "fit", (24, 32, 40))
    maps = RNG.normal(size=(2, 4, 3, 5)).astype(np.float32)
    slices, lines, side = box.slice_maps(maps, grid)
    assert slices.shape == (2, 9, 3, 5)
    np.testing.assert_allclose(Letterbox((31, 22), side).invert(slices, lines), box.invert(maps, grid), atol=1e-6)


def test_a_cell_comes_back_to_its_centre():
    # Cells of 4 × 8 × 8 voxels of a box that holds the scan 1:1.
    box = VolumeBox.of(geometry((16, 32, 32)), "fill", (16, 32, 32))
    maps = np.zeros((4, 4, 4), np.float32)
    maps[1, 2, 1] = 1
    back = box.invert(maps)
    centre = [(back * axis).sum() / back.sum() for axis in np.mgrid[:16, :32, :32]]
    np.testing.assert_allclose(centre, [5.5, 19.5, 11.5], atol=1e-5)
    assert np.array_equal(even_grid((4, 4, 4))[0], [0.125, 0.25])


def test_slices_in_blocks_by_hand():
    # Six slices of 2 planes each, from plane 2 on: centres at 3, 5, 7, 9, 11, 13.
    box = VolumeBox((6, 4, 4), (16, 4, 4), (12, 4, 4))
    found = [box.slices_in(first, first + 8) for first in (0, 4, 8)]
    assert [(part.start, part.stop) for part in found] == [(0, 3), (1, 5), (3, 6)]
    assert list(box.slice_cells(np.array([0.125, 0.25]), 4)) == [0, 1, 1, 2, 2, 3]


def test_wrong_shapes_are_refused():
    box = VolumeBox.of(geometry((4, 8, 8)), "fit", (8, 8, 8))
    for apply in (box.apply, box.apply_labels):
        with pytest.raises(InputError, match=r"\(4, 8, 9\).*\(4, 8, 8\)"):
            apply(np.zeros((4, 8, 9)))
    with pytest.raises(InputError, match="must be ≥ 1"):
        VolumeBox((0, 1, 1), (8, 8, 8), (8, 8, 8))
