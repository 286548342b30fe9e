"""Whose masks settings are judged against."""

import numpy as np
import pytest
from planted import make_workspace, plant

from napari_wsss.data.masks import write_mask
from napari_wsss.errors import InputError
from napari_wsss.pipeline.truths import judged_with, truths_of

SUBSETS = {"a": "train", "b": "val", "c": "test", "d": "train"}


@pytest.fixture
def workspace(tmp_path):
    """Four cases; a and d are of one patient."""
    return make_workspace(tmp_path, SUBSETS, {"a": "p", "d": "p"})


def test_accepted_masks_of_test_patients_are_left_out(workspace):
    for case_id in "abcd":
        plant(workspace, case_id, 0.5, slices=[1, 3])
    truths = truths_of(workspace, "accepted")
    assert [(truth.case_id, truth.patient) for truth in truths] == [("a", "p"), ("b", "b"), ("d", "p")]
    assert truths[0].slices.tolist() == [False, True, False, True]
    np.testing.assert_array_equal(truths[0].read(), workspace.accepted.mask("a"))
    assert judged_with("accepted", truths, "searched")["text"] == "searched with 3 accepted masks of 2 patients"
    assert judged_with("accepted", truths[:1], "searched")["text"] == "searched with 1 accepted mask of 1 patient"


def test_references_are_taken_from_train_patients_and_any_label_of_theirs_is_the_one_class(workspace, tmp_path):
    mask = np.zeros((4, 24, 24), np.uint8)
    mask[2, 3:5] = 7
    path = tmp_path / "reference.nii.gz"
    write_mask(mask, workspace.cases["a"].geometry, path)
    for case_id in "abc":
        workspace.cases[case_id] = workspace.cases[case_id].replace(reference=path)
    (truth,) = truths_of(workspace, "reference")
    assert truth.case_id == "a"
    assert truth.slices.all()
    np.testing.assert_array_equal(truth.read(), mask > 0)


@pytest.mark.parametrize(
    ("masks", "words"),
    [("accepted", "no accepted mask"), ("reference", "no train patient"), ("drawn", "accepted or reference")],
)
def test_no_masks_is_an_error_that_says_what_to_do(workspace, masks, words):
    with pytest.raises(InputError, match=words):
        truths_of(workspace, masks)


def test_a_mask_taken_back_meanwhile(workspace):
    plant(workspace, "a", 0.5)
    (truth,) = truths_of(workspace, "accepted")
    workspace.accepted.kept.clear()
    with pytest.raises(InputError, match="a: its accepted mask was taken back"):
        truth.read()
