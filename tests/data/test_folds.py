"""Folds by patient."""

import pytest

from napari_wsss.data.folds import draw_folds
from napari_wsss.errors import InputError

COHORT = {f"p{number:02d}": number % 4 != 3 for number in range(23)}  # 18 with a lesion, 5 without


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_patient_is_scored_once_and_folds_are_alike(folds):
    drawn = draw_folds(COHORT, folds)
    scored = [[name for name, subset in fold.items() if subset == "test"] for fold in drawn]
    assert sorted(name for names in scored for name in names) == sorted(COHORT)
    sizes = [len(names) for names in scored]
    ill = [sum(COHORT[name] for name in names) for names in scored]
    assert max(sizes) - min(sizes) <= 1
    assert max(ill) - min(ill) <= 1
    for fold in drawn:
        assert set(fold) == set(COHORT)
        others = [subset for subset in fold.values() if subset != "test"]
        assert others.count("val") == -(-len(others) // 5)
        assert any(COHORT[name] for name, subset in fold.items() if subset == "val")


def test_the_draw_follows_from_seed_and_patients_alone():
    backwards = dict(reversed(COHORT.items()))
    assert draw_folds(COHORT, 3) == draw_folds(backwards, 3)
    assert draw_folds(COHORT, 3) != draw_folds(COHORT, 3, seed=1)


@pytest.mark.parametrize(("patients", "folds"), [(3, 1), (3, 4), (2, 2), (0, 2)])
def test_too_few_patients_are_refused(patients, folds):
    with pytest.raises(InputError, match=f"{folds} folds of {patients} patients"):
        draw_folds({str(number): True for number in range(patients)}, folds)


def test_three_patients_are_enough_for_three_folds():
    for fold in draw_folds({"a": True, "b": True, "c": False}, 3):
        assert sorted(fold.values()) == ["test", "train", "val"]
