"""Runs in processes of their own: results, errors, stopping, leaving, joining, dying."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from napari_wsss.errors import Cancelled, FaultsError, JobError, ProjectError
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session import launching
from napari_wsss.session.following import Following, stop
from napari_wsss.session.launching import KEPT, launch
from napari_wsss.session.run_folder import RunFolder, RunJob, runs_in

TASKS = "sample_tasks:TASKS"


@pytest.fixture(autouse=True)
def _tasks_at_hand(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    yield folder
    for run in runs_in(folder):
        launching.kill(run)


def begin(runs, task, **arguments):
    return launch(runs, RunJob(task, arguments, f"Do {task}"), TASKS)


def hear(run, **how):
    """Give result and events."""
    heard = []
    return drain(Following(run, **how).work(), heard.append), heard


def gone(process):
    """Whether it has ended; one that nobody has waited for yet has."""
    return not psutil.wait_procs([process], timeout=5)[1]


def first_event(run, **how):
    work = Following(run, **how).work()
    next(work)
    return work


def test_result_events_and_a_second_hearing(runs):
    run = begin(runs, "count", total=3)
    result, events = hear(run)
    assert result == {"total": 3, "mean": 0.5, "where": "a/b"}
    assert events[-2:] == [Progress("count", 3, 3, values={"half": 1.0}), Note("counted")]
    assert run.state == "done"
    assert run.heard
    again, told = hear(run)
    assert again == result
    assert told == events[:-1], "a note was for its moment"
    assert hear(run, earlier=False) == (result, [])


def test_errors_keep_class_and_text_and_pseudonyms_go_back(runs):
    run = begin(runs, "fail", kind="faults")
    with pytest.raises(FaultsError) as caught:
        hear(run, own=lambda text: text.replace("row 2", "patient Müller"))
    assert caught.value.faults == ("patient Müller: no such file", "row 3: value 2")
    assert run.state == "failed"


def test_an_error_nobody_foresaw_is_one_line_with_the_traceback_as_note(runs):
    with pytest.raises(
        JobError, match=r"^Do fail: failed unexpectedly with RuntimeError: shapes .* do not fit"
    ) as told:
        hear(begin(runs, "fail", kind="runtime"))
    assert "sample_tasks.py" in told.value.__notes__[0]


def test_the_dead_are_told_with_their_last_words_and_taken_up_again(runs):
    run = begin(runs, "exit_hard", code=9)
    with pytest.raises(
        JobError, match=r"'Do exit_hard': its process died .exit code 9; its last words: the disk is on fire"
    ):
        hear(run)
    assert run.state == "died"
    again = begin(runs, "exit_hard", code=9)
    assert again.folder == run.folder, "the same work goes on in the same folder"
    with pytest.raises(JobError):
        hear(again)
    assert begin(runs, "count", total=1).number == 2


def test_a_killed_process_is_noticed(runs, tmp_path):
    run = begin(runs, "forever", started=tmp_path / "started", closed=tmp_path / "closed")
    work = first_event(run)
    run.living.kill()
    with pytest.raises(JobError, match="killed, most often because the memory ran out"):
        drain(work)
    assert run.state == "died"


def test_last_words_are_not_those_of_an_attempt_before(runs, tmp_path):
    given = {"started": tmp_path / "started", "closed": tmp_path / "closed"}
    for _ in range(2):
        run = begin(runs, "forever", **given)
        work = first_event(run)
        run.living.kill()
        with pytest.raises(JobError, match="its last words: nothing"):
            drain(work)
        (run.folder / "log.txt").write_text("the first attempt was stopped\n")


def test_closing_stops_in_good_order_and_leaving_does_not(runs, tmp_path):
    started, closed = tmp_path / "started", tmp_path / "closed"
    run = begin(runs, "forever", started=started, closed=closed)
    process = run.living
    following = Following(run)
    work = following.work()
    next(work)
    following.leave()
    with pytest.raises(Cancelled, match="goes on by itself"):
        drain(work)
    work = first_event(run, stops=False)
    work.close()
    assert run.state == "running"
    assert begin(runs, "forever", started=started, closed=closed).folder == run.folder, "the same work is joined"
    with pytest.raises(ProjectError, match="'Do forever' is under way"):
        begin(runs, "count", total=1)
    work = first_event(run)
    work.close()
    assert run.state == "stopped"
    assert gone(process)
    assert closed.exists()


def test_a_paused_run_can_be_stopped(runs, tmp_path):
    run = begin(runs, "forever", started=tmp_path / "started", closed=tmp_path / "closed")
    work = first_event(run)
    run.wish("pause")
    assert run.state == "paused"
    work.close()
    assert run.state == "stopped"
    assert (tmp_path / "closed").exists()


def test_a_killed_window_leaves_its_run_alone(runs, tmp_path):
    words = {"started": str(tmp_path / "started"), "closed": str(tmp_path / "closed")}
    code = "import sys; from pathlib import Path; from napari_wsss.session.launching import launch\n"
    code += "from napari_wsss.session.run_folder import RunJob\n"
    code += f"launch(Path({str(runs)!r}), RunJob('forever', {words}, 'Do forever'), {TASKS!r})\n"
    code += "print('launched', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as window:
        assert window.stdout.readline() == b"launched\n"
        window.kill()
    run = begin(runs, "forever", **words)
    assert run.number == 1, "joined"
    work = first_event(run)
    run.living.send_signal(signal.SIGHUP)  # its terminal was closed too
    next(work)
    assert run.state == "running"
    work.close()
    assert run.state == "stopped"


def test_one_that_hears_nothing_is_killed(runs, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    run = begin(runs, "deaf", pipe=pipe)
    following = Following(run)
    work = following.work()
    next(work)
    assert pipe.read_text() == "deaf"
    process = run.living
    canceller = threading.Thread(target=following.cancel)
    canceller.start()
    with pytest.raises(Cancelled, match="'Do deaf' was stopped"):
        drain(work)
    canceller.join()
    assert gone(process)
    assert run.state == "stopped"


def test_one_that_cannot_even_be_asked_is_killed(runs, tmp_path):
    run = begin(runs, "forever", started=tmp_path / "started", closed=tmp_path / "closed")
    first_event(run, stops=False).close()
    process = run.living
    process.suspend()
    stop(run)
    assert gone(process)
    assert run.state == "stopped"


def test_a_full_disk_does_not_keep_from_stopping(runs, tmp_path, monkeypatch):
    run = begin(runs, "forever", started=tmp_path / "started", closed=tmp_path / "closed")
    first_event(run, stops=False).close()
    process = run.living

    def full(*_):
        raise ProjectError("the disk is full")

    monkeypatch.setattr(RunFolder, "wish", full)
    stop(run)
    assert gone(process)
    assert (tmp_path / "closed").exists(), "the signal said it"


def test_niceness_threads_and_path(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result, _ = hear(launch(runs, RunJob("surroundings", {}, "Look", niceness=3, threads=1), TASKS))
    assert result["threads"] == "1"
    assert result["nice"] == min(19, os.nice(0) + 3)
    assert result["session"] == os.getsid(0), "niceness counts among those of a session only"
    assert result["group"] != os.getpgid(0), "Ctrl-C is for whoever began it"
    assert str(tmp_path) not in result["path"]


def test_old_runs_are_put_away_and_live_ones_stay(runs):
    for number in range(KEPT + 3):
        run = RunFolder.make(runs, RunJob("run", {}, f"Run {number}"))
        (run.folder / "ending.json").write_text(json.dumps({"result": None}))
    first = runs_in(runs)[0]
    (first.folder / "ending.json").unlink()
    mine = psutil.Process()
    here = {"process": mine.pid, "host": os.uname().nodename, "started": mine.create_time()}
    (first.folder / "process.json").write_text(json.dumps(here))
    first.wish("run")
    with pytest.raises(ProjectError, match="'Run 0' is under way"):
        begin(runs, "count", total=1)
    (first.folder / "ending.json").write_text(json.dumps({"result": None}))
    hear(begin(runs, "count", total=1))
    assert [run.number for run in runs_in(runs)] == list(range(5, KEPT + 5))


def test_where_nothing_can_be_written_it_says_so(runs):
    runs.write_text("no folder")
    with pytest.raises(ProjectError, match="cannot be written"):
        begin(runs, "count", total=1)
    runs.unlink()


def test_a_folder_that_vanishes_ends_the_hearing(runs, tmp_path):
    run = begin(runs, "forever", started=tmp_path / "started", closed=tmp_path / "closed")
    work = first_event(run)
    process = run.living
    shutil.rmtree(run.folder)
    with pytest.raises(ProjectError, match="cannot be read as a job"):
        drain(work)
    process.kill()
