"""What a case teaches: accepted slices, elsewhere the proposal."""

import dataclasses

import numpy as np
import pytest

from napari_wsss.pipeline.job import Job
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.taught import lesion, lesion_free, mask_to_learn
from napari_wsss.recipes import recipe_named

RECIPE = recipe_named("mixed-unet")


@pytest.fixture
def case(workspace):
    """Case a: a proposal on slices 1 and 2; slices 2 and 3 accepted, 2 empty and 3 with a band."""
    proposal, accepted = np.zeros((4, 32, 40), np.uint8), np.zeros((4, 32, 40), np.uint8)
    proposal[1:3, 8:16, 10:20] = 1
    accepted[3, 8:24] = 1
    workspace.masks.write("crf", "a", proposal, {"key": "k"})
    workspace.accepted.kept["a"] = (accepted, np.array([False, False, True, True]))
    return workspace


def taught(workspace, case_id="a", **knobs):
    step = RECIPE.step("segmenter").replace(**knobs)
    return mask_to_learn(Job("segmenter", RECIPE, workspace, Keys(RECIPE, workspace)), step, "crf", case_id)


def test_accepted_slices_take_the_place_of_the_proposal(case):
    mask = taught(case)
    assert [int(lesion(mask)[z].sum()) for z in range(4)] == [0, 80, 0, 640]


def test_from_accepted_alone_no_proposal_is_even_read(case, monkeypatch):
    monkeypatch.setattr(case.masks, "read", None)
    assert [int(lesion(taught(case, learn_from="accepted"))[z].sum()) for z in range(4)] == [0, 0, 0, 640]
    assert not taught(case, "b", learn_from="accepted").any()


def test_a_rejected_proposal_teaches_nothing(case):
    assert not taught(dataclasses.replace(case, rejected=("a",)))[1].any()


def test_lesion_free_are_slices_labelled_or_accepted_so(case):
    job = Job("segmenter", RECIPE, case, Keys(RECIPE, case))
    step = RECIPE.step("segmenter")
    assert lesion_free(job, step, "a").tolist() == [True, False, True, False]
    assert lesion_free(job, step, "b").tolist() == [True, False, False, True]
    alone = step.replace(learn_from="accepted")
    assert lesion_free(job, alone, "a").tolist() == [True, False, True, False]
    assert not lesion_free(job, alone, "b").any()
