"""Masks as NIfTI lie exactly as their scans, for nibabel and for SimpleITK."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from leaving import AFFINES, cases_in, export, item_for, labels_of, write_scan

from napari_wsss.export.native import Native
from napari_wsss.export.nifti import Nifti


@pytest.mark.parametrize("kind", [Nifti, Native])
@pytest.mark.parametrize("name", AFFINES)
def test_mask_and_grid_come_back_the_same(tmp_path, name, kind):
    scan = write_scan(tmp_path / "in" / "a.nii.gz", AFFINES[name])
    (case,) = cases_in(tmp_path / "in")
    mask = labels_of()
    done = export([item_for(case, mask)], kind(), tmp_path / "out")
    assert done.paths == [tmp_path / "out" / "S001-1.nii.gz"]
    again, source = nib.load(done.paths[0]), nib.load(scan)
    np.testing.assert_array_equal(np.asarray(again.dataobj), mask.T)
    for field in ("qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "pixdim", "quatern_b", "qoffset_x"):
        np.testing.assert_array_equal(again.header[field], source.header[field])
    by_itk, scan_by_itk = sitk.ReadImage(done.paths[0]), sitk.ReadImage(scan)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(by_itk), mask)
    for figure in ("GetOrigin", "GetSpacing", "GetDirection", "GetSize"):
        assert getattr(by_itk, figure)() == getattr(scan_by_itk, figure)()


@pytest.mark.parametrize("hidden", [True, False])
def test_texts_of_the_header_go_out_only_with_names(tmp_path, case, hidden):
    (path,) = export([item_for(case, hidden=hidden)], Nifti(), tmp_path / "out").paths
    assert (b"Miller" in bytes(nib.load(path).header.binaryblock)) is not hidden


def test_scans_of_other_formats_give_nifti_too(tmp_path):
    affine = AFFINES["oblique"]
    image = sitk.GetImageFromArray(np.arange(120, dtype=np.int16).reshape(6, 5, 4))
    lps = np.diag([-1.0, -1.0, 1.0]) @ affine[:3, :3]
    spacing = np.linalg.norm(lps, axis=0)
    image.SetDirection((lps / spacing).ravel())
    image.SetSpacing(spacing)
    image.SetOrigin(np.diag([-1.0, -1.0, 1.0]) @ affine[:3, 3])
    (tmp_path / "in").mkdir()
    sitk.WriteImage(image, tmp_path / "in" / "a.mha")
    (case,) = cases_in(tmp_path / "in")
    mask = labels_of()
    (path,) = export([item_for(case, mask)], Nifti(), tmp_path / "out").paths
    again = sitk.ReadImage(path)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(again), mask)
    np.testing.assert_allclose(again.GetOrigin(), image.GetOrigin(), atol=1e-4)
    np.testing.assert_allclose(again.GetDirection(), image.GetDirection(), atol=1e-6)
    (native,) = export([item_for(case, mask)], Native(), tmp_path / "native").paths
    assert native.name == "S001-1.mha"
    assert sitk.ReadImage(native).GetOrigin() == image.GetOrigin()
