import gzip

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.readers import read_volume
from napari_wsss.errors import InputError

AFFINE = np.array([[-2.0, 0, 0, 30], [0, 0, 3.0, -7], [0, 4.0, 0, 11], [0, 0, 0, 1]])


def _write(path, array, affine=AFFINE):
    nib.save(nib.Nifti1Image(array, affine), path)
    return path


def test_axes_dtype_and_affine_are_those_on_disk(tmp_path):
    array = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    volume = read_volume(_write(tmp_path / "a.nii.gz", array), "flair")
    assert volume.array.shape == (1, 4, 3, 2)
    assert volume.array.dtype == np.int16
    assert volume.array[0, 3, 1, 0] == array[0, 1, 3]
    assert volume.channels == ("flair",)
    np.testing.assert_array_equal(volume.geometry.affine, AFFINE)
    assert volume.geometry.spacing == (3.0, 4.0, 2.0)
    assert volume.geometry.axcodes == "LSA"


def test_scaled_integers_become_float32_in_real_units(tmp_path):
    image = nib.Nifti1Image(np.array([[[1, 2]]], dtype=np.int16), AFFINE)
    image.header.set_slope_inter(0.5, -3)
    image.to_filename(tmp_path / "a.nii")
    stored = nib.load(tmp_path / "a.nii")
    volume = read_volume(tmp_path / "a.nii")
    assert (stored.dataobj.slope, stored.dataobj.inter) == (0.5, -3.0)
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array.ravel(), np.asarray(stored.dataobj).ravel())


def test_big_endian_is_turned_into_native(tmp_path):
    header = nib.Nifti1Header(endianness=">")
    nib.Nifti1Image(np.array([[[1, 256]]], dtype=">i2"), AFFINE, header).to_filename(tmp_path / "a.nii")
    array = read_volume(tmp_path / "a.nii").array
    assert array.dtype.isnative
    assert array.ravel().tolist() == [1, 256]


@pytest.mark.parametrize("shape", [(2, 3, 4, 2), (2, 3, 4, 1, 2), (2, 3, 4, 2, 1)])
def test_fourth_axis_and_itk_vectors_are_channels(tmp_path, shape):
    array = np.arange(48, dtype=np.float32).reshape(shape)
    volume = read_volume(_write(tmp_path / "a.nii", array), "dwi")
    assert volume.channels == ("dwi-1", "dwi-2")
    np.testing.assert_array_equal(volume.array, array.reshape(2, 3, 4, 2).T)


def test_two_axes_are_one_slice(tmp_path):
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(read_volume(_write(tmp_path / "a.nii", array)).array, array.T[None, None])


@pytest.mark.parametrize("names", ["RGB", "RGBA"])
def test_colour_types_are_rgb_without_alpha(tmp_path, names):
    array = np.zeros((2, 3, 4), dtype=[(name, np.uint8) for name in names])
    array["R"], array["B"][1, 2, 3] = 9, 7
    volume = read_volume(_write(tmp_path / "a.nii", array))
    assert volume.rgb
    assert volume.channels == ("red", "green", "blue")
    assert volume.array[:, 3, 2, 1].tolist() == [9, 0, 7]


def test_without_qform_and_sform_voxel_sizes_give_the_affine(tmp_path):
    header = nib.Nifti1Header()
    header.set_data_shape((3, 5, 7))
    header.set_zooms((2, 3, 4))
    image = nib.Nifti1Image(np.zeros((3, 5, 7), np.uint8), None, header)
    image.header["qform_code"] = image.header["sform_code"] = 0
    image.to_filename(tmp_path / "a.nii")
    affine = read_volume(tmp_path / "a.nii").geometry.affine
    np.testing.assert_array_equal(affine, nib.load(tmp_path / "a.nii").affine)
    np.testing.assert_array_equal(np.abs(np.diag(affine)), [2, 3, 4, 1])


def test_five_axes_are_refused(tmp_path):
    path = _write(tmp_path / "a.nii", np.zeros((2, 2, 2, 2, 3), np.float32))
    with pytest.raises(InputError, match=r"5 axes \(2, 2, 2, 2, 3\); 2, 3 or 4 .* are expected"):
        read_volume(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_counted(tmp_path, value):
    array = np.zeros((4, 4, 4), np.float32)
    array[0, 1, 2:] = value
    with pytest.raises(InputError, match="2 of 64 voxels are NaN or infinite"):
        read_volume(_write(tmp_path / "a.nii.gz", array))


def test_large_finite_doubles_are_not_mistaken_for_infinite(tmp_path):
    array = np.full((2, 2, 2), 1e308)
    assert read_volume(_write(tmp_path / "a.nii", array)).array.max() == 1e308


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.99])
def test_truncated_gz_is_one_line(tmp_path, keep):
    array = np.random.default_rng(0).integers(0, 255, (16, 16, 16)).astype(np.uint8)
    path = _write(tmp_path / "a.nii.gz", array)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(InputError, match="no readable NIfTI file, damaged or cut short") as caught:
        read_volume(path)
    assert "\n" not in str(caught.value)


def test_truncated_plain_file_text_and_nothing_are_refused(tmp_path):
    path = _write(tmp_path / "a.nii", np.zeros((8, 8, 8), np.int16))
    cut = path.read_bytes()[:600]
    for content in (cut, b"this is no scan\n" * 50, b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match="no readable NIfTI file"):
            read_volume(path)


def test_text_in_gz_is_refused(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(b"hello"))
    (tmp_path / "b.nii.gz").write_bytes(b"hello")
    for name in ("a.nii.gz", "b.nii.gz"):
        with pytest.raises(InputError, match="no readable NIfTI file"):
            read_volume(tmp_path / name)


def test_flat_affine_and_complex_numbers_are_refused(tmp_path):
    image = nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), AFFINE)
    image.header.set_sform(np.diag([1.0, 0, 1, 1]), code=1)
    nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), None, image.header).to_filename(tmp_path / "flat.nii")
    with pytest.raises(InputError, match="not invertible"):
        read_volume(tmp_path / "flat.nii")
    with pytest.raises(InputError, match="type complex64"):
        read_volume(_write(tmp_path / "k.nii", np.zeros((2, 2, 2), np.complex64)))
