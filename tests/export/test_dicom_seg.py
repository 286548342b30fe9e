"""DICOM-SEG read back by pydicom, by highdicom, and by SimpleITK on the grid of the source series."""

import json

import highdicom
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from dicom_series import NAME, write_multiframe, write_series
from leaving import cases_in, export, item_for, labels_of

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.export.dicom_seg import DicomSeg
from napari_wsss.progress import drain

TURNED = (
    (np.cos(0.2), np.sin(0.2), 0.0),
    (-np.sin(0.2) * np.cos(0.3), np.cos(0.2) * np.cos(0.3), np.sin(0.3)),
)
"""Rows and columns of an oblique series, LPS."""
SHAPE = (5, 7, 9)


def series(folder, shape=SHAPE, **words):
    array = np.random.default_rng(0).integers(-1000, 1000, shape).astype(np.int16)
    write_series(folder / "in" / "Miller", array, **words)
    (case,) = cases_in(folder / "in")
    return case


def written(folder, case, mask, **words):
    done = export([item_for(case, mask, **words)], DicomSeg(), folder / "out")
    assert not done.faults
    assert [path.name for path in done.paths] == ["S001-1.seg.dcm"]
    return done.paths[0]


def on_source_grid(path, source):
    """Give the segmentation as label map on the grid of the source series, by SimpleITK."""
    volume = highdicom.seg.segread(path).get_volume(combine_segments=True)
    image = sitk.GetImageFromArray(volume.array.astype(np.uint8))
    image.SetSpacing(volume.spacing[::-1])
    image.SetOrigin(volume.position)
    image.SetDirection(volume.direction[:, ::-1].ravel())
    return sitk.GetArrayFromImage(sitk.Resample(image, source, sitk.Transform(), sitk.sitkNearestNeighbor))


def read_source(case):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder_of(case))))
    return reader.Execute()


def folder_of(case):
    (path,) = case.channels.values()
    return path if path.is_dir() else path.parent


@pytest.mark.parametrize("along", [((1, 0, 0), (0, 1, 0)), ((0, 1, 0), (0, 0, -1)), TURNED])
def test_same_voxels_on_the_source_grid(tmp_path, along):
    case, mask = series(tmp_path, along=along), labels_of(SHAPE)
    path = written(tmp_path, case, mask)
    source = read_source(case)
    np.testing.assert_array_equal(on_source_grid(path, source), mask)
    scan = case.load()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(source), scan.array[0])  # both read the slices in this order


def test_frames_refer_to_the_instances_they_were_drawn_on(tmp_path):
    case, mask = series(tmp_path), labels_of(SHAPE)
    path = written(tmp_path, case, mask)
    segmentation = highdicom.seg.segread(path)
    headers = [pydicom.dcmread(file) for file in folder_of(case).glob("*.dcm")]
    by_place = sorted(headers, key=lambda header: header.ImagePositionPatient[2])
    uids = [header.SOPInstanceUID for header in by_place]
    pixels = segmentation.get_pixels_by_source_instance(uids, combine_segments=True)
    np.testing.assert_array_equal(pixels, mask)
    (referred,) = segmentation.ReferencedSeriesSequence
    assert referred.SeriesInstanceUID == headers[0].SeriesInstanceUID
    assert segmentation.StudyInstanceUID == headers[0].StudyInstanceUID
    assert segmentation.FrameOfReferenceUID == headers[0].FrameOfReferenceUID


def test_plain_pydicom_reads_one_frame_for_each_slice_and_class(tmp_path):
    case, mask = series(tmp_path), labels_of(SHAPE)
    data = pydicom.dcmread(written(tmp_path, case, mask))
    assert data.SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.4"
    assert (data.SegmentationType, data.NumberOfFrames) == ("BINARY", 2 * SHAPE[0])
    frames = data.pixel_array
    groups = data.PerFrameFunctionalGroupsSequence
    seen = np.zeros(SHAPE, np.uint8)
    for frame, group in zip(frames, groups, strict=True):
        z = round((group.PlanePositionSequence[0].ImagePositionPatient[2] - 5.0) / 2.5)
        seen[z][frame == 1] = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    np.testing.assert_array_equal(seen, mask)
    measures = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    assert [float(size) for size in measures.PixelSpacing] == [0.7, 0.5]
    assert float(measures.SpacingBetweenSlices) == pytest.approx(2.5)


def test_simpleitk_reads_the_frames_itself(tmp_path):
    """It gives 255 for 1 and loses the voxel size; frames of a multiple of 8 pixels it unpacks rightly."""
    shape = (5, 8, 10)
    case, mask = series(tmp_path, shape), labels_of(shape, classes=1)
    path = written(tmp_path, case, mask, classes=("bleed",))
    groups = pydicom.dcmread(path).PerFrameFunctionalGroupsSequence
    heights = [group.PlanePositionSequence[0].ImagePositionPatient[2] for group in groups]
    frames = sitk.GetArrayFromImage(sitk.ReadImage(path))
    np.testing.assert_array_equal(frames[np.argsort(heights)], 255 * mask)


def test_segments_say_what_they_are(tmp_path):
    case = series(tmp_path)
    path = written(tmp_path, case, labels_of(SHAPE, 3), classes=("bleed", "Brain_tumour", "edema"))
    descriptions = highdicom.seg.segread(path).SegmentSequence
    assert [one.SegmentLabel for one in descriptions] == ["bleed", "Brain_tumour", "edema"]
    meanings = [one.SegmentedPropertyTypeCodeSequence[0].CodeMeaning for one in descriptions]
    assert meanings == ["Lesion", "Neoplasm", "Edema"]
    assert {one.SegmentAlgorithmType for one in descriptions} == {"SEMIAUTOMATIC"}
    assert "not for diagnosis" in pydicom.dcmread(path).SeriesDescription


def test_tilted_gantry(tmp_path):
    case, mask = series(tmp_path, step=(0.0, 0.6, 2.5)), labels_of(SHAPE)
    data = pydicom.dcmread(written(tmp_path, case, mask))
    groups = data.PerFrameFunctionalGroupsSequence
    places = {tuple(map(float, group.PlanePositionSequence[0].ImagePositionPatient)) for group in groups}
    np.testing.assert_allclose(sorted(places), [(-10.0, -20.0 + 0.6 * z, 5.0 + 2.5 * z) for z in range(SHAPE[0])])
    headers = sorted((pydicom.dcmread(f) for f in folder_of(case).glob("*")), key=lambda h: h.InstanceNumber)
    pixels = highdicom.seg.segread(tmp_path / "out" / "S001-1.seg.dcm").get_pixels_by_source_instance(
        [header.SOPInstanceUID for header in headers], combine_segments=True
    )
    np.testing.assert_array_equal(pixels, mask)


def test_a_file_of_many_frames(tmp_path):
    array = np.random.default_rng(0).integers(0, 99, SHAPE).astype(np.int16)
    write_multiframe(tmp_path / "in" / "Miller.dcm", array)
    (case,) = cases_in(tmp_path / "in")
    np.testing.assert_array_equal(case.load().array[0], array)
    mask = labels_of(SHAPE)
    segmentation = highdicom.seg.segread(written(tmp_path, case, mask))
    source = pydicom.dcmread(tmp_path / "in" / "Miller.dcm")
    pixels = segmentation.get_pixels_by_source_frame(
        source.SOPInstanceUID, range(1, SHAPE[0] + 1), combine_segments=True
    )
    np.testing.assert_array_equal(pixels[::-1], mask)  # its frames run from head to foot


def test_a_mask_with_nothing_in_it(tmp_path):
    case = series(tmp_path)
    path = written(tmp_path, case, np.zeros(SHAPE, np.uint8))
    np.testing.assert_array_equal(on_source_grid(path, read_source(case)), 0)


def test_channels_of_one_study_are_all_named_as_sources(tmp_path):
    array = np.random.default_rng(0).integers(0, 99, SHAPE).astype(np.int16)
    folders = {name: tmp_path / "in" / name for name in ("t1", "t2")}
    for folder in folders.values():
        write_series(folder / "Miller", array)
    (case,) = drain(scan_cohort(None, folders))
    data = pydicom.dcmread(written(tmp_path, case, labels_of(SHAPE)))
    assert len(data.SourceImageSequence) == 2 * SHAPE[0]


def test_pseudonyms_in_every_field(tmp_path):
    case = series(tmp_path)
    path = written(tmp_path, case, labels_of(SHAPE), by="Dr Who")
    content = path.read_bytes()
    assert NAME.encode() not in content
    assert b"Dr Who" not in content
    assert b"19500101" not in content
    data = pydicom.dcmread(path)
    assert (data.PatientName, data.PatientID) == ("S001^", "S001")
    assert NAME not in (tmp_path / "out" / "S001-1.seg.json").read_text()


def test_names_when_asked_for(tmp_path):
    case = series(tmp_path)
    data = pydicom.dcmread(written(tmp_path, case, labels_of(SHAPE), hidden=False, by="Who^Dr"))
    assert (data.PatientID, data.PatientBirthDate) == (f"{NAME}-7", "19500101")
    assert data.ContentCreatorName == "Who^Dr"


def test_a_series_without_the_usual_fields(tmp_path):
    case = series(tmp_path, PatientBirthDate=None, AccessionNumber=None, StudyID=None, StudyDate=None, PatientSex=None)
    mask = labels_of(SHAPE)
    for hidden in (True, False):
        path = written(tmp_path, case, mask, hidden=hidden)
        np.testing.assert_array_equal(on_source_grid(path, read_source(case)), mask)


def test_a_scan_that_is_no_dicom_is_told_so(tmp_path, case):
    done = export([item_for(case)], DicomSeg(), tmp_path / "out")
    assert done.faults == ["'Miller': DICOM-SEG refers to a DICOM series, but this scan is NIFTI. Export it as NIfTI."]
    assert not list((tmp_path / "out").iterdir())


def test_a_series_without_a_study_is_told_so(tmp_path):
    case = series(tmp_path, StudyInstanceUID=None)
    (fault,) = export([item_for(case, labels_of(SHAPE))], DicomSeg(), tmp_path / "out").faults
    assert "do not allow a DICOM-SEG" in fault


def test_record_beside_it(tmp_path):
    case = series(tmp_path)
    written(tmp_path, case, labels_of(SHAPE))
    record = json.loads((tmp_path / "out" / "S001-1.seg.json").read_text())
    assert record["case"] == "S001-1"
    assert record["grid"]["shape_zyx"] == list(SHAPE)
