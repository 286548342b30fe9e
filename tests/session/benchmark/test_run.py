"""Whose patients stand in which row."""

import json

import pytest

from napari_wsss.session.benchmark.run import Group, Run, groups_of

VAL, TEST = Group("val patients", ("val",)), Group("test patients", ("test",))


@pytest.mark.parametrize(
    ("folds", "subsets", "apart"),
    [
        (None, ("train", "val"), (VAL,)),
        (None, ("test", "train", "val"), (VAL, TEST)),
        (None, ("train", "test"), (TEST,)),
        (None, ("train", None), ()),
        (3, ("train",), (Group("patients kept apart", ("test",)),)),
    ],
)
def test_patients_who_were_not_learnt_from(folds, subsets, apart):
    groups = groups_of(folds, subsets)
    assert groups.apart == apart
    assert groups.all == (groups.seen, *apart)
    assert all(set(groups.seen.subsets).isdisjoint(group.subsets) for group in apart)


def test_a_run_travels_as_json():
    run = Run("mixed-unet", ("a", "b"), ceiling=True, own_metric="iou", error="why")
    assert Run.from_json(json.loads(json.dumps(run.to_json()))) == run
