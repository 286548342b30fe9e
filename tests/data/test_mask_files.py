"""A mask as one file: what other programs read is the same voxels at the same place."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 (the name its documentation uses)

from napari_wsss.data.mask_files import MASK_SUFFIXES, save_mask
from napari_wsss.data.masks import read_mask
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import InputError

OBLIQUE = np.array(
    [
        [-0.9, 0.05, 0.4, 30.0],
        [0.0, -0.8, 0.3, -12.5],
        [0.17, 0.25, 2.3, 7.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
)
AFFINES = {
    "RAS": np.diag([1.0, 1.5, 2.5, 1.0]),
    "LPS": np.diag([-1.0, -1.5, 2.5, 1.0]),
    "permuted": np.array([[0, 0, 2.5, 4.0], [-1.0, 0, 0, 5.0], [0, 1.5, 0, 6.0], [0, 0, 0, 1.0]]),
    "oblique": OBLIQUE,
}


def orthogonal(affine):
    """Give the affine with its axes at right angles, as files of ITK hold them."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    directions, _ = np.linalg.qr(affine[:3, :3] / spacing)
    signs = np.sign(np.sum(directions * affine[:3, :3], axis=0))
    made = affine.copy()
    made[:3, :3] = directions * signs * spacing
    return made


@pytest.mark.parametrize("suffix", MASK_SUFFIXES)
@pytest.mark.parametrize("name", AFFINES)
def test_the_file_has_the_mask_at_the_scans_place(tmp_path, name, suffix):
    affine = orthogonal(AFFINES[name])
    mask = np.random.default_rng(0).integers(0, 3, (4, 5, 6)).astype(np.uint8)
    path = tmp_path / f"mask{suffix}"
    save_mask(mask, Geometry(mask.shape, affine), path)
    back, geometry = read_mask(path)
    np.testing.assert_array_equal(back, mask)
    np.testing.assert_allclose(geometry.affine, affine, atol=1e-5)
    image = sitk.ReadImage(str(path))  # another program's reading
    index = (5, 1, 3)
    np.testing.assert_allclose(
        np.array(image.TransformIndexToPhysicalPoint(index)) * [-1, -1, 1], (affine @ [*index, 1])[:3], atol=1e-4
    )
    assert image[index] == mask[3, 1, 5]


def test_a_nifti_keeps_the_scans_own_header(tmp_path):
    scan = nib.Nifti1Image(np.zeros((6, 5, 4), np.int16), AFFINES["oblique"])
    scan.set_sform(AFFINES["oblique"], code=4)
    scan.set_qform(orthogonal(AFFINES["oblique"]), code=2)
    mask = np.ones((4, 5, 6), np.uint8)
    save_mask(mask, Geometry(mask.shape, AFFINES["oblique"]), tmp_path / "mask.nii", scan.header)
    back = nib.load(tmp_path / "mask.nii").header
    assert (int(back["sform_code"]), int(back["qform_code"])) == (4, 2)


def test_other_endings_and_shapes_are_refused(tmp_path):
    mask, like = np.zeros((2, 3, 4), np.uint8), Geometry((2, 3, 4), np.eye(4))
    with pytest.raises(InputError, match=r"\.nii\.gz, \.nii, \.nrrd, \.mha"):
        save_mask(mask, like, tmp_path / "mask.png")
    with pytest.raises(InputError, match="but the scan has"):
        save_mask(mask[:1], like, tmp_path / "mask.nrrd")
    assert not list(tmp_path.iterdir())
