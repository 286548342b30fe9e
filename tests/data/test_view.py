"""Every orientation of a scan on disk looks the same on the screen, and what is painted lands where it was seen."""

import itertools
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.view import View, view_of
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


def test_voxel_size_follows_the_axes():
    geometry = Geometry((2, 3, 4), np.diag([1.0, 2.0, 3.0, 1.0]))
    assert View().scale(geometry.spacing) == (3.0, 2.0, 1.0)
    assert View(transpose=True).scale(geometry.spacing) == (3.0, 1.0, 2.0)


def test_pictures_are_shown_as_they_are():
    array = np.arange(12, dtype=np.uint8).reshape(1, 1, 3, 4)
    picture = Volume(array, Geometry((1, 3, 4), np.eye(4)), ("image",), Source("raster", Path("scan.png")))
    assert view_of(picture) == View()
