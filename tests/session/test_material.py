"""What a segmenter would learn from, counted by hand."""

import nibabel as nib
import numpy as np
import pytest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.pipeline.keys import Keys
from napari_wsss.pipeline.runner import pinned_outside
from napari_wsss.progress import drain
from napari_wsss.session.session import Session
from napari_wsss.store.project import Project

SUBSETS = {"a": "train", "b": "train", "c": "train", "d": "val", "e": "test"}


@pytest.fixture
def session(tmp_path):
    """Five patients of a scan each, of 4 slices of 6 × 5, of which nothing is known."""
    (tmp_path / "scans").mkdir()
    for name in SUBSETS:
        nib.save(nib.Nifti1Image(np.ones((6, 5, 4), np.float32), np.eye(4)), tmp_path / "scans" / f"{name}.nii.gz")
    cases = [case.replace(subset=SUBSETS[case.id]) for case in drain(scan_cohort(tmp_path / "scans", None))]
    Project.create(tmp_path / "p", "P", cases, LabelTable.empty(("lesion",), {case.id: 4 for case in cases})).close()
    with Session.open(tmp_path / "p") as opened:
        drain(opened.use("grad-cam-ensemble", device="cpu"))
        yield opened


def mask():
    found = np.zeros((4, 5, 6), np.uint8)
    found[1:3, 2, 2:4] = 1
    return found


def propose(session, *case_ids):
    """Keep proposals as the present settings would make them."""
    recipe = session.recipe
    keys = Keys(recipe, session.workspace, pinned_outside(recipe, session.workspace, ["train-segmenter"]))
    for case_id in case_ids:
        facts = {"key": keys.key(recipe.proposal, case_id)}
        session.project.write_proposal(recipe.effective(recipe.proposal), case_id, mask(), facts)


def test_without_masks_it_says_where_they_are_made(session):
    found = session.material()
    assert (found.accepted, found.slices, found.proposals) == (0, 0, 0)
    assert found.missing.startswith("4 scans of the training and validation patients lack an up-to-date proposal.")
    assert "'Make proposals for all cases' in the Tune dock" in found.missing
    session.choose(session.choice().replace(learn_from="accepted"))
    assert session.material().missing == "Accept masks of training patients in the Review dock first."
    assert session.material().sentence == "There is no mask to learn from yet."


def test_accepted_masks_and_proposals_are_counted(session):
    propose(session, "a", "b", "c", "d")
    session.accept("a", mask())
    session.accept("b", mask(), [1, 2, 3])
    session.accept("e", mask())
    assert session.material().sentence == (
        "Learns from 2 accepted scans (7 slices) and 2 proposals. 1 patient validates, by proposals, since none of "
        "their masks is accepted."
    )
    assert session.material().missing == ""
    session.accept("d", mask())
    session.reject("c")
    found = session.material()
    assert (found.accepted, found.slices, found.proposals) == (2, 7, 1), "of b one slice is not accepted"
    assert "1 patient validates, by accepted masks." in found.sentence


def test_accepted_masks_alone_need_no_proposals_and_judges_are_not_counted_as_learnt_from(session):
    session.choose(session.choice().replace(learn_from="accepted"))
    session.accept("a", mask())
    assert "only one patient has a mask" in session.material().sentence
    session.accept("b", mask())
    found = session.material()
    assert (found.accepted, found.slices, found.proposals, found.missing) == (1, 4, 0, "")
    assert found.sentence.startswith("Learns from 1 accepted scan (4 slices). No validation patient has a mask")


def test_a_proposal_out_of_date_is_missing(session):
    propose(session, "a", "b", "c", "d")
    session.set("and-organ", on=False)
    assert session.material().missing.startswith("4 scans")


def test_it_says_why_no_model_can_be_improved(session):
    assert "no trained segmenter to improve yet" in session.material().fixed
