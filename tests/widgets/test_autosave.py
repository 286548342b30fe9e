"""Nothing drawn is lost: every edit is on the disk at once, comes back with its undo, and goes when it is accepted."""

import errno
import os

import numpy as np
import pytest

from napari_wsss.store import journal as journal_module
from napari_wsss.store.project import Project
from napari_wsss.widgets._decisions import accept, reject
from napari_wsss.widgets._elsewhere import save_mask

pytestmark = pytest.mark.gui


@pytest.fixture
def errors(monkeypatch):
    heard = []
    for place in ("_desk", "_autosave", "_writer"):
        monkeypatch.setattr(f"napari_wsss.widgets.{place}.tell_error", heard.append)
    return heard


def paint(desk, z, row, column, value=1):
    desk.layers.mask_layer.data_setitem((np.array([z]), np.array([row]), np.array([column])), value)


def go_to(desk, qtbot, case_id):
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=10_000):
        desk.show_case(case_id)


def drafts(desk):
    assert desk.autosave.finish()
    return desk.session.project.drafts


def written(desk, qtbot):
    qtbot.waitUntil(lambda: desk.writer.idle, timeout=10_000)


def test_every_edit_is_on_the_disk_at_once(opened):
    shelf = opened.session.project.drafts
    states = []
    for column in (3, 4, 5):
        paint(opened, 1, 3, column)
        states.append(opened.layers.mask.copy())
        np.testing.assert_array_equal(drafts(opened).read("case0", 1).mask, states[-1])
    opened.edits.do("clear", np.zeros_like(states[0]))
    opened.edits.undo()
    opened.edits.undo()
    draft = drafts(opened).read("case0", 1)
    np.testing.assert_array_equal(draft.mask, states[1])
    assert draft.history.redo_name == "edit"
    assert draft.history.summary() == opened.edits.history.summary()
    assert (draft.started_from, draft.made["step"]) == ("proposal", "cut")
    assert shelf.numbers("case0") == [1]
    assert opened.session.project.state("case0") == "in progress"


def test_the_next_opening_gets_it_back_with_its_undo(opened, session, qtbot):
    before = opened.layers.mask.copy()
    paint(opened, 1, 3, 4)
    paint(opened, 2, 3, 4)
    drawn = opened.layers.mask.copy()
    opened.close_project()
    session.project = Project.open(session.project.folder)
    with qtbot.waitSignals([opened.case_opened, opened.live.settled], timeout=10_000):
        opened.adopt(session)
    np.testing.assert_array_equal(opened.layers.mask, drawn)
    assert opened.mask.origin == "edited"
    paint(opened, 3, 3, 4)
    assert [note.edits for note in drafts(opened).notes(["case0"])] == [3]
    for _ in range(3):
        opened.edits.undo()
    np.testing.assert_array_equal(opened.layers.mask, before)
    assert opened.mask.origin == "proposal"
    assert drafts(opened).case_ids() == set()
    opened.edits.redo()
    assert drafts(opened).case_ids() == {"case0"}


def test_accepting_keeps_how_it_was_made_and_removes_the_draft(opened, session, qtbot):
    paint(opened, 1, 3, 4)
    paint(opened, 1, 3, 5)
    opened.edits.do("margin", np.ones_like(opened.layers.mask), {"mm": 2})
    accept(opened)
    written(opened, qtbot)
    assert drafts(opened).case_ids() == set()
    facts = session.project.accepted_provenance("case0")
    assert [line["edit"] for line in facts["edits"]] == ["edit", "edit", "margin"]
    assert (facts["step"], facts["edited"]) == ("cut", True)
    opened.edits.undo()  # an accepted mask can be corrected again, with its history
    assert (opened.mask.origin, drafts(opened).case_ids()) == ("edited", {"case0"})
    accept(opened)
    written(opened, qtbot)
    assert [line["edit"] for line in session.project.accepted_provenance("case0")["edits"]] == ["edit", "edit"]
    assert drafts(opened).case_ids() == set()


def test_an_accepted_case_is_opened_and_edited_again(opened, session, qtbot):
    paint(opened, 1, 3, 4)
    accept(opened)
    written(opened, qtbot)
    go_to(opened, qtbot, "case1")
    go_to(opened, qtbot, "case0")
    assert opened.mask.origin == "accepted"
    paint(opened, 2, 3, 4)
    accept(opened)
    written(opened, qtbot)
    facts = session.project.accepted_provenance("case0")
    assert (facts["step"], len(facts["edits"]), facts["earlier_version"]) == ("cut", 2, "1")


def test_slices_are_accepted_one_by_one_and_the_draft_stays_for_the_rest(opened, session, qtbot):
    paint(opened, 1, 3, 4)
    paint(opened, 2, 3, 4)
    accept(opened, [1])
    written(opened, qtbot)
    assert drafts(opened).case_ids() == {"case0"}
    assert session.project.accepted_slices("case0").tolist() == [False, True, False, False, False]
    accept(opened, [0, 2, 3, 4])
    written(opened, qtbot)
    assert opened.mask.origin == "accepted"
    assert drafts(opened).case_ids() == set()


def test_a_mask_accepted_while_the_project_closes_leaves_no_draft(opened, session):
    folder = session.project.folder
    paint(opened, 1, 3, 4)
    accept(opened)
    opened.close_project()
    with Project.open(folder, read_only=True) as project:
        assert project.state("case0") == "accepted"
        assert project.drafts.case_ids() == set()


def test_work_on_several_cases_waits_for_each_of_them(opened, qtbot):
    drawn = {}
    for case_id in ("case0", "case1"):
        go_to(opened, qtbot, case_id)
        paint(opened, 1, 3, 4)
        drawn[case_id] = opened.layers.mask.copy()
    for case_id in ("case0", "case1"):
        go_to(opened, qtbot, case_id)
        np.testing.assert_array_equal(opened.layers.mask, drawn[case_id])
        opened.edits.undo()
        assert opened.mask.origin == "proposal"
    assert drafts(opened).case_ids() == set()


def test_a_full_disk_keeps_the_work_in_memory_and_catches_up(opened, qtbot, monkeypatch, errors, tmp_path):
    paint(opened, 1, 3, 4)
    assert drafts(opened).note("case0", 1).edits == 1

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "write", full)
        patch.setattr("tempfile.mkstemp", full)
        for column in (5, 6):
            with qtbot.waitSignal(opened.autosave.changed, timeout=10_000):
                paint(opened, 1, 3, column)
    assert len(errors) == 1
    assert "No space left" in str(errors[0])
    assert "stay in the window" in str(errors[0])
    assert "\n" not in str(errors[0])
    assert opened.mask.unsaved == ["case0"]
    save_mask(opened, tmp_path / "elsewhere")
    written(opened, qtbot)
    from napari_wsss.data.masks import read_mask

    saved, geometry = read_mask(tmp_path / "elsewhere.nii.gz")
    np.testing.assert_array_equal(saved, opened.layers.mask)
    np.testing.assert_allclose(geometry.affine, opened.loaded.volume.geometry.affine)
    with qtbot.waitSignal(opened.autosave.changed, timeout=10_000):
        opened.autosave._retry.timeout.emit()
    assert opened.autosave.trouble == ""
    assert opened.mask.unsaved == []
    np.testing.assert_array_equal(drafts(opened).read("case0", 1).mask, opened.layers.mask)
    assert len(drafts(opened).read("case0", 1).history.summary()) == 3


def test_an_accept_that_fails_keeps_the_draft(opened, session, qtbot, errors, monkeypatch):
    paint(opened, 1, 3, 4)
    assert drafts(opened).case_ids() == {"case0"}

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("tempfile.mkstemp", full)
        accept(opened)
        written(opened, qtbot)
    assert "No space left" in str(errors[0])
    assert opened.mask.origin == "edited"
    assert drafts(opened).case_ids() == {"case0"}
    assert session.project.accepted("case0") is None
    accept(opened)
    written(opened, qtbot)
    assert session.project.state("case0") == "accepted"
    assert drafts(opened).case_ids() == set()


def test_a_damaged_draft_is_said_and_set_aside(opened, qtbot, errors):
    go_to(opened, qtbot, "case1")
    paint(opened, 1, 3, 4)
    go_to(opened, qtbot, "case0")
    path = drafts(opened).path("case1", 1)
    path.write_bytes(path.read_bytes()[:30])
    go_to(opened, qtbot, "case1")
    assert "case1, draft 1" in str(errors[0])
    assert path.with_name("1.journal.damaged").is_file()
    assert opened.mask.origin == "proposal"


def test_corrections_can_be_discarded(opened, qtbot):
    before = opened.layers.mask.copy()
    paint(opened, 1, 3, 4)
    opened.mask.discard()
    assert opened.mask.origin == "proposal"
    assert drafts(opened).case_ids() == set()
    paint(opened, 1, 3, 4)
    go_to(opened, qtbot, "case1")
    opened.autosave.discard("case0")
    assert drafts(opened).case_ids() == set()
    go_to(opened, qtbot, "case0")
    np.testing.assert_array_equal(opened.layers.mask, before)


def test_a_rejected_case_keeps_its_corrections_and_is_rejected(opened, session, qtbot):
    paint(opened, 1, 3, 4)
    drawn = opened.layers.mask.copy()
    reject(opened, "blurred")
    written(opened, qtbot)
    assert drafts(opened).case_ids() == {"case0"}
    assert session.project.state("case0") == "rejected"
    go_to(opened, qtbot, "case1")
    go_to(opened, qtbot, "case0")
    np.testing.assert_array_equal(opened.layers.mask, drawn)


def test_a_proposal_shown_again_follows_the_sliders(opened, qtbot):
    paint(opened, 1, 3, 4)
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.tune("cut", value=0.3)
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.edits.undo()
    np.testing.assert_array_equal(opened.layers.mask, opened.tuner.mask())


def test_how_a_mask_was_made_is_kept_as_it_was_at_the_first_stroke(opened, qtbot):
    first = opened.mask.fixed()()
    paint(opened, 1, 3, 4)
    assert opened.mask.corrections.made() == first
    with qtbot.waitSignal(opened.live.settled, timeout=10_000):
        opened.tune("cut", value=0.3)
    assert opened.mask.corrections.made() == first


def test_a_project_opened_for_reading_keeps_strokes_in_the_window(opened, session):
    session.project.read_only_reason = "It is open elsewhere."
    paint(opened, 1, 3, 4)
    assert drafts(opened).case_ids() == set()
    assert opened.mask.unsaved == ["case0"]
