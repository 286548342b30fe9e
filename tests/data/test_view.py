"""Every orientation of a scan on disk looks the same on the screen, and what is painted lands where it was seen."""

import itertools
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.view import View, plane_of, view_of
from napari_wsss.data.volume import Geometry, Source, Volume

CODES = [
    "".join(choice) for pairs in itertools.permutations(["LR", "AP", "IS"]) for choice in itertools.product(*pairs)
]
SIZE = {"R": 4, "L": 4, "A": 5, "P": 5, "S": 6, "I": 6}
LOOK = {"S": ("A", "R"), "I": ("A", "R"), "A": ("S", "R"), "P": ("S", "R"), "L": ("S", "A"), "R": ("S", "A")}
"""Through-plane axis → what is seen at the top and at the left of the screen."""


def scan(codes):
    """Give a scan in the given orientation whose voxels hold their R, A and S coordinate."""
    shape = (SIZE["R"], SIZE["A"], SIZE["S"])
    ras = np.stack(np.meshgrid(*[np.arange(size) for size in shape], indexing="ij"), axis=-1)
    image = nib.Nifti1Image(ras.astype(np.float32), np.eye(4))
    turn = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("RAS"), nib.orientations.axcodes2ornt(tuple(codes))
    )
    turned = image.as_reoriented(turn)
    assert nib.aff2axcodes(turned.affine) == tuple(codes)
    array = np.asarray(turned.dataobj).transpose(3, 2, 1, 0)
    return array, Geometry(array.shape[1:], turned.affine)


@pytest.mark.parametrize("codes", CODES)
def test_radiological_whatever_lies_on_disk(codes):
    array, geometry = scan(codes)
    view = View.of(geometry)
    shown = dict(zip("RAS", view.apply(array), strict=True))
    assert shown["R"].base is not None
    top, left = LOOK[codes[2]]
    first, last = shown[top][0, 0, 0], shown[top][0, -1, 0]
    assert first > last, "the top of the screen"
    first, last = shown[left][0, 0, 0], shown[left][0, 0, -1]
    assert first > last, "the left of the screen"
    through = "RAS"["RAS".index({"L": "R", "P": "A", "I": "S"}.get(codes[2], codes[2]))]
    np.testing.assert_array_equal(shown[through][:, 0, 0], array["RAS".index(through)][:, 0, 0])


@pytest.mark.parametrize("codes", CODES)
def test_painting_writes_into_the_array_on_disk_order(codes):
    _, geometry = scan(codes)
    view = View.of(geometry)
    mask = np.zeros(geometry.shape, np.uint8)
    shown = view.apply(mask)
    assert np.shares_memory(shown, mask)
    shown[1, 2, 1] = 3
    assert mask.sum() == 3
    assert mask[1].any()
    back = view.invert(shown)
    assert np.shares_memory(back, mask)
    np.testing.assert_array_equal(back, mask)


@pytest.mark.parametrize("convention", ["radiological", "neurological"])
@pytest.mark.parametrize("through", [0, 1, 2])
@pytest.mark.parametrize("codes", CODES)
def test_every_plane_is_the_right_way_up(codes, through, convention):
    """What is seen at top and left is read from the voxels themselves, which hold their R, A and S coordinate."""
    array, geometry = scan(codes)
    view = View.of(geometry, convention=convention, through=through)
    shown = dict(zip("RAS", view.apply(array), strict=True))
    across = {"L": "R", "P": "A", "I": "S"}.get(codes[2 - through], codes[2 - through])
    top, left = {"S": ("A", "R"), "A": ("S", "R"), "R": ("S", "A")}[across]
    assert shown[top][0, 0, 0] > shown[top][0, -1, 0]
    first, last = shown[left][0, 0, 0], shown[left][0, 0, -1]
    assert (first > last) == (convention == "radiological" or left == "A")
    slices = np.moveaxis(array["RAS".index(across)], through, 0)
    np.testing.assert_array_equal(shown[across][:, 0, 0], slices[:, 0, 0])


@pytest.mark.parametrize(
    "view", [View(*turns) for turns in itertools.product((False, True), (False, True), (False, True), range(3))]
)
def test_places_and_voxels(view):
    """A voxel is found on the screen where its value is, and back; size and array agree."""
    shape = (2, 3, 4)
    array = np.arange(24).reshape(shape)
    shown = view.apply(array)
    assert np.shares_memory(shown, array)
    for voxel in np.ndindex(shape):
        place = view.place(voxel, shape)
        assert shown[place] == array[voxel]
        assert view.voxel(place, shape) == voxel
    np.testing.assert_array_equal(view.invert(shown), array)
    assert view.scale((2.0, 3.0, 4.0)) == shown.shape


def test_directions_and_planes():
    geometry = Geometry((2, 3, 4), np.diag([-1.0, -1.0, 2.5, 1.0]))  # LPS
    scan = Volume(np.zeros((1, 2, 3, 4)), geometry, ("image",), Source("nifti", Path("scan.nii")))
    assert [view_of(scan, through=axis).directions(geometry) for axis in range(3)] == [
        ("S", "P", "L"),
        ("P", "I", "L"),
        ("L", "I", "P"),
    ]
    assert view_of(scan, "neurological").directions(geometry) == ("S", "P", "R")
    assert [plane_of(scan, axis) for axis in range(3)] == ["axial", "coronal", "sagittal"]


def test_voxel_size_follows_the_axes():
    geometry = Geometry((2, 3, 4), np.diag([1.0, 2.0, 3.0, 1.0]))
    assert View().scale(geometry.spacing) == (3.0, 2.0, 1.0)
    assert View(transpose=True).scale(geometry.spacing) == (3.0, 1.0, 2.0)


def test_pictures_are_shown_as_they_are():
    array = np.arange(12, dtype=np.uint8).reshape(1, 1, 3, 4)
    picture = Volume(array, Geometry((1, 3, 4), np.eye(4)), ("image",), Source("raster", Path("scan.png")))
    assert view_of(picture) == view_of(picture, "neurological") == View()
    assert plane_of(picture, 1) == "rows"
