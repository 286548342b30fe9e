"""What the folder of a run says about it, whoever looks."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest

from napari_wsss.errors import ProjectError
from napari_wsss.session.run_folder import RunFolder, RunJob, runs_in
from napari_wsss.store.processes import facts_of

JOB = RunJob("run", {"stages": ["predict"], "cases": None}, "Segment the scans")


@pytest.fixture
def run(tmp_path):
    made = RunFolder.make(tmp_path / "runs", JOB)
    made.wish("run")
    return made


def sign(run, **changed):
    (run.folder / "process.json").write_text(json.dumps(facts_of() | changed))


def end(run, **ending):
    (run.folder / "ending.json").write_text(json.dumps(ending))


def test_runs_are_numbered_and_keep_their_job(tmp_path):
    runs = tmp_path / "runs"
    made = [RunFolder.make(runs, JOB) for _ in range(3)]
    assert [run.folder.name for run in made] == [f"{number:04}-segment-the-scans" for number in (1, 2, 3)]
    (runs / "notes").mkdir()
    assert [run.number for run in runs_in(runs)] == [1, 2, 3]
    assert made[0].job == JOB
    assert made[0].job.stages == ["predict"]
    assert runs_in(tmp_path / "none") == []


def test_a_number_is_not_given_again(tmp_path):
    runs = tmp_path / "runs"
    for _ in range(2):
        RunFolder.make(runs, JOB)
    (runs / "0001-segment-the-scans" / "job.json").unlink()
    (runs / "0001-segment-the-scans").rmdir()
    assert RunFolder.make(runs, JOB).number == 3


def test_a_damaged_job_says_so(run):
    (run.folder / "job.json").write_text("{")
    with pytest.raises(ProjectError, match="cannot be read as a job"):
        _ = run.job


def test_it_waits_before_it_begins_but_not_for_ever(run):
    assert run.state == "waiting"
    long_ago = time.time() - 3600
    os.utime(run.folder / "wish", (long_ago, long_ago))
    assert run.state == "died"


def test_one_started_by_hand_waits_as_long_as_it_takes(tmp_path):
    run = RunFolder.make(tmp_path, RunJob("run", {}, "Train", by_hand=True))
    assert run.state == "waiting"
    assert not run.under_way, "it does not keep others from running"
    run.wish("stop")
    assert run.state == "stopped", "nobody wants it any more"
    run.wish("run")
    sign(run)
    assert run.under_way


def test_a_live_process_runs_or_pauses(run):
    sign(run)
    assert run.state == "running"
    run.wish("pause")
    assert (run.state, run.wished) == ("paused", "pause")


@pytest.mark.parametrize(
    ("ending", "state"), [({"result": None}, "done"), ({"error": {}}, "failed"), ({"cancelled": True}, "stopped")]
)
def test_an_ending_says_how(run, ending, state):
    sign(run)
    end(run, **ending)
    assert run.state == state


def test_a_dead_process_without_an_ending_died_or_was_killed_on_wish(run):
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        sign(run, process=process.pid, started=psutil.Process(process.pid).create_time())
    assert run.state == "died"
    run.wish("stop")
    assert run.state == "stopped"


def test_a_number_given_to_another_process_is_not_taken_for_it(run):
    sign(run, started=facts_of()["started"] - 1000)
    assert run.state == "died"
    assert run.living is None


def test_a_process_that_nobody_waited_for_is_dead(run):
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    sign(run, **{name: value for name, value in facts_of(process.pid).items() if name in {"process", "started"}})
    process.stdout.read()  # it has ended, and is a zombie until somebody waits
    while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert run.state == "died"
    process.wait()
    process.stdout.close()


def test_one_on_another_machine_lives_while_it_shows_signs_of_life(run):
    sign(run, host="elsewhere", process=1)
    assert run.state == "running"
    assert run.living is None
    long_ago = time.time() - 3600
    os.utime(run.folder / "process.json", (long_ago, long_ago))
    assert run.state == "died"


def test_same_work_is_told_by_task_and_arguments():
    assert JOB.same_work(RunJob("run", {"cases": None, "stages": ("predict",)}, "other words", niceness=3))
    assert not JOB.same_work(RunJob("run", {"stages": ["maps"], "cases": None}, JOB.title))


def test_last_words_are_the_end_of_the_log(run):
    assert run.last_words() == ""
    (run.folder / "log.txt").write_text("x" * 50_000 + "\nfirst\nlast\n")
    assert run.last_lines()[-2:] == ["first", "last"]
    assert len(run.last_words()) < 30_000


def test_being_heard_is_kept(run):
    assert not run.heard
    run.hear()
    assert run.heard
