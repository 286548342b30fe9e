"""The process of a run, in this process: what it tells, how it obeys, what it calls the cases."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from napari_wsss.data.cohort import scan_cohort
from napari_wsss.data.labels import LabelTable
from napari_wsss.data.simulated import TINY_SHAPE, simulate_cohort
from napari_wsss.engine.ranks import stop_request
from napari_wsss.errors import InputError, ProjectError
from napari_wsss.progress import About, Note, Picture, Progress, drain
from napari_wsss.session import run_process
from napari_wsss.session.names import Names
from napari_wsss.session.outbox import Outbox
from napari_wsss.session.overseer import Overseer
from napari_wsss.session.run_events import EventFile, EventReader
from napari_wsss.session.run_folder import RunFolder, RunJob
from napari_wsss.session.run_process import do_job
from napari_wsss.store.processes import facts_of
from napari_wsss.store.project import Project


@pytest.fixture(autouse=True)
def _no_stop():
    stop_request.clear()
    yield
    stop_request.clear()


def run_of(folder, task="work", **arguments):
    return RunFolder.make(folder, RunJob(task, arguments, "Work"))


def told_in(run):
    return EventReader(run.folder / "events.jsonl").read()


def test_events_then_the_ending(tmp_path):
    def work(upto):
        yield from (Progress("work", done, upto) for done in range(upto))
        return {"sum": upto}

    run = run_of(tmp_path, upto=3)
    assert do_job(run, lambda: {"work": work}) == {"result": {"sum": 3}}
    assert told_in(run)[-1] == Progress("work", 2, 3)
    assert run.ending == {"result": {"sum": 3}}


def test_what_cannot_be_told_is_an_error(tmp_path):
    def work():
        yield Note("so far")
        return object()

    ending = do_job(run_of(tmp_path), lambda: {"work": work})
    assert "has no JSON form" in ending["error"]["text"]
    ending = do_job(run_of(tmp_path, "fly"), lambda: {"work": work})
    assert "KeyError: 'fly'" in ending["error"]["text"]


def test_a_stop_closes_the_work_before_it_is_told(tmp_path):
    closed = []

    def work():
        try:
            yield Note("one")
            stop_request.set()
            yield Note("two")
            yield Note("never")
        finally:
            closed.append(run.ending)

    run = run_of(tmp_path)
    assert do_job(run, lambda: {"work": work}) == {"cancelled": True}
    assert told_in(run) == [Note("one"), Note("two")]
    assert closed == [None]


def test_stopped_before_it_began_it_begins_nothing(tmp_path):
    run = run_of(tmp_path)
    run.wish("stop")
    assert do_job(run, lambda: pytest.fail("nobody wants it")) == {"cancelled": True}


def test_a_pause_holds_until_the_wish_changes(tmp_path):
    run, gone_on = run_of(tmp_path), threading.Event()
    run.wish("pause")
    file = EventFile(run.folder / "events.jsonl")
    overseer = Overseer(run, Outbox(file), lambda: pytest.fail("nobody asked"))
    waiting = threading.Thread(target=lambda: overseer.wait() and gone_on.set())
    waiting.start()
    assert not gone_on.wait(0.3)
    run.wish("run")
    waiting.join(10)
    assert gone_on.is_set()
    overseer.finish()
    file.close()


def test_work_that_does_not_end_is_ended(tmp_path):
    run, ended = run_of(tmp_path), threading.Event()
    file = EventFile(run.folder / "events.jsonl")
    overseer = Overseer(run, Outbox(file), ended.set)
    run.wish("stop")
    assert ended.wait(10)
    assert not overseer.wait()
    overseer.finish()
    file.close()


def test_cases_bear_pseudonyms_in_the_folder_and_their_names_where_they_are_heard(tmp_path, monkeypatch):
    made = drain(simulate_cohort(tmp_path / "scans", patients=2, shape=TINY_SHAPE))
    cases = drain(scan_cohort(made["images"], None))
    labels = LabelTable.empty(("lesion",), {case.id: case.geometry.shape[0] for case in cases})
    with Project.create(tmp_path / "project", "", cases, labels) as project:
        names = Names(project)
        case = cases[0].id

        def work(project):  # noqa: ARG001 (as a task has it)
            yield Progress("maps", 1, 2, f"case {case}")
            yield Note(f"{case}: no lesion")
            yield Picture("maps", "p.png", case)
            yield About("maps", {"scan": case})
            raise InputError(f"/scans/{case}.nii.gz: damaged.")

        run = run_of(tmp_path / "runs", project=str(project.folder))
        do_job(run, lambda: {"work": work}, run_process._renaming(run.job))
        written = "".join((run.folder / name).read_text() for name in ("events.jsonl", "ending.json"))
        assert case not in written
        assert written.count(names.case(case)) == 5
        words = f"{case} and {cases[1].id}: {case}.nii.gz"
        assert names.own(names.text(words)) == words != names.text(words)
        monkeypatch.setattr("napari_wsss.session.names.preferences", lambda: type("P", (), {"pseudonyms": False}))
        assert run_process._renaming(run.job)(case) == case


def test_one_process_a_run(tmp_path):
    run = run_of(tmp_path)
    (run.folder / "process.json").write_text(run_process.encode(facts_of(psutil.Process().ppid())))
    with pytest.raises(ProjectError, match="is at it already"):
        run_process._take(run)


def test_what_was_wished_of_a_process_that_died_does_not_hold_for_the_next(tmp_path):
    run = run_of(tmp_path)
    run.wish("pause")
    run_process._take(run)
    assert run.wished == "pause", "wished before it began"
    (run.folder / "process.json").write_text(run_process.encode(facts_of() | {"started": 0.0}))
    run_process._take(run)
    assert run.wished == "run"
    assert run.living.pid == os.getpid()


@pytest.mark.parametrize(("task", "code", "last"), [("two_stages", 0, "done"), ("fail", 3, "scan.nii: no image.")])
def test_started_by_hand_it_says_on_the_console_how_it_ended(tmp_path, task, code, last):
    run = RunFolder.make(
        tmp_path, RunJob(task, {"fail": {"kind": "input"}}.get(task, {"total": 1}), "Go", by_hand=True)
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "napari_wsss.session.run_process", str(run.folder), "sample_tasks:TASKS"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", f"Go: {last}\n")
    assert run.state == ("failed" if code else "done")
