"""Patients pooled and averaged, and the rows of the table made of them, by hand."""

from types import SimpleNamespace

import pytest

from napari_wsss.session.benchmark.patients import averaged, empty_rows, is_ill, patient_rows
from napari_wsss.session.benchmark.rows import difference_row, ratio_row, table_row


def score(found, claimed, missed, /, right=100, **more):
    """A score with so many voxels found, claimed wrongly, missed and rightly left alone."""
    matrix = [[right, claimed], [missed, found]]
    given = {"matrix": matrix, "hausdorff95": [4.0], "lesions": 2, "found": 1, "false": 1}
    return {"positive": 4, "negative": 6, "marked_positive": 2, "marked_negative": 3, "area": 10.0} | given | more


def case(patient, subset="val"):
    return SimpleNamespace(patient=patient, subset=subset)


CASES = {"a1": case("a"), "a2": case("a"), "b": case("b"), "free": case("free")}
SCORES = {
    "a1": score(10, 0, 0),
    "a2": score(0, 10, 20, hausdorff95=[None]),
    "b": score(30, 10, 10),
    "free": score(0, 5, 0, hausdorff95=[None], lesions=0, found=0, false=2),
}


@pytest.fixture
def patients():
    return patient_rows(SCORES, CASES)


def test_voxels_of_a_patient_are_pooled(patients):
    first, second, free = patients
    assert first["dice"] == pytest.approx(20 / 50)
    assert first["volume_difference"] == pytest.approx((20 - 30) / 30)
    assert first["hausdorff95"] == 4.0, "where it is defined"
    assert (first["lesions"], first["false"], first["positive"]) == (4, 2, 8)
    assert second["dice"] == pytest.approx(60 / 80)
    assert (free["dice"], is_ill(free)) == (None, False)


def test_a_row_sums_up_patients(patients):
    row = table_row(patients, "iou")
    assert (row["shown"], row["patients"], row["patients_without_lesion"], row["false_alarms"]) == (3, 2, 1, 1)
    assert row["dice"] == row["dice_median"] == pytest.approx((0.4 + 0.75) / 2)
    assert (row["dice_low"], row["dice_high"]) == pytest.approx((0.4, 0.75))
    assert (row["hausdorff95"], row["hausdorff95_patients"]) == (4.0, 2)
    assert (row["lesion_sensitivity"], row["lesions"]) == (3 / 6, 6)
    assert row["false_lesions"] == pytest.approx((2 + 1 + 2) / 3)
    assert row["own"] == pytest.approx((10 / 40 + 30 / 50) / 2)
    assert (row["marked_positive"], row["marked_negative"], row["area"]) == (0.5, 0.5, 5.0)


def test_authors_metrics_that_pool_all_voxels(patients):
    background, lesion = 400 / (400 + 25 + 30), 40 / (40 + 25 + 30)
    miou = (background + lesion) / 2
    assert table_row(patients, "mean_iou")["own"] == pytest.approx(miou)
    assert table_row(patients, "printed_dsc")["own"] == pytest.approx(2 * miou / (1 + miou))
    assert table_row(patients, "")["own"] is None


def test_marking_nothing(patients):
    row = table_row(empty_rows(patients), "")
    assert (row["dice"], row["volume_difference"], row["lesion_sensitivity"]) == (0.0, -1.0, 0.0)
    assert (row["false_lesions"], row["false_alarms"], row["hausdorff95_patients"]) == (0.0, 0, 0)
    assert (row["marked_positive"], row["area"]) == (0.0, None)


def test_of_several_folds_the_mean(patients):
    twice = averaged([*patients, *patient_rows({"a1": score(10, 0, 10, hausdorff95=[8.0])}, CASES)])
    first = twice[0]
    assert len(twice) == len(patients)
    assert first["dice"] == pytest.approx((0.4 + 20 / 30) / 2)
    assert first["hausdorff95"] == 6.0
    assert (first["lesions"], first["found"], first["false"]) == (3.0, 1.5, 1.5)
    assert first["matrix"].tolist() == [[300, 10], [30, 20]]


def test_without_references_only_marks_are_counted():
    marks = {name: value for name, value in score(0, 0, 0).items() if name not in ("matrix", "hausdorff95")}
    row = table_row(patient_rows({"a1": marks, "b": marks}, CASES), "mean_iou")
    assert (row["shown"], row["patients"]) == (2, 0)
    assert row["dice"] is row["false_lesions"] is row["own"] is row["lesion_sensitivity"] is None
    assert row["marked_positive"] == 0.5


def test_recipes_are_compared_patient_by_patient(patients):
    better = patient_rows({"b": score(40, 0, 0), "free": SCORES["free"]}, CASES)
    row = difference_row(patients, better)
    assert (row["compared"], row["difference"]) == (1, pytest.approx(0.25))
    assert ratio_row(better, patients)["ratio"] == pytest.approx(0.75)
