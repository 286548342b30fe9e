"""Operations without the window: a draft waits, decisions stay as they are."""

import numpy as np
import pytest

from napari_wsss.errors import InputError, ProjectError, RecipeError
from napari_wsss.session import Session


@pytest.fixture
def session(tmp_path):
    import nibabel as nib

    folder = tmp_path / "scans"
    folder.mkdir()
    scan = np.zeros((12, 10, 6), np.float32)
    scan[3:8, 3:8, 1:5] = 100
    scan += np.random.default_rng(0).uniform(0, 5, scan.shape).astype(np.float32)
    nib.save(nib.Nifti1Image(scan, np.diag([-1.0, -1.0, 2.0, 1.0])), folder / "a.nii.gz")
    from napari_wsss.progress import drain

    made = drain(Session.create(tmp_path / "project", images=folder, classes=["lesion", "edema"]))
    yield made
    made.close()


def accepted(session):
    mask = np.zeros((6, 10, 12), np.uint8)
    mask[1:5, 3:8, 3:8] = 1
    mask[2, 9, 11] = 1
    session.accept("a", mask)
    return mask


def test_what_an_operation_makes_waits_as_a_draft(session):
    mask = accepted(session)
    edit = session.edit("a", "islands", {"keep": "largest"})
    assert (edit.name, len(edit.delta)) == ("islands", 1)
    np.testing.assert_array_equal(session.project.accepted("a"), mask)
    assert [(note.case_id, note.edits, note.started_from) for note in session.drafts()] == [("a", 1, "accepted")]
    assert session.project.state("a") == "in progress"
    session.accept_draft("a")
    assert session.project.accepted("a")[2, 9, 11] == 0
    assert session.project.accepted_provenance("a")["edits"][-1]["edit"] == "islands"


def test_a_second_operation_goes_on_with_the_draft(session):
    accepted(session)
    session.edit("a", "islands", {"keep": "largest"})
    edit = session.edit("a", "margin", {"distance": -1.0}, slices=(2, 2))
    assert len(edit.delta) == 16
    (note,) = session.drafts()
    assert note.edits == 2
    session.edit("a", "logical-operators", {"how": "copy", "other": "start"})
    session.accept_draft("a")
    assert session.project.accepted("a")[2, 9, 11] == 1


def test_an_operation_that_changes_nothing_leaves_no_draft(session):
    accepted(session)
    assert not len(session.edit("a", "holes").delta)
    assert session.drafts() == []


def test_smart_fill_at_a_voxel_in_a_class(session):
    session.accept("a", np.zeros((6, 10, 12), np.uint8))
    edit = session.edit("a", "smart-fill", {"mode": "3d", "radius": 20}, cls="edema", seed=(2, 5, 5))
    assert len(edit.delta) == 4 * 5 * 5
    assert (edit.delta.after == 2).all()


def test_what_cannot_be_done_is_told(session):
    with pytest.raises(InputError, match="no mask to edit"):
        session.edit("a", "islands")
    accepted(session)
    with pytest.raises(RecipeError, match="no operation"):
        session.edit("a", "island")
    with pytest.raises(InputError, match="no class 'tumour'"):
        session.edit("a", "islands", cls="tumour")
    with pytest.raises(InputError, match="one slice; say which"):
        session.edit("a", "copy-slice")
    with pytest.raises(InputError, match="no mask 'segmenter'"):
        session.edit("a", "logical-operators", {"other": "segmenter"})
    session.project.read_only_reason = "It is open elsewhere."
    with pytest.raises(ProjectError, match="open elsewhere"):
        session.edit("a", "islands")
    assert session.drafts() == []
