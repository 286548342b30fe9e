import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile
from affines import AFFINES
from PIL import Image

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.masks import export_mask, read_mask, source_header, write_mask
from napari_wsss.data.volume import Geometry
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.progress import drain


def _mask(shape=(6, 5, 4), classes=2):
    return np.random.default_rng(1).integers(0, classes + 1, shape).astype(np.uint8)


def _case(folder):
    (case,) = drain(scan_cohort(folder, None))
    return case


def _scan(folder, affine, shape=(4, 5, 6), codes=(1, 2), kind=nib.Nifti1Image):
    """A scan with different qform and sform, as after registration, and marks in its header."""
    folder.mkdir(parents=True, exist_ok=True)
    image = kind(np.arange(np.prod(shape), dtype=np.int16).reshape(shape), affine)
    shifted = affine.copy()
    shifted[:3, 3] += 1.5
    image.set_qform(shifted, code=codes[0])
    image.set_sform(affine, code=codes[1])
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = b"scanner 3T"
    image.header.set_slope_inter(2, 1)
    image.to_filename(folder / "a.nii.gz")
    return nib.load(folder / "a.nii.gz")


@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
@pytest.mark.parametrize("codes", [(1, 2), (1, 0), (0, 4), (0, 0)])
@pytest.mark.parametrize("name", AFFINES)
def test_nifti_masks_lie_exactly_as_their_scan(tmp_path, name, codes, kind):
    scan = _scan(tmp_path / "in", AFFINES[name], codes=codes, kind=kind)
    case, mask = _case(tmp_path / "in"), _mask()
    path = export_mask(mask, case, tmp_path / "out")
    again = nib.load(path)
    assert path == tmp_path / "out" / "a.nii.gz"
    assert type(again) is kind
    for field in ("qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "quatern_b", "quatern_c", "quatern_d"):
        np.testing.assert_array_equal(again.header[field], scan.header[field])
    for field in ("qoffset_x", "qoffset_y", "qoffset_z", "pixdim", "xyzt_units", "descrip", "dim"):
        np.testing.assert_array_equal(again.header[field], scan.header[field])
    np.testing.assert_array_equal(again.affine, scan.affine)
    assert again.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(np.asarray(again.dataobj), mask.T)
    labels, geometry = read_mask(path)
    np.testing.assert_array_equal(labels, mask)
    np.testing.assert_array_equal(geometry.affine, case.geometry.affine)


@pytest.mark.parametrize(("shape", "written"), [((4, 5), (4, 5)), ((4, 5, 6, 2), (4, 5, 6)), ((4, 5, 6, 1), (4, 5, 6))])
def test_masks_of_single_slices_and_many_channels(tmp_path, shape, written):
    scan = _scan(tmp_path / "in", AFFINES["LAS"], shape)
    case = _case(tmp_path / "in")
    again = nib.load(export_mask(_mask(case.geometry.shape), case, tmp_path))
    assert again.shape == written
    np.testing.assert_array_equal(again.affine, scan.affine)


@pytest.mark.parametrize("name", AFFINES)
def test_without_a_header_both_forms_hold_the_affine(tmp_path, name):
    like = Geometry((6, 5, 4), AFFINES[name])
    write_mask(_mask(), like, tmp_path / "m.nii.gz")
    image = nib.load(tmp_path / "m.nii.gz")
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"
    np.testing.assert_allclose(image.get_sform(), like.affine, rtol=1e-6)
    np.testing.assert_allclose(image.get_qform(), like.affine, atol=1e-4)


def test_shear_is_kept_in_the_sform_alone(tmp_path):
    affine = np.diag([1.0, 1.0, 2.5, 1.0])
    affine[1, 2] = 0.5
    write_mask(_mask(), Geometry((6, 5, 4), affine), tmp_path / "m.nii.gz")
    image = nib.load(tmp_path / "m.nii.gz")
    assert int(image.header["qform_code"]) == 0
    np.testing.assert_array_equal(image.affine, affine)


def test_wrong_shapes_are_refused_and_nothing_is_written(tmp_path):
    scan = _scan(tmp_path / "in", AFFINES["RAS"])
    with pytest.raises(InputError, match=r"mask of shape \(6, 5, 3\), but the scan has \(6, 5, 4\)"):
        write_mask(_mask((6, 5, 3)), Geometry((6, 5, 4), np.eye(4)), tmp_path / "m.nii.gz")
    with pytest.raises(InputError, match=r"header given is of a scan of shape \(4, 5, 6\)"):
        write_mask(_mask((7, 5, 4)), Geometry((7, 5, 4), np.eye(4)), tmp_path / "m.nii.gz", scan.header)
    assert not (tmp_path / "m.nii.gz").exists()


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(ProjectError, match="cannot be written"):
        write_mask(_mask(), Geometry((6, 5, 4), np.eye(4)), tmp_path / "out" / "m.nii.gz")


@pytest.mark.parametrize(
    ("suffix", "written"), [(".mha", ".mha"), (".mhd", ".mha"), (".nrrd", ".nrrd"), (".nhdr", ".nrrd")]
)
def test_itk_masks_lie_exactly_as_their_scan(tmp_path, suffix, written):
    image = sitk.GetImageFromArray(_mask().astype(np.float32))
    image.SetSpacing((0.9, 1.1, 4.0))
    image.SetOrigin((1.0, -2.0, 3.3))
    image.SetDirection((0.0, 0.6, -0.8, 1.0, 0.0, 0.0, 0.0, -0.8, -0.6))
    (tmp_path / "in").mkdir()
    sitk.WriteImage(image, str(tmp_path / "in" / f"a{suffix}"))
    stored = sitk.ReadImage(str(tmp_path / "in" / f"a{suffix}"))
    path = export_mask(_mask(), _case(tmp_path / "in"), tmp_path / "out")
    again = sitk.ReadImage(str(path))
    assert path.name == f"a{written}"
    assert again.GetPixelID() == sitk.sitkUInt8
    for part in ("GetSpacing", "GetOrigin", "GetDirection", "GetSize"):
        assert getattr(again, part)() == getattr(stored, part)()
    np.testing.assert_array_equal(read_mask(path)[0], _mask())


def test_flat_itk_masks_are_flat(tmp_path):
    (tmp_path / "in").mkdir()
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((3, 4), np.int16)), str(tmp_path / "in" / "a.mha"))
    path = export_mask(_mask((1, 3, 4)), _case(tmp_path / "in"), tmp_path)
    assert sitk.ReadImage(str(path)).GetSize() == (4, 3)


def test_image_masks_are_label_pngs(tmp_path):
    (tmp_path / "in").mkdir()
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(tmp_path / "in" / "a.jpg")
    case, mask = _case(tmp_path / "in"), _mask((1, 3, 4))
    path = export_mask(mask, case, tmp_path / "out")
    assert path == tmp_path / "out" / "a.png"
    np.testing.assert_array_equal(np.asarray(Image.open(path)), mask[0])
    np.testing.assert_array_equal(read_mask(path)[0], mask)
    assert source_header(case) is None


def test_stacks_and_many_pages_become_folders(tmp_path):
    for number in (1, 2, 10):
        (tmp_path / "in" / "a").mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((3, 4), np.uint8)).save(tmp_path / "in" / "a" / f"s{number}.png")
    case, mask = _case(tmp_path / "in"), _mask((3, 3, 4))
    path = export_mask(mask, case, tmp_path / "out")
    assert sorted(file.name for file in path.iterdir()) == ["s1.png", "s10.png", "s2.png"]
    labels, geometry = read_mask(path)
    np.testing.assert_array_equal(labels, mask)
    assert geometry.fits(case.geometry)
    (tmp_path / "pages").mkdir()
    tifffile.imwrite(tmp_path / "pages" / "b.tif", np.zeros((3, 3, 4), np.uint8), photometric="minisblack")
    path = export_mask(mask, _case(tmp_path / "pages"), tmp_path / "out")
    assert sorted(file.name for file in path.iterdir()) == ["0000.png", "0001.png", "0002.png"]


def test_dicom_masks_are_nifti_in_the_scanners_space(tmp_path):
    volume = sitk.GetImageFromArray(np.zeros((3, 4), np.uint16))
    (tmp_path / "in").mkdir()
    sitk.WriteImage(volume, str(tmp_path / "in" / "a.dcm"))
    case, mask = _case(tmp_path / "in"), _mask((1, 3, 4))
    assert case.format == "dicom"
    path = export_mask(mask, case, tmp_path / "out")
    assert path.name == "a.nii.gz"
    assert read_mask(path)[1].fits(case.geometry)


def test_masks_of_0_and_255_and_palettes_and_jpeg(tmp_path):
    binary = (_mask((3, 4), 1) * 255).astype(np.uint8)
    for name in ("a.png", "a.tif"):
        Image.fromarray(binary).save(tmp_path / name)
        np.testing.assert_array_equal(read_mask(tmp_path / name)[0][0], binary > 0)
    indices = Image.fromarray(np.array([[0, 1, 2]], np.uint8))
    indices.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    indices.save(tmp_path / "voc.png")
    assert read_mask(tmp_path / "voc.png")[0].ravel().tolist() == [0, 1, 2]
    blocks = np.kron(np.array([[0, 255], [255, 0]], np.uint8), np.ones((8, 8), np.uint8))
    Image.fromarray(blocks).save(tmp_path / "lossy.jpg", quality=60)
    np.testing.assert_array_equal(read_mask(tmp_path / "lossy.jpg")[0][0], blocks > 0)


def test_what_is_no_mask_is_refused(tmp_path):
    for name, array, match in (
        ("half.nii", np.full((2, 2, 2), 0.5, np.float32), "values from 0.5 to 0.5; a mask holds whole numbers"),
        ("minus.nii", np.full((2, 2, 2), -1, np.int16), "values from -1"),
        ("many.nii", np.zeros((2, 2, 2, 2), np.uint8), "2 channels; a mask is one label map"),
    ):
        nib.save(nib.Nifti1Image(array, np.eye(4)), tmp_path / name)
        with pytest.raises(InputError, match=match):
            read_mask(tmp_path / name)
    nib.save(nib.Nifti1Image(np.ones((2, 2, 2), np.float64), np.eye(4)), tmp_path / "whole.nii")
    assert read_mask(tmp_path / "whole.nii")[0].dtype == np.uint8
    Image.fromarray(np.dstack([np.eye(3), np.ones((3, 3)), np.zeros((3, 3))]).astype(np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(InputError, match="a colour image; a mask needs one grey value"):
        read_mask(tmp_path / "c.png")
    with pytest.raises(InputError, match="no such file"):
        read_mask(tmp_path / "absent.png")
