"""A run on the desk: paused, gone on with, found again at opening, left alone at closing."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake import make_session
from qtpy.QtWidgets import QMessageBox

from napari_wsss.progress import About, Picture, Progress
from napari_wsss.session import Session
from napari_wsss.session.jobs import Worker
from napari_wsss.session.run_folder import RunJob
from napari_wsss.store.project import Project
from napari_wsss.widgets import _run_on_desk
from napari_wsss.widgets._desk import desk_of
from napari_wsss.widgets._job_panel import JobPanel
from napari_wsss.widgets._watcher import may_leave

pytestmark = pytest.mark.gui


class FakeRun(SimpleNamespace):
    """The members of RunFolder that the desk uses."""

    @property
    def under_way(self):
        return self.state in {"running", "paused"}


def run_of(state, *, heard=False):
    job = SimpleNamespace(stages=["train-segmenter"])
    return FakeRun(state=state, heard=heard, title="Train the segmenter", job=job)


@pytest.fixture
def panel(desk, qtbot):
    made = JobPanel(desk, ("train-segmenter", "predict"))
    qtbot.addWidget(made)
    return made


@pytest.fixture
def told(monkeypatch):
    heard = []
    monkeypatch.setattr(_run_on_desk, "tell", heard.append)
    return heard


def endless(session):
    """Let the session's runs go on until they are closed."""
    never = threading.Event()

    def run(stages, **_):
        while not never.wait(0.02):
            yield Progress(stages[0], 1, 0)

    session.run = run


def adopt(desk, session, qtbot):
    with qtbot.waitSignal(desk.case_opened, timeout=60_000):
        desk.adopt(session)
    qtbot.waitUntil(lambda: not desk.loading)


def end(desk, qtbot):
    if desk.running.job is not None:
        desk.running.cancel()
        qtbot.waitUntil(lambda: desk.running.job is None)


def test_pause_and_go_on(desk, session, panel, qtbot):
    adopt(desk, session, qtbot)
    endless(session)
    session.run_at_hand = run_of("running")
    desk.run(["train-segmenter"], "Train the segmenter")
    assert (panel.run.wait.text(), panel.run.title.text()) == ("Pause", "Train the segmenter")
    assert not panel.run.wait.isHidden()
    panel.run.wait.click()
    assert session.run_at_hand.state == "paused"
    assert (panel.run.wait.text(), panel.run.title.text()) == ("Go on", "Train the segmenter – paused")
    panel.run.wait.click()
    assert (session.run_at_hand.state, panel.run.wait.text()) == ("running", "Pause")
    session.run_at_hand.state = "paused"
    qtbot.waitUntil(lambda: panel.run.wait.text() == "Go on")  # another window paused it
    end(desk, qtbot)


def test_other_jobs_cannot_be_paused(desk, session, panel, qtbot):
    adopt(desk, session, qtbot)
    desk.start(session.evaluate(), "Score the masks")
    assert panel.run.isHidden()
    assert not panel.job.isHidden()
    assert panel.job.title.text() == "Score the masks"
    qtbot.waitUntil(lambda: desk.job is None)
    assert panel.isHidden()


def test_short_work_goes_on_beside_a_run_and_each_is_cancelled_by_itself(desk, session, panel, qtbot):
    adopt(desk, session, qtbot)
    endless(session)
    session.run_at_hand = run_of("running")
    desk.run(["train-segmenter"], "Train the segmenter")
    scores = []
    assert desk.start(session.evaluate(), "Score the masks", scores.append)
    assert (panel.run.title.text(), panel.job.title.text()) == ("Train the segmenter", "Score the masks")
    qtbot.waitUntil(lambda: desk.job is None)
    assert len(scores) == 1
    assert panel.job.isHidden()
    never = threading.Event()
    assert desk.start((Progress("search", 0, 0) for _ in iter(lambda: never.wait(0.02), True)), "Search")
    panel.job.stop.click()
    qtbot.waitUntil(lambda: desk.job is None)
    assert (session.worker.cancelled, session.worker.stopped) == (1, 0)
    assert desk.running.job is not None
    panel.run.stop.click()
    assert (panel.run.stop.text(), panel.run.stop.isEnabled()) == ("Stopping …", False)
    qtbot.waitUntil(lambda: desk.running.job is None)
    assert session.worker.stopped == 1


def test_a_run_begins_beside_short_work_unless_it_has_to_choose_settings_first(desk, session, qtbot, monkeypatch):
    refused = []
    monkeypatch.setattr(_run_on_desk, "tell_error", refused.append)
    adopt(desk, session, qtbot)
    session.settled = False
    desk.start(session.evaluate(), "Score the masks")
    assert not desk.run(["maps"], "Maps")
    assert "'Score the masks' is still running. Wait for it" in str(refused[0])
    session.settled = True
    assert desk.run(["maps"], "Maps")
    qtbot.waitUntil(lambda: desk.idle)
    assert session.ran == [("maps",)]


def test_another_project_is_opened_beside_a_run_which_is_left_to_itself(desk, session, panel, tmp_path, qtbot):
    adopt(desk, session, qtbot)
    endless(session)
    session.run_at_hand = run_of("running")
    desk.run(["train-segmenter"], "Train the segmenter")
    other, heard = make_session(tmp_path / "other", cases=1), []
    qtbot.waitUntil(lambda: panel.run.detail.text() != "starting …")
    adopt(desk, other, qtbot)
    desk.run_heard.connect(heard.append)
    assert (session.left, session.closed, session.worker.stopped) == (True, True, 0)
    assert desk.idle
    assert panel.isHidden()
    assert desk.run(["maps"], "Maps")
    qtbot.waitUntil(lambda: desk.idle)
    assert {event.stage for event in heard} == {"maps"}, "nothing of the run that was left"


def test_every_event_is_heard(desk, session, qtbot):
    adopt(desk, session, qtbot)
    events = [About("train", {"device": "CPU"}), Picture("train", "p.png"), Progress("train", 1, 1)]
    heard = []
    desk.run_heard.connect(heard.append)
    desk.running._follow((event for event in events), "Train")
    qtbot.waitUntil(lambda: desk.running.job is None)
    assert heard == events


def test_a_run_under_way_is_found_at_opening(desk, session, panel, qtbot, told):
    endless(session)
    session.run_at_hand = run_of("paused")
    adopt(desk, session, qtbot)
    assert desk.running.job.title == "Train the segmenter"
    assert (panel.run.wait.text(), panel.run.stop.isEnabled()) == ("Go on", True)
    assert told == []
    end(desk, qtbot)


def test_what_finished_meanwhile_is_said_once(desk, session, panel, qtbot, told):
    session.run_at_hand = run_of("done")
    heard = []
    desk.run_heard.connect(heard.append)
    adopt(desk, session, qtbot)
    qtbot.waitUntil(lambda: desk.running.job is None)
    assert told == ["'Train the segmenter' has finished while the window was closed."]
    assert heard, "its curves are shown"
    assert panel.isHidden()
    session.run_at_hand.heard = True
    desk.project_changed.emit()
    assert desk.running.job is None
    assert len(told) == 1


@pytest.mark.parametrize(("state", "words"), [("died", "ended unexpectedly"), ("stopped", "was stopped")])
def test_what_did_not_come_to_its_end_can_be_gone_on_with(session, panel, qtbot, state, words):
    desk = panel.desk
    session.run_at_hand = run_of(state, heard=True)
    adopt(desk, session, qtbot)
    other = JobPanel(desk, ("maps",))
    qtbot.addWidget(other)
    assert other.isHidden(), "offered where it belongs"
    assert not panel.isHidden()
    assert panel.run.title.text() == f"'Train the segmenter' {words}."
    panel.run.resume.click()
    assert panel.run.resume.isHidden()
    qtbot.waitUntil(lambda: desk.running.job is None)
    assert session.ran == [("train-segmenter",)]


def test_a_window_that_may_only_look_on_stops_nothing(desk, session, panel, qtbot):
    endless(session)
    session.run_at_hand = run_of("running")
    session.project.read_only_reason = "open elsewhere"
    adopt(desk, session, qtbot)
    assert desk.running.job is not None
    assert not panel.run.stop.isEnabled()
    assert not panel.run.wait.isEnabled()
    end(desk, qtbot)


def test_closing_says_that_it_goes_on(desk, session, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda *words: asked.append(words[2]) or QMessageBox.StandardButton.Yes
    )
    adopt(desk, session, qtbot)
    endless(session)
    session.run_at_hand = run_of("running")
    desk.run(["train-segmenter"], "Train the segmenter")
    assert may_leave(desk, desk.viewer.window._qt_window)
    assert "'Train the segmenter' goes on without this window" in asked[0]
    desk.viewer.close()
    assert session.left


def test_a_real_process_outlives_the_window_and_is_found_by_the_next(
    make_napari_viewer, session, tmp_path, qtbot, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "session"))
    folder = session.project.folder
    session.project.close()
    job = RunJob("forever", {"started": str(tmp_path / "started"), "closed": str(tmp_path / "closed")}, "Train")

    def opened():
        return Session(Project.open(folder), Worker("sample_tasks:TASKS"))

    first = desk_of(make_napari_viewer())
    mine = opened()
    adopt(first, mine, qtbot)
    with qtbot.waitSignal(first.run_heard, timeout=60_000):
        first.running._follow(mine.worker.run(mine.project, job), "Train")
    (run,) = mine.runs()
    first.viewer.close()
    assert run.state == "running"
    second = desk_of(make_napari_viewer())
    theirs = opened()
    with qtbot.waitSignal(second.run_heard, timeout=60_000):
        adopt(second, theirs, qtbot)
    assert second.running.job.title == "Train"
    process = run.living
    second.running.cancel()
    qtbot.waitUntil(lambda: second.running.job is None)
    assert run.state == "stopped"
    assert (tmp_path / "closed").exists()
    assert process.wait(5) is not None or not process.is_running()
