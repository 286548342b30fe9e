import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from napari_wsss.data.readers import read_volume
from napari_wsss.errors import InputError

STACK = np.arange(4 * 3 * 5, dtype=np.uint16).reshape(4, 3, 5)


def test_series_is_sorted_along_its_normal_and_placed_in_ras(tmp_path, write_series):
    volume = read_volume(write_series(tmp_path / "s", STACK))
    np.testing.assert_array_equal(volume.array, STACK[None])
    assert volume.array.dtype == np.uint16
    expected = [[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, 5], [0, 0, 0, 1]]
    np.testing.assert_allclose(volume.geometry.affine, expected)
    assert set(volume.source.header) == {"Modality"}


def test_series_agrees_with_simpleitk(tmp_path, write_series):
    tilt = np.radians(12)
    row, column = [1, 0, 0], [0, np.cos(tilt), np.sin(tilt)]
    step = tuple(2.5 * np.cross(row, column))
    folder = write_series(tmp_path / "s", STACK, step=step, ImageOrientationPatient=[*row, *column])
    names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    image, volume = sitk.ReadImage(names), read_volume(folder)
    np.testing.assert_array_equal(volume.array[0], sitk.GetArrayFromImage(image))
    point = image.TransformIndexToPhysicalPoint((4, 2, 3))
    np.testing.assert_allclose((volume.geometry.affine @ (4, 2, 3, 1))[:3], np.multiply(point, (-1, -1, 1)), atol=1e-5)


def test_tilted_gantry_gives_a_sheared_affine(tmp_path, write_series):
    affine = read_volume(write_series(tmp_path / "s", STACK, step=(0.0, 0.5, 2.5))).geometry.affine
    np.testing.assert_allclose(affine[:3, 2], [0, -0.5, 2.5])


def test_rescale_gives_negative_hounsfield_units_as_int16(tmp_path, write_series):
    volume = read_volume(write_series(tmp_path / "s", STACK, RescaleSlope=2, RescaleIntercept=-1024))
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array[0], STACK.astype(int) * 2 - 1024)


def test_fractional_rescale_gives_float32_and_large_values_int32(tmp_path, write_series):
    volume = read_volume(write_series(tmp_path / "s", STACK, RescaleSlope=0.5, RescaleIntercept=0.25))
    assert volume.array.dtype == np.float32
    np.testing.assert_array_equal(volume.array[0], STACK * 0.5 + 0.25)
    large = read_volume(write_series(tmp_path / "t", STACK, RescaleSlope=1000, RescaleIntercept=0))
    assert large.array.dtype == np.int32
    assert large.array.max() == 59000


def test_inverted_grey_is_turned(tmp_path, write_dicom):
    path = write_dicom(tmp_path / "x.dcm", STACK[0], PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(read_volume(path).array[0, 0], 4095 - STACK[0])


def test_missing_slice_and_double_slice_are_named(tmp_path, write_series):
    with pytest.raises(InputError, match=r"uneven slices, 5\.00 mm between slices 1 and 2, else 2\.50 mm"):
        read_volume(write_series(tmp_path / "gap", np.repeat(STACK, 2, axis=0), skip=(2,)))
    write_series(tmp_path / "two", STACK)
    (tmp_path / "two" / "copy.dcm").write_bytes((tmp_path / "two" / "IM01.dcm").read_bytes())
    with pytest.raises(InputError, match=r"two slices at one position \(12\.50 mm\)"):
        read_volume(tmp_path / "two")


def test_mixed_orientation_and_size_are_refused(tmp_path, write_series):
    folder = write_series(tmp_path / "a", STACK)
    write_series(folder, STACK[:1, :, :], ImageOrientationPatient=[0, 1, 0, 0, 0, 1])
    with pytest.raises(InputError, match="different orientation"):
        read_volume(folder)
    folder = write_series(tmp_path / "b", STACK)
    write_series(folder, STACK[:1, :2, :])
    with pytest.raises(InputError, match="different size"):
        read_volume(folder)


def test_a_file_stands_for_its_series(tmp_path, write_series):
    write_series(tmp_path, STACK, SeriesInstanceUID="1.1", SeriesNumber=1)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(f"first-{path.name}"))
    write_series(tmp_path, STACK + 100, SeriesInstanceUID="1.2", SeriesNumber=2)
    np.testing.assert_array_equal(read_volume(tmp_path / "IM02.dcm").array[0], STACK + 100)
    np.testing.assert_array_equal(read_volume(tmp_path / "first-IM04.dcm").array[0], STACK)
    with pytest.raises(InputError, match=r"2 DICOM series in one folder \(1, 2\)"):
        read_volume(tmp_path)


def test_files_without_suffix_are_known_by_content(tmp_path, write_series):
    folder = write_series(tmp_path / "s", STACK)
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(""))
    (folder / "notes.txt").write_text("scanned on Monday")
    np.testing.assert_array_equal(read_volume(folder).array[0], STACK)
    np.testing.assert_array_equal(read_volume(folder / "IM01").array[0], STACK)


def _item(**attributes):
    item = Dataset()
    for name, value in attributes.items():
        setattr(item, name, value)
    return Sequence([item])


def _enhanced(order):
    frames = []
    for index in order:
        frame = Dataset()
        frame.PlanePositionSequence = _item(ImagePositionPatient=[-10.0, -20.0, 5.0 + 3 * index])
        frame.PixelValueTransformationSequence = _item(RescaleSlope=1, RescaleIntercept=-10 * (index + 1))
        frames.append(frame)
    shared = Dataset()
    shared.PlaneOrientationSequence = _item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.PixelMeasuresSequence = _item(PixelSpacing=[0.7, 0.5], SliceThickness=3)
    return {
        "NumberOfFrames": len(frames),
        "PerFrameFunctionalGroupsSequence": Sequence(frames),
        "SharedFunctionalGroupsSequence": Sequence([shared]),
    }


def test_enhanced_frames_are_sorted_placed_and_rescaled_one_by_one(tmp_path, write_dicom):
    order = [2, 0, 3, 1]
    volume = read_volume(write_dicom(tmp_path / "e.dcm", STACK[order], **_enhanced(order)))
    np.testing.assert_array_equal(volume.array[0], STACK.astype(int) - np.array([10, 20, 30, 40])[:, None, None])
    expected = [[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 3, 5], [0, 0, 0, 1]]
    np.testing.assert_allclose(volume.geometry.affine, expected)


def test_frames_without_position_lie_upright_in_order(tmp_path, write_dicom):
    colour = np.random.default_rng(0).integers(0, 255, (2, 3, 5, 3)).astype(np.uint8)
    volume = read_volume(write_dicom(tmp_path / "us.dcm", colour, NumberOfFrames=2, PixelSpacing=[0.2, 0.1]))
    assert volume.rgb
    np.testing.assert_array_equal(volume.array, np.moveaxis(colour, -1, 0))
    assert volume.geometry.axcodes == "LPS"
    np.testing.assert_allclose(volume.geometry.spacing, (1, 0.2, 0.1))


def test_jpeg_lossless_is_decoded_by_itk(tmp_path):
    image = sitk.Cast(sitk.GetImageFromArray(STACK[:1].repeat(8, 1).repeat(8, 2) + 900), sitk.sitkInt16)
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetUseCompression(True)
    writer.SetCompressor("JPEG")
    writer.SetFileName(str(tmp_path / "a.dcm"))
    for tag, value in (("0028|1052", "-1024"), ("0028|1053", "1")):
        image.SetMetaData(tag, value)
    writer.Execute(image)
    stored = pydicom.dcmread(tmp_path / "a.dcm")
    assert stored.file_meta.TransferSyntaxUID == pydicom.uid.JPEGLosslessSV1
    assert stored.RescaleIntercept == -1024
    expected = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "a.dcm")))
    assert expected.min() == 900
    np.testing.assert_array_equal(read_volume(tmp_path / "a.dcm").array[0], expected)


def test_damaged_files_are_one_line(tmp_path, write_dicom):
    path = write_dicom(tmp_path / "a.dcm", STACK[0])
    whole = path.read_bytes()
    for content in (whole[:-10], whole[:200], b"no scan", b""):
        path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            read_volume(path)
        assert "\n" not in str(caught.value)
        assert "a.dcm" in str(caught.value)
