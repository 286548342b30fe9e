import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from napari_wsss.data.readers import read_volume
from napari_wsss.data.readers.itk import read_header
from napari_wsss.errors import InputError

SUFFIXES = [".mha", ".mhd", ".nrrd", ".nhdr"]


def _image(array, vector=False):
    image = sitk.GetImageFromArray(array, isVector=vector)
    if image.GetDimension() == 3:
        image.SetSpacing((0.5, 0.7, 3.0))
        image.SetOrigin((10.0, -20.0, 30.0))
        turn = np.radians(20)
        image.SetDirection((np.cos(turn), -np.sin(turn), 0, np.sin(turn), np.cos(turn), 0, 0, 0, 1))
    return image


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_grid_is_that_of_itk_in_ras(tmp_path, suffix):
    array = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    image = _image(array)
    sitk.WriteImage(image, str(tmp_path / f"a{suffix}"))
    volume = read_volume(tmp_path / f"a{suffix}", "t1")
    np.testing.assert_array_equal(volume.array, array[None])
    assert volume.array.dtype == np.int16
    np.testing.assert_allclose(volume.geometry.spacing, (3.0, 0.7, 0.5), atol=1e-6)
    assert volume.geometry.oblique_degrees == pytest.approx(20, abs=1e-4)
    lps = image.TransformIndexToPhysicalPoint((1, 2, 3))
    ras = volume.geometry.affine @ (1, 2, 3, 1)
    np.testing.assert_allclose(ras[:3], np.multiply(lps, (-1, -1, 1)), atol=1e-5)


def test_agrees_with_nifti_written_by_itk(tmp_path):
    image = _image(np.arange(24, dtype=np.float32).reshape(4, 3, 2))
    for name in ("a.nii.gz", "a.mha"):
        sitk.WriteImage(image, str(tmp_path / name))
    nifti, itk = read_volume(tmp_path / "a.nii.gz"), read_volume(tmp_path / "a.mha")
    np.testing.assert_array_equal(nifti.array, itk.array)
    assert nifti.geometry.fits(itk.geometry, tolerance=1e-4)


def test_vectors_and_a_fourth_axis_are_channels(tmp_path):
    array = np.arange(48, dtype=np.float32).reshape(4, 3, 2, 2)
    sitk.WriteImage(_image(array, vector=True), str(tmp_path / "v.nrrd"))
    volume = read_volume(tmp_path / "v.nrrd")
    np.testing.assert_array_equal(volume.array, np.moveaxis(array, -1, 0))
    assert volume.channels == ("image-1", "image-2")
    time = sitk.JoinSeries([_image(array[..., 0]), _image(array[..., 1])])
    sitk.WriteImage(time, str(tmp_path / "t.mha"))
    series = read_volume(tmp_path / "t.mha")
    np.testing.assert_array_equal(series.array, volume.array)
    assert series.geometry.fits(volume.geometry, tolerance=1e-4)


def test_three_bytes_are_a_colour_image_and_three_floats_are_not(tmp_path):
    array = np.arange(2 * 3 * 4 * 3).reshape(2, 3, 4, 3)
    for dtype, rgb in ((np.uint8, True), (np.float32, False)):
        sitk.WriteImage(_image(array.astype(dtype), vector=True), str(tmp_path / "a.mha"))
        assert read_volume(tmp_path / "a.mha").rgb is rgb


def test_two_axes_are_one_slice(tmp_path):
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "a.mha"))
    np.testing.assert_array_equal(read_volume(tmp_path / "a.mha").array, array[None, None])
    assert read_header(tmp_path / "a.mha").dimension == 2


@pytest.mark.parametrize("suffix", [".mha", ".nrrd"])
def test_damaged_files_are_one_line(tmp_path, suffix):
    array = np.random.default_rng(0).integers(0, 255, (16, 16, 16)).astype(np.uint8)
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(_image(array), str(path), useCompression=True)
    half = path.read_bytes()[: path.stat().st_size // 2]
    for content in (half, b"no scan at all"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged or cut short") as caught:
            read_volume(path)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 500
