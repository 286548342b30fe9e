from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from napari_wsss.data.case import Case
from napari_wsss.data.cohort import file_names, scan_cohort
from napari_wsss.errors import FaultsError, InputError
from napari_wsss.progress import Note, Progress, drain

SHARED = Path(__file__).parents[3] / "shared" / "data"


def _write(path, array=None, affine=None, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    if array is None:
        array = np.random.default_rng(seed).integers(0, 99, (4, 5, 6)).astype(np.int16)
    nib.save(nib.Nifti1Image(array, np.eye(4) if affine is None else affine), path)
    return path


def _png(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def test_cases_come_in_natural_order_with_progress(tmp_path):
    for number in (10, 2, 1):
        _write(tmp_path / f"p{number}.nii.gz", seed=number)
    events = []
    cases = drain(scan_cohort(tmp_path, None), events.append)
    assert [case.id for case in cases] == ["p1", "p2", "p10"]
    assert [(event.stage, event.done, event.total) for event in events] == [("reading", n, 3) for n in (1, 2, 3)]
    first = cases[0]
    assert (first.patient, first.subset, first.format, first.rgb) == ("p1", None, "nifti", False)
    assert (first.geometry.shape, first.channel_names, first.warnings) == ((6, 5, 4), ("image",), ())
    assert len({case.digest for case in cases}) == 3
    assert file_names(cases)["p10.nii.gz"] == "p10"


def test_digest_follows_content_not_name_or_compression(tmp_path):
    _write(tmp_path / "a.nii.gz")
    _write(tmp_path / "b.nii")
    _write(tmp_path / "moved.nii", affine=np.diag([1, 1, 2, 1]))
    a, b, moved = (case.digest for case in drain(scan_cohort(tmp_path, None)))
    assert a == b != moved
    assert len(a) == 64


def test_channels_are_stacked_in_the_order_given(tmp_path):
    one = _write(tmp_path / "flair" / "a_flair.nii.gz", seed=1)
    two = _write(tmp_path / "t1" / "a_t1.nii.gz", seed=2)
    (case,) = drain(scan_cohort(None, {"t1": tmp_path / "t1", "flair": tmp_path / "flair"}))
    assert (case.id, case.channel_names) == ("a", ("t1", "flair"))
    assert case.channels == {"t1": two, "flair": one}
    volume = case.load()
    np.testing.assert_array_equal(volume.array[1], nib.load(one).get_fdata().T)
    assert file_names([case]) == {"a_t1.nii.gz": "a", "a_flair.nii.gz": "a"}


def test_all_faults_are_told_together(tmp_path):
    for name in ("cut", "nan", "shape", "alone", "good", "text"):
        _write(tmp_path / "x" / f"{name}.nii.gz")
        if name != "alone":
            _write(tmp_path / "y" / f"{name}.nii.gz")
    cut = tmp_path / "x" / "cut.nii.gz"
    cut.write_bytes(cut.read_bytes()[:100])
    (tmp_path / "y" / "text.nii.gz").write_text("no scan")
    _write(tmp_path / "y" / "nan.nii.gz", np.full((4, 5, 6), np.nan))
    _write(tmp_path / "y" / "shape.nii.gz", np.zeros((4, 5, 7)))
    _write(tmp_path / "refs" / "good.nii.gz", np.zeros((5, 5, 5), np.uint8))
    with pytest.raises(FaultsError) as caught:
        drain(scan_cohort(None, {"x": tmp_path / "x", "y": tmp_path / "y"}, tmp_path / "refs"))
    text = str(caught.value)
    assert len(caught.value.faults) == 6
    for part in (
        "cut.nii.gz: no readable NIfTI file",
        "text.nii.gz: no readable NIfTI file",
        "120 of 120 voxels are NaN",
        "channel 'y' has grid (7, 5, 4)",
        "case 'alone': no scan in channel 'y'",
        "good.nii.gz: mask of shape (5, 5, 5), but its scan good.nii.gz has (6, 5, 4)",
    ):
        assert part in text


def test_oblique_scan_is_noted_and_never_resampled(tmp_path):
    turn = np.radians(10)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    path = _write(tmp_path / "a.nii.gz", affine=affine)
    (case,) = drain(scan_cohort(tmp_path, None))
    assert case.warnings == ("oblique: 10.0° off the body axes, shown along its own grid, never resampled",)
    np.testing.assert_array_equal(case.load().array[0], nib.load(path).get_fdata().T)


def test_reference_masks_are_found_checked_and_loaded(tmp_path):
    for name in ("a", "b"):
        _write(tmp_path / "x" / f"{name}.nii.gz")
    mask = np.zeros((4, 5, 6), np.uint8)
    mask[1, 2, 3] = 1
    _write(tmp_path / "refs" / "a_mask.nii.gz", mask, affine=np.diag([-1, 1, 1, 1]))
    _write(tmp_path / "refs" / "z.nii.gz", mask)
    events = []
    a, b = drain(scan_cohort(tmp_path / "x", None, tmp_path / "refs"), events.append)
    np.testing.assert_array_equal(a.load_reference(), mask.T)
    assert (b.reference, b.load_reference()) == (None, None)
    assert a.warnings[0].startswith("reference: its header gives another position")
    assert Note("1 reference masks belong to no scan, such as z.nii.gz.", "warning") in events
    _write(tmp_path / "refs" / "a_mask.nii.gz", np.zeros((5, 5, 5), np.uint8))
    with pytest.raises(InputError, match="Give a mask drawn on that scan"):
        a.load_reference()
    with pytest.raises(InputError, match="no mask is named as one of the scans"):
        drain(scan_cohort(tmp_path / "x", None, tmp_path / "refs" / "z.nii.gz"))


def test_images_of_different_sizes_and_mixed_colour(tmp_path):
    colour = np.random.default_rng(0).integers(0, 255, (8, 6, 3)).astype(np.uint8)
    _png(tmp_path / "grey.png", colour[:5, :, 0].copy())
    _png(tmp_path / "colour.png", colour)
    events = []
    rich, grey = drain(scan_cohort(tmp_path, None), events.append)
    assert (rich.id, rich.geometry.shape, grey.geometry.shape) == ("colour", (1, 8, 6), (1, 5, 6))
    assert rich.rgb
    assert grey.rgb
    loaded = grey.load()
    assert loaded.channels == grey.channel_names == ("red", "green", "blue")
    np.testing.assert_array_equal(loaded.array[:, 0], np.stack([colour[:5, :, 0]] * 3))
    assert any(isinstance(event, Note) and "in colour" in event.text for event in events)
    (alone,) = drain(scan_cohort(tmp_path / "grey.png", None))
    assert not alone.rgb
    assert alone.digest != grey.digest


def test_cases_with_other_channels_than_most_are_a_fault(tmp_path):
    for name in ("a", "b"):
        _write(tmp_path / f"{name}.nii", np.zeros((2, 2, 2, 3), np.float32))
    _write(tmp_path / "c.nii", np.zeros((2, 2, 2, 2), np.float32))
    with pytest.raises(FaultsError, match="case 'c': channels image-1, image-2, where most have") as caught:
        drain(scan_cohort(tmp_path, None))
    assert len(caught.value.faults) == 1


def test_series_in_a_patient_folder_share_their_patient(tmp_path):
    _write(tmp_path / "anna" / "scan.nii.gz")
    (case,) = drain(scan_cohort(tmp_path, None))
    assert (case.id, case.patient) == ("anna", "anna")


def test_case_survives_json_and_replace(tmp_path):
    _write(tmp_path / "x" / "a.nii.gz")
    _write(tmp_path / "refs" / "a.nii.gz", np.zeros((4, 5, 6), np.uint8))
    (case,) = drain(scan_cohort(tmp_path / "x", None, tmp_path / "refs"))
    case = case.replace(subset="val", patient="p")
    again = Case.from_json(case.to_json())
    assert again.to_json() == case.to_json()
    assert (again.subset, again.patient, again.reference) == ("val", "p", tmp_path / "refs" / "a.nii.gz")
    np.testing.assert_array_equal(again.load().array, case.load().array)


def test_a_scan_changed_since_is_refused(tmp_path):
    _write(tmp_path / "a.nii.gz")
    (case,) = drain(scan_cohort(tmp_path, None))
    _write(tmp_path / "a.nii.gz", np.zeros((4, 5, 9)))
    with pytest.raises(InputError, match=r"shape \(9, 5, 4\), but \(6, 5, 4\) when the project was made"):
        case.load()


def test_images_or_channels_and_not_both(tmp_path):
    for images, channels in ((None, None), (None, {}), (tmp_path, {"a": tmp_path})):
        with pytest.raises(InputError, match="one folder per channel"):
            drain(scan_cohort(images, channels))
    with pytest.raises(InputError, match="no scan in this folder"):
        drain(scan_cohort(tmp_path, None))


def test_closing_early_stops_reading(tmp_path):
    for number in range(20):
        _write(tmp_path / f"p{number}.nii.gz")
    work = scan_cohort(tmp_path, None)
    assert isinstance(next(work), Progress)
    work.close()
    with pytest.raises(StopIteration):
        next(work)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared scans are not beside this checkout")
@pytest.mark.parametrize(
    ("images", "channels", "reference", "count", "names"),
    [
        ("busi-sample/images", None, "busi-sample/masks", 40, ("image",)),
        (None, {"flair": "brats15/flair", "t1c": "brats15/t1c"}, "brats15/masks", 6, ("flair", "t1c")),
    ],
)
def test_shared_scans(images, channels, reference, count, names):
    folders = channels and {name: SHARED / folder for name, folder in channels.items()}
    cases = drain(scan_cohort(images and SHARED / images, folders, SHARED / reference))
    assert len(cases) == count
    assert {case.channel_names for case in cases} == {names}
    assert all(case.reference and not case.warnings for case in cases)
    assert set(np.unique(cases[0].load_reference())) == {0, 1}
