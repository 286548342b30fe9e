from __future__ import annotations

import csv

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.data.simulated.fields import smooth_field
from napari_wsss.data.simulated.lesions import Lesion, label_map, lesion_mask
from napari_wsss.data.simulated.patient import FIELD_OF_VIEW, scanner_geometry
from napari_wsss.data.simulated.tissues import TISSUES, Shells, tissue_fractions
from napari_wsss.errors import InputError
from napari_wsss.files import file_digest
from napari_wsss.progress import Note, Progress, drain


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")
    events = []
    return folder, drain(simulate_cohort(folder, 8, TINY_SHAPE, classes=2, seed=5), events.append), events


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def load(folder, kind, identity):
    return nib.load(folder / kind / f"{identity}.nii.gz")


def test_events_say_that_it_is_made_up_and_count_the_patients(cohort):
    _, _, events = cohort
    assert isinstance(events[0], Note)
    assert [event.done for event in events if isinstance(event, Progress)] == list(range(9))


def test_result_names_what_was_written(cohort):
    folder, result, _ = cohort
    assert result["classes"] == ["infarct", "bleed"]
    assert result["images"] == str(folder / "images")
    assert len(list((folder / "images").iterdir())) == len(list((folder / "masks").iterdir())) == 8


def test_scan_and_mask_lie_on_the_scanners_grid(cohort):
    folder, _, _ = cohort
    scan, mask = load(folder, "images", "sim-001"), load(folder, "masks", "sim-001")
    assert scan.shape == mask.shape == TINY_SHAPE[::-1]
    assert scan.get_data_dtype() == np.int16
    assert mask.get_data_dtype() == np.uint8
    assert nib.aff2axcodes(scan.affine) == ("L", "P", "S")
    assert scan.header.get_zooms() == pytest.approx((4.2, 4.2, 15.0))
    assert np.allclose(scan.affine, mask.affine)
    assert int(scan.header["qform_code"]) == int(scan.header["sform_code"]) == 1


def test_labels_are_what_the_masks_show(cohort):
    folder, _, _ = cohort
    for row in table(folder / "labels.csv"):
        mask = np.asarray(load(folder, "masks", row["image"].removesuffix(".nii.gz")).dataobj)
        here = mask[:, :, int(row["slice"])]
        assert (int(row["infarct"]), int(row["bleed"])) == (int((here == 1).any()), int((here == 2).any()))


def test_every_fourth_patient_is_free_of_lesions_and_both_classes_occur(cohort):
    folder, _, _ = cohort
    shown = [set(np.unique(np.asarray(load(folder, "masks", f"sim-{n:03d}").dataobj))) - {0} for n in range(1, 9)]
    assert shown[3] == shown[7] == set()
    assert shown[0] == {1, 2}
    assert shown[1] == {2}
    assert shown[2] == {1}


def test_split_is_by_patient_and_fills_all_three_sets(cohort):
    folder, _, _ = cohort
    rows = table(folder / "split.csv")
    assert [row["split"] for row in rows] == ["train"] * 4 + ["val"] * 2 + ["test"] * 2
    assert [row["patient"] for row in rows] == [row["image"].removesuffix(".nii.gz") for row in rows]


def test_lesions_are_brighter_than_the_brain_around_them(tmp_path):
    drain(simulate_cohort(tmp_path, 1, (15, 112, 96), seed=3))
    scan = np.asarray(load(tmp_path, "images", "sim-001").dataobj)
    lesion = np.asarray(load(tmp_path, "masks", "sim-001").dataobj) == 1
    assert 300 < lesion.sum() * 7.0 * 2.1 * 2.1 < 100_000  # mm³
    centre = (slice(30, 66), slice(30, 80))
    assert np.median(scan[lesion]) > 1.25 * np.median(scan[centre][~lesion[centre]])
    assert np.median(scan[:4]) < 0.15 * np.median(scan[lesion])  # air


def test_same_seed_same_files_other_seed_other_people(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        drain(simulate_cohort(tmp_path / name, 1, (5, 48, 48), seed=seed))
    one, same, other = (file_digest(tmp_path / name / "images" / "sim-001.nii.gz") for name in "abc")
    assert one == same != other


def test_more_patients_leave_the_first_ones_as_they_were(cohort, tmp_path):
    folder, _, _ = cohort
    drain(simulate_cohort(tmp_path, 2, TINY_SHAPE, classes=2, seed=5))
    assert np.array_equal(load(folder, "images", "sim-002").dataobj, load(tmp_path, "images", "sim-002").dataobj)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"patients": 0}, "at least 1 patient"),
        ({"shape": (2, 64, 64)}, "3 slices"),
        ({"classes": 3}, "1 or 2 classes, not 3"),
    ],
)
def test_impossible_sizes_are_refused(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        drain(simulate_cohort(tmp_path, **arguments))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_scans_is_left_alone(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "mine.nii.gz").write_bytes(b"")
    with pytest.raises(InputError, match=r"mine\.nii\.gz"):
        drain(simulate_cohort(tmp_path, 1, TINY_SHAPE))


def test_geometry_is_centred_on_the_brain():
    geometry = scanner_geometry((30, 112, 96))
    assert geometry.spacing == pytest.approx((3.5, 2.1, 2.1))
    assert geometry.axcodes == "LPS"
    middle = geometry.affine @ np.array([47.5, 55.5, 14.5, 1.0])
    assert middle[:3] == pytest.approx([0.0, -17.0, 18.0])
    assert tuple(np.array(geometry.shape) * geometry.spacing) == pytest.approx(FIELD_OF_VIEW)


def test_smooth_field_has_unit_spread_and_is_smooth():
    field = smooth_field(np.random.default_rng(0), (40, 80, 80), (2.0, 1.0, 1.0), 5.0)
    assert field.mean() == pytest.approx(0.0, abs=0.05)
    assert field.std() == pytest.approx(1.0, abs=0.05)
    assert np.abs(np.diff(field, axis=1)).mean() < 0.3


def test_tissue_shares_sum_to_one_and_layers_follow_one_another():
    depth = np.linspace(-10.0, 40.0, 101, dtype=np.float32)  # mm from the brain's surface outward
    maps = {"grey": np.full_like(depth, 0.3), "white": np.full_like(depth, 0.7), "brain": depth, "head": depth}
    points = np.stack([0 * depth, 0 * depth - 90.0, 0 * depth + 60.0])  # the back of the head
    shares = tissue_fractions(maps, points, Shells(fluid=3.0, skull=7.0, scalp=8.0))
    assert set(shares) == set(TISSUES)
    assert np.allclose(sum(shares.values()), 1.0, atol=1e-5)
    at = {place: max(shares, key=lambda name: shares[name][int((place + 10) * 2)]) for place in (-5, 2, 6, 12, 17, 30)}
    assert at == {-5: "white", 2: "csf", 6: "marrow", 12: "fat", 17: "skin", 30: "air"}


def test_mask_is_half_filled_voxels_without_specks():
    share = np.zeros((1, 10, 10), dtype=np.float32)
    share[0, 1:5, 1:5] = 0.5  # 16 voxels of 4 mm²
    share[0, 5, 5] = 0.49
    share[0, 8, 8] = 1.0  # 4 mm²: a speck
    mask = lesion_mask([Lesion(share, 1.0)], (3.0, 2.0, 2.0))
    assert mask.sum() == 16
    assert mask[0, 1:5, 1:5].all()


def test_label_map_puts_later_classes_on_top():
    first, second = np.ones((1, 1, 3), dtype=bool), np.zeros((1, 1, 3), dtype=bool)
    second[0, 0, 1] = True
    assert label_map([first, second]).tolist() == [[[1, 2, 1]]]
