"""The worker process: results, errors, cancelling, dying, noise."""

import os
import threading
from pathlib import Path

import psutil
import pytest

from napari_wsss.errors import Cancelled, FaultsError, InputError, JobError
from napari_wsss.progress import Note, Progress, drain
from napari_wsss.session import jobs
from napari_wsss.session.jobs import _WAKE, Worker


@pytest.fixture
def worker(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with Worker("sample_tasks:TASKS", grace=20) as made:
        yield made


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with Worker("sample_tasks:TASKS", grace=0.1) as made:
        yield made


def events_of(work):
    heard = []
    return drain(work, heard.append), heard


def test_result_and_events_come_across(worker):
    result, events = events_of(worker.call("count", total=3))
    assert result == {"total": 3, "mean": 0.5, "where": "a/b"}
    assert events[-1] == Note("counted")
    assert events[-2] == Progress("count", 3, 3, values={"half": 1.0})


def test_progress_is_thinned_but_each_stage_is_told_to_its_end(worker):
    _, events = events_of(worker.call("two_stages", total=20_000))
    assert len(events) < 1_000
    assert Progress("first", 20_000, 20_000) in events
    assert events[-1] == Progress("second", 20_000, 20_000)
    assert [event.done for event in events if event.stage == "first"] == sorted(
        event.done for event in events if event.stage == "first"
    )


def test_process_stays_warm_between_jobs(worker):
    first = drain(worker.call("two_stages", total=1))
    assert drain(worker.call("two_stages", total=1)) == first == worker.pid


def test_own_errors_keep_class_and_text(worker):
    with pytest.raises(InputError, match=r"^scan\.nii: no image\.$"):
        drain(worker.call("fail", kind="input"))
    with pytest.raises(FaultsError) as caught:
        drain(worker.call("fail", kind="faults"))
    assert caught.value.faults == ("row 2: no such file", "row 3: value 2")
    assert caught.value.subject == "labels.csv"


def test_foreign_error_becomes_one_line_with_the_traceback_as_note(worker):
    with pytest.raises(JobError) as caught:
        drain(worker.call("fail", kind="runtime"))
    assert str(caught.value) == (
        "fail: failed unexpectedly with RuntimeError: shapes (2, 3) and (4, 5) do not fit. "
        "What was finished before is kept."
    )
    assert "sample_tasks.py" in caught.value.__notes__[0]
    assert worker.pid is not None


def test_out_of_memory_says_what_to_lower(worker):
    with pytest.raises(JobError, match="Lower batch_size, size or width"):
        drain(worker.call("fail", kind="memory"))


def test_unknown_task_and_result_without_json_form_are_job_errors(worker):
    with pytest.raises(JobError, match="KeyError: 'fly'"):
        drain(worker.call("fly"))
    with pytest.raises(JobError, match="object has no JSON form"):
        drain(worker.call("unwritable"))


def test_argument_without_json_form_is_refused_at_once(worker):
    with pytest.raises(TypeError, match="no JSON form"):
        drain(worker.call("count", total=object()))
    assert drain(worker.call("count", total=1))["total"] == 1


def test_prints_of_libraries_do_not_break_the_protocol(worker):
    result, events = events_of(worker.call("noise"))
    assert result == ""
    assert events == [Note("still readable")]


def test_closing_the_generator_stops_the_task_in_good_order(worker, tmp_path):
    started, closed = tmp_path / "started", tmp_path / "closed"
    work = worker.call("forever", started=started, closed=closed)
    next(work)
    pid = worker.pid
    work.close()
    assert closed.exists()
    assert worker.pid == pid
    assert drain(worker.call("two_stages", total=1)) == pid


def deaf_job(worker, folder):
    """Start a job and return it when it has stopped listening."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    work = worker.call("deaf", pipe=pipe)
    next(work)
    assert pipe.read_text() == "deaf"
    return work


def test_a_task_that_never_yields_is_killed(impatient, tmp_path):
    work = deaf_job(impatient, tmp_path)
    process = psutil.Process(impatient.pid)
    work.close()
    assert not process.is_running()
    assert impatient.pid is None
    assert drain(impatient.call("count", total=1))["total"] == 1


def test_cancel_from_another_thread_wakes_a_silent_job(impatient, tmp_path):
    work = deaf_job(impatient, tmp_path)
    canceller = threading.Thread(target=impatient.cancel)
    canceller.start()
    with pytest.raises(Cancelled, match="deaf was stopped"):
        next(work)
    canceller.join()
    assert impatient.job is None


def test_cancel_when_idle_does_not_hit_the_next_job(worker):
    worker.cancel()
    drain(worker.call("count", total=1))
    worker.cancel()
    assert drain(worker.call("count", total=2))["total"] == 2


def test_cancel_while_the_process_starts(worker, monkeypatch):
    def start_and_cancel(*_):
        child = start(*_)
        worker.cancel()
        return child

    start = jobs.Child
    monkeypatch.setattr(jobs, "Child", start_and_cancel)
    with pytest.raises(Cancelled):
        next(worker.call("count", total=1))
    assert drain(worker.call("count", total=2))["total"] == 2


def test_late_cancel_of_an_ended_job_does_not_hit_the_next_one(worker):
    drain(worker.call("count", total=1))
    worker._cancelled = 1
    worker._child.inbox.put(_WAKE)
    assert drain(worker.call("count", total=2))["total"] == 2


def test_dead_process_is_told_with_its_last_words(worker):
    with pytest.raises(JobError, match="exit code 9; its last words: the disk is on fire"):
        drain(worker.call("exit_hard", code=9))
    with pytest.raises(JobError, match=r"last words: Fatal Python error: Segmentation fault File .* in crash") as told:
        drain(worker.call("crash"))
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 400
    with pytest.raises(JobError, match="killed, most often because the memory ran out"):
        drain(worker.call("die"))
    assert drain(worker.call("count", total=1))["total"] == 1


def test_one_job_at_a_time(worker):
    first = worker.call("two_stages", total=1_000)
    next(first)
    with pytest.raises(JobError, match="busy with two_stages"):
        next(worker.call("count", total=1))
    assert drain(first) == worker.pid


def test_stop_ends_the_process_and_the_running_job(impatient, tmp_path):
    work = deaf_job(impatient, tmp_path)
    process = psutil.Process(impatient.pid)
    impatient.stop()
    assert not process.is_running()
    with pytest.raises(Cancelled):
        next(work)


def test_process_ends_when_nobody_listens_any_more(worker):
    drain(worker.call("count", total=1))
    process = psutil.Process(worker.pid)
    worker._child._stdin.close()
    assert process.wait(timeout=20) == 0


def test_threads_niceness_and_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.chdir(tmp_path)
    with Worker("sample_tasks:TASKS", threads=1, nice=3) as worker:
        worker.start()
        result = drain(worker.call("surroundings"))
    assert result["threads"] == "1"
    assert result["nice"] == min(19, os.nice(0) + 3)
    assert str(tmp_path) not in result["path"]
    assert "" not in result["path"]
