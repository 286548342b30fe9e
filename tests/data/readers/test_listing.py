import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from napari_wsss.data.readers import list_scans, read_volume, scan_id
from napari_wsss.errors import InputError

STACK = np.arange(2 * 3 * 5, dtype=np.uint16).reshape(2, 3, 5)


def _nifti(path):
    path.parent.mkdir(exist_ok=True)
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4)), path)
    return path


def test_scan_id_keeps_other_dots(tmp_path):
    names = {"a.nii.gz": "a", "a.b.NII.GZ": "a.b", "c.nrrd": "c", "1.2.840": "1.2.840", "x.dcm": "x"}
    assert {name: scan_id(tmp_path / name) for name in names} == names


def test_files_stacks_and_single_volumes_in_folders(tmp_path):
    _nifti(tmp_path / "p10.nii.gz")
    _nifti(tmp_path / "p2.nii")
    _nifti(tmp_path / "p30" / "flair.nii.gz")
    (tmp_path / "stack").mkdir()
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "stack" / "1.png")
    (tmp_path / "labels.csv").write_text("image,lesion\n")
    (tmp_path / "._p2.nii").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    assert list_scans(tmp_path) == {
        "p2": tmp_path / "p2.nii",
        "p10": tmp_path / "p10.nii.gz",
        "p30": tmp_path / "p30" / "flair.nii.gz",
        "stack": tmp_path / "stack",
    }
    assert next(iter(list_scans(tmp_path))) == "p2"
    assert list_scans(tmp_path / "p2.nii") == {"p2": tmp_path / "p2.nii"}


def test_patient_folders_of_dicom(tmp_path, write_series, write_dicom):
    write_series(tmp_path / "anna" / "study" / "ct", STACK)
    write_series(tmp_path / "ben" / "t1", STACK, SeriesInstanceUID="1.4", SeriesNumber=4)
    write_series(tmp_path / "ben" / "t2", STACK + 7, SeriesInstanceUID="1.5", SeriesNumber=5)
    write_dicom(tmp_path / "xray.dcm", STACK[0])
    scans = list_scans(tmp_path)
    assert sorted(scans) == ["anna", "ben-4", "ben-5", "xray"]
    assert scans["anna"] == tmp_path / "anna" / "study" / "ct"
    np.testing.assert_array_equal(read_volume(scans["ben-5"]).array[0], STACK + 7)


def test_series_without_distinct_numbers_are_told_apart_by_uid(tmp_path, write_series):
    write_series(tmp_path / "ben" / "a", STACK, SeriesInstanceUID="1.2.111111", SeriesNumber=1)
    write_series(tmp_path / "ben" / "b", STACK, SeriesInstanceUID="1.2.222222", SeriesNumber=1)
    assert sorted(list_scans(tmp_path)) == ["ben-1-111111", "ben-1-222222"]


def test_one_series_right_in_the_folder(tmp_path, write_series):
    write_series(tmp_path / "ct", STACK)
    assert list_scans(tmp_path / "ct") == {"ct": tmp_path / "ct"}


@pytest.mark.parametrize("make", ["empty", "text", "absent"])
def test_no_scan_is_refused(tmp_path, make):
    folder = tmp_path / "scans"
    if make != "absent":
        folder.mkdir()
    if make == "text":
        (folder / "readme.txt").write_text("nothing here")
    with pytest.raises(InputError, match=r"no scan in this folder|no such folder"):
        list_scans(folder)


def test_two_scans_of_one_name_and_crowded_folders_are_refused(tmp_path):
    _nifti(tmp_path / "a" / "p1.nii")
    _nifti(tmp_path / "a" / "p1.nii.gz")
    with pytest.raises(InputError, match=r"p1\.nii and p1\.nii\.gz are both called 'p1'"):
        list_scans(tmp_path / "a")
    with pytest.raises(InputError, match=r"2 volume files .* --channel NAME=FOLDER"):
        list_scans(tmp_path)


def test_unknown_suffix_missing_file_and_empty_folder(tmp_path):
    (tmp_path / "a.xyz").write_text("what is this")
    (tmp_path / "void").mkdir()
    with pytest.raises(InputError, match=r"'\.xyz' is no scan format known here"):
        read_volume(tmp_path / "a.xyz")
    with pytest.raises(InputError, match="no such file"):
        read_volume(tmp_path / "b.nii")
    with pytest.raises(InputError, match="no image in this folder"):
        read_volume(tmp_path / "void")


def test_dicom_files_that_are_scans_by_themselves(tmp_path, write_series, write_dicom):
    write_series(tmp_path / "loose", STACK[:1])
    write_dicom(tmp_path / "loose" / "us.dcm", STACK, NumberOfFrames=2)
    assert sorted(list_scans(tmp_path / "loose")) == ["IM01", "us"]
    write_dicom(tmp_path / "carl" / "IM01.dcm", STACK, NumberOfFrames=2)
    assert list_scans(tmp_path) == {
        "carl": tmp_path / "carl" / "IM01.dcm",
        "loose-us": tmp_path / "loose" / "us.dcm",
        "loose-1.2.3": tmp_path / "loose" / "IM01.dcm",
    }
