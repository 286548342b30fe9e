"""Deciding in the Review dock: buttons and keys, versions, and the offer to go on after a crash."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from qtpy.QtWidgets import QMessageBox

from napari_wsss.session.preferences import preferences
from napari_wsss.store.project import Project
from napari_wsss.widgets._deciding import accept_range, picked_range, reject_case
from napari_wsss.widgets._decisions import accept
from napari_wsss.widgets._open_desk import dock_called
from napari_wsss.widgets._preferences import preferences_here
from napari_wsss.widgets._recover import Recovery
from napari_wsss.widgets._versions_panel import VersionsPanel

pytestmark = pytest.mark.gui


@pytest.fixture
def review(opened):
    return dock_called(opened.viewer, "Review")


@pytest.fixture(autouse=True)
def usual():
    yield
    preferences_here().set(move_on=False)


def paint(desk, z, row, column):
    desk.layers.mask_layer.data_setitem((np.array([z]), np.array([row]), np.array([column])), 1)


def written(desk, qtbot):
    qtbot.waitUntil(lambda: desk.writer.idle, timeout=10_000)
    assert desk.autosave.finish()


def test_the_line_says_what_is_on_the_disk(opened, review, qtbot):
    assert review.decide.saved.isHidden()
    assert not review.decide.discard.isEnabled()
    with qtbot.waitSignal(opened.autosave.listed, timeout=10_000):
        paint(opened, 1, 3, 4)
    assert "kept on the disk, last at" in review.decide.saved.text()
    qtbot.waitUntil(lambda: "in progress" in review.bar.case.text())
    opened.edits.undo()
    assert review.decide.saved.isHidden()


def test_a_range_is_accepted_once_it_is_picked(opened, session, review, qtbot):
    assert picked_range(opened) is None
    assert not review.decide.range.isEnabled()
    accept_range(opened)
    opened.labelling.choose_range(3, 1)
    assert review.decide.range.text() == "Accept 1-3"
    review.decide.range.click()
    written(opened, qtbot)
    assert session.project.accepted_slices("case0").tolist() == [False, True, True, True, False]
    assert session.project.state("case0") == "in progress"


def test_after_a_decision_the_next_case_comes_if_the_person_likes(opened, session, review, qtbot):
    review.decide.move_on.click()
    assert preferences().move_on
    with qtbot.waitSignal(opened.case_opened, timeout=10_000):
        review.decide.accept.click()
    assert opened.loaded.case_id == "case1"
    review.decide.reason.setText("blurred")
    with qtbot.waitSignal(opened.case_opened, timeout=10_000):
        review.decide.reject.click()
    assert opened.loaded.case_id == "case2"
    assert session.project.rejection("case1") == "blurred"
    assert review.decide.reason.text() == ""


def test_the_key_takes_the_reason_and_no_case_gets_that_of_another(opened, session, review, qtbot):
    review.decide.reason.setText(" motion ")
    with qtbot.waitSignal(opened.writer.written, timeout=10_000):
        reject_case(opened)
    assert session.project.rejection("case0") == "motion"
    with qtbot.waitSignal(opened.case_opened, timeout=10_000):
        opened.step_case(1)
    assert review.decide.reason.text() == opened.reason == ""


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_discarding_is_asked_for(opened, review, monkeypatch, answer):
    monkeypatch.setattr(QMessageBox, "question", lambda *_: getattr(QMessageBox.StandardButton, answer))
    paint(opened, 1, 3, 4)
    review.decide.discard.click()
    assert opened.mask.edited == (answer == "No")


def test_versions_are_listed_looked_at_and_brought_back(opened, qtbot):
    paint(opened, 1, 3, 4)
    first = opened.layers.mask.copy()
    accept(opened)
    written(opened, qtbot)
    opened.edits.do("clear", np.zeros_like(first))
    accept(opened)
    written(opened, qtbot)
    panel = VersionsPanel(opened)
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    qtbot.waitUntil(lambda: len(panel.versions) == 2, timeout=10_000)
    row = [version.kind for version in panel.versions].index("earlier")
    panel.table.selectRow(row)
    panel.look.click()
    qtbot.waitUntil(lambda: opened.mask.origin == "version", timeout=10_000)
    np.testing.assert_array_equal(opened.layers.mask, first)
    assert "version" in opened.mask.choices()
    opened.mask.choose("accepted")
    assert opened.layers.mask.sum() == 0
    panel.table.selectRow(row)
    panel.back.click()
    qtbot.waitUntil(lambda: opened.mask.edited, timeout=10_000)
    np.testing.assert_array_equal(opened.layers.mask, first)
    opened.edits.undo()
    assert (opened.layers.mask.sum(), opened.mask.origin) == (0, "accepted")
    panel.table.clearSelection()
    assert not panel.look.isEnabled()


CRASH = """
import os, signal, sys
import numpy as np
from napari_wsss.edit.delta import Delta
from napari_wsss.edit.history import Edit, History
from napari_wsss.store.project import Project
project = Project.open(sys.argv[1])
for case_id in ("case0", "case1"):
    mask, history = np.zeros((5, 24, 20), np.uint8), History()
    after = mask.copy()
    after[1, 3, 4] = 1
    history.do(Edit("paint", Delta.between(mask, after)))
    project.drafts.new(case_id, "proposal", {}, "anna").begin(after, history)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such way to die here")
def test_after_a_crash_the_work_is_offered_case_by_case(desk, session, qtbot, monkeypatch):
    session.project.close()
    ended = subprocess.run([sys.executable, "-c", CRASH, session.project.folder], check=False)
    assert ended.returncode == -signal.SIGKILL
    session.project = Project.open(session.project.folder)
    assert session.project.left_by["process"] != os.getpid()
    recovery = desk.findChild(Recovery)
    with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=10_000):
        desk.adopt(session)
    qtbot.waitUntil(lambda: recovery.dialog is not None, timeout=10_000)
    dialog = recovery.dialog
    assert set(dialog.open) == {"case0", "case1"}
    assert desk.mask.edited  # the first case is on the desk, its corrections with it
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    dialog.discard["case0"].click()
    assert desk.autosave.finish()
    assert session.project.drafts.case_ids() == {"case1"}
    assert not desk.mask.edited
    with qtbot.waitSignal(desk.case_opened, timeout=10_000):
        dialog.open["case1"].click()
    assert dialog.isHidden()
    assert (desk.mask.origin, int(desk.layers.mask.sum())) == ("edited", 1)
    assert desk.edits.history.undo_name == "paint"


HOLD = """
import sys
from napari_wsss.store.project import Project
project = Project.open(sys.argv[1])
print(1, flush=True)
input()
"""


def test_a_second_window_reads_only_and_says_who_writes(desk, session, qtbot, monkeypatch):
    told = []
    monkeypatch.setattr("napari_wsss.widgets._recover.show_warning", told.append)
    session.project.close()
    command = [sys.executable, "-c", HOLD, str(session.project.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        session.project = Project.open(session.project.folder)
        with qtbot.waitSignals([desk.case_opened, desk.live.settled], timeout=10_000):
            desk.adopt(session)
        other.communicate(b"\n")
    assert f"by process {other.pid} on" in told[-1]
    assert "Close it there" in told[-1]
    assert not desk.writable
    review = dock_called(desk.viewer, "Review")
    assert not review.decide.accept.isEnabled()
    assert "read-only" in review.bar.case.text()
    paint(desk, 1, 3, 4)
    assert "stay in this window alone" in review.decide.saved.text()
    assert review.decide.elsewhere.isEnabled()
